import { useQuery } from '@tanstack/react-query';
import { Descriptions, Flex, Spin, Table } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { itemOf, operation, pathOf, said, type Operation } from '../../api/catalogue';
import { get, type Page } from '../../api/client';
import { Failure } from '../../parts/Failure';
import { heading } from '../../parts/format';
import { useMe } from '../../parts/me';
import { ResourcePage, type Row } from '../../parts/ResourcePage';
import { Shown, State } from '../../parts/Shown';

// The newest of what hangs below a row: items of a queue, values of an asset, uses of a credential.
function Below({ list, of, columns }: { list: string; of: Row; columns: string[] }): ReactElement | null {
  const { i18n } = useTranslation();
  const me = useMe();
  const op: Operation = operation(list);
  const path = pathOf(op, of);
  const may = me.may(op.permission);
  const found = useQuery({ queryKey: [list, path], enabled: may, queryFn: () => get<Page<Row>>(`${path}?pageSize=20`) });
  if (!may) return null;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const fields = itemOf(op);
  return (
    <Table<Row>
      size="small"
      rowKey={(row) => String(row.id ?? JSON.stringify(row))}
      loading={found.isPending}
      pagination={false}
      scroll={{ x: 'max-content' }}
      title={() => heading(said(op.summary, i18n.language === 'en'))}
      dataSource={found.data?.items ?? []}
      columns={columns.map((name) => ({ key: name, title: heading(said(fields[name]?.description, i18n.language === 'en')) || name, render: (_: unknown, row: Row) => <Shown name={name} value={row[name]} {...(fields[name] ? { schema: fields[name] } : {})} /> }))}
    />
  );
}

function Counts({ queue }: { queue: Row }): ReactElement {
  const path = pathOf(operation('queue_counts'), queue);
  const found = useQuery({ queryKey: ['queue_counts', path], queryFn: () => get<{ items: { state: string; count: number }[] }>(path) });
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Spin size="small" />;
  return <Descriptions size="small" column={{ xs: 2, md: 5 }} items={found.data.items.map((one) => ({ key: one.state, label: <State word={one.state} />, children: one.count }))} />;
}
export function Queues(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('queues')}
      list="queue_list"
      create="queue_create"
      edit="queue_change"
      remove="queue_delete"
      acts={['queue_pause', 'queue_drain', 'queue_resume']}
      fits={(act, row) => (act === 'queue_pause' ? row.state === 'active' : act === 'queue_drain' ? row.state !== 'draining' : act === 'queue_resume' ? row.state !== 'active' : true)}
      columns={['name', 'title', 'state', 'order', 'leaseSeconds', 'updatedAt']}
      detail={(row) => (
        <Flex vertical gap={12}>
          <Counts queue={row} />
          <Below list="queue_list_items" of={row} columns={['reference', 'state', 'priority', 'attempt', 'holder', 'errorCode', 'createdAt']} />
        </Flex>
      )}
    />
  );
}
export function HumanTasks(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('humanTasks')}
      list="human_task_list_mine"
      acts={['human_task_claim', 'human_task_complete', 'human_task_give_back']}
      fits={(act, row) => (act === 'human_task_claim' ? row.state === 'open' : act === 'human_task_give_back' ? row.state === 'claimed' : row.state === 'open' || row.state === 'claimed')}
      columns={['title', 'text', 'state', 'claimedBy', 'expiresAt', 'createdAt']}
    />
  );
}
export function Assets(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('assets')}
      list="asset_list"
      create="asset_create"
      edit="asset_change"
      remove="asset_delete"
      acts={['asset_set_value', 'asset_clear_value', 'asset_roll_back']}
      columns={['name', 'title', 'type', 'globalValue', 'latestVersion', 'updatedAt', 'updatedBy']}
      detail={(row) => <Below list="asset_list_values" of={row} columns={['version', 'scope', 'scopeId', 'value', 'effectiveFrom', 'createdBy']} />}
    />
  );
}
export function Credentials(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('credentials')}
      list="credential_list"
      create="credential_create"
      edit="credential_change"
      remove="credential_delete"
      acts={['credential_rotate', 'credential_enable', 'credential_disable', 'credential_reset_breaker', 'credential_release', 'credential_test']}
      columns={['name', 'title', 'type', 'state', 'systemId', 'operatorNo', 'breakerOpen', 'expiresAt', 'lastRotatedAt', 'lastUsedAt']}
      detail={(row) => <Below list="credential_list_uses" of={row} columns={['at', 'kind', 'version', 'task', 'robotId', 'actor', 'detail']} />}
    />
  );
}
