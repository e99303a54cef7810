import { DeleteOutlined, PlusOutlined, ReloadOutlined } from '@ant-design/icons';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Empty, Flex, Input, Popconfirm, Select, Space, Table, Typography, type TableColumnsType } from 'antd';
import { useState, type ReactElement, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { offers, operation, pathOf, said } from '../api/catalogue';
import { call, get, type Page } from '../api/client';
import { useMe } from './me';
import { Failure } from './Failure';
import { short } from './format';
import { Once } from './Once';
import { OperationForm } from './OperationForm';

export type Row = Record<string, unknown>;
export interface ResourcePageProps {
  title: string;
  list: string; // operation ids of the contract
  create?: string;
  edit?: string;
  remove?: string;
  acts?: string[];
  columns: string[];
  once?: string[]; // operations whose answer is shown once
  // A further look at one row, below it.
  detail?: (row: Row) => ReactNode;
  toolbar?: ReactNode;
}

// A list of one kind of thing with what may be done to it. Columns, forms, filters and words come from the contract; what the person may
// not do is not shown.
export function ResourcePage(props: ResourcePageProps): ReactElement {
  const { t, i18n } = useTranslation();
  const english = i18n.language === 'en';
  const me = useMe();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [filters, setFilters] = useState<Record<string, string>>({});
  const [cursors, setCursors] = useState<string[]>([]);
  const [form, setForm] = useState<{ op: string; row?: Row }>();
  const [once, setOnce] = useState<Row>();
  const list = operation(props.list);
  const cursor = cursors[cursors.length - 1];
  const search = new URLSearchParams({ ...filters, ...(cursor ? { cursor } : {}) }).toString();
  const key = [props.list, search];
  const found = useQuery({ queryKey: key, queryFn: () => get<Page<Row>>(`${list.path}${search ? `?${search}` : ''}`), placeholderData: keepPreviousData });
  const again = (): void => void queries.invalidateQueries({ queryKey: [props.list] });
  const may = (id: string | undefined): id is string => id !== undefined && offers(id) && me.may(operation(id).permission);
  const remove = useMutation({
    mutationFn: (row: Row) => call('DELETE', pathOf(operation(props.remove ?? ''), row), undefined, { ifMatch: row.revision ? `"${String(row.revision)}"` : null }),
    onSuccess: (answer) => {
      const held = answer.status === 202 ? (answer.data as { approvalId: string }) : undefined;
      void message.success(held ? t('held', { id: held.approvalId }) : t('done'));
      again();
    },
    onError: (error) => void message.error(error.message),
  });

  const columns: TableColumnsType<Row> = props.columns.map((name) => ({
    key: name,
    dataIndex: name,
    title: said(labelOf(props.list, name), english) || name,
    ellipsis: true,
    render: (value: unknown) => short(value),
  }));
  const acts = [props.edit, ...(props.acts ?? [])].filter(may);
  if (acts.length > 0 || may(props.remove))
    columns.push({
      key: 'acts',
      title: t('more'),
      width: 120 + acts.length * 60,
      render: (_, row) => (
        <Space wrap size="small">
          {acts.map((id) => (
            <Button key={id} size="small" onClick={() => setForm({ op: id, row })}>
              {said(operation(id).summary, english)}
            </Button>
          ))}
          {may(props.remove) ? (
            <Popconfirm title={t('confirmRemove', { name: String(row.name ?? row.account ?? row.id) })} okText={t('ok')} cancelText={t('cancel')} onConfirm={() => remove.mutate(row)}>
              <Button size="small" danger icon={<DeleteOutlined />} aria-label={t('remove')} />
            </Popconfirm>
          ) : null}
        </Space>
      ),
    });
  const simple = list.query.filter((q) => !['cursor', 'page', 'pageSize', 'sort', 'createdFrom', 'createdTo'].includes(q.name));

  return (
    <section aria-label={props.title}>
      <Flex justify="space-between" align="center" wrap gap={8} style={{ marginBottom: 12 }}>
        <Typography.Title level={1} style={{ fontSize: 20, margin: 0 }}>
          {props.title}
        </Typography.Title>
        <Space wrap>
          {props.toolbar}
          <Button icon={<ReloadOutlined />} onClick={again}>
            {t('refresh')}
          </Button>
          {may(props.create) ? (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setForm({ op: props.create ?? '' })}>
              {t('create')}
            </Button>
          ) : null}
        </Space>
      </Flex>
      {simple.length > 0 ? (
        <Flex gap={8} wrap role="search" style={{ marginBottom: 12 }}>
          {simple.map((q) => {
            const label = said(q.description, english) || q.name;
            const set = (value: string | undefined): void => {
              setCursors([]);
              setFilters(({ [q.name]: _, ...rest }) => (value ? { ...rest, [q.name]: value } : rest));
            };
            return q.schema.enum ? (
              <Select key={q.name} allowClear placeholder={label} aria-label={label} style={{ minWidth: 140 }} options={q.schema.enum.map((word) => ({ value: word, label: word }))} onChange={set} />
            ) : (
              <Input.Search key={q.name} allowClear placeholder={label} aria-label={label} style={{ width: 200 }} onSearch={set} />
            );
          })}
        </Flex>
      ) : null}
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : null}
      <Table<Row>
        size="middle"
        rowKey={(row) => String(row.id ?? row.name ?? JSON.stringify(row))}
        loading={found.isFetching}
        columns={columns}
        dataSource={found.data?.items ?? []}
        pagination={false}
        scroll={{ x: 'max-content' }}
        locale={{ emptyText: <Empty description={t('empty')} /> }}
        expandable={props.detail ? { expandedRowRender: props.detail } : {}}
      />
      <Flex justify="end" align="center" gap={12} style={{ marginTop: 12 }}>
        {found.data ? <span>{found.data.totalExact ? t('total', { n: found.data.total }) : t('totalAtLeast', { n: found.data.total })}</span> : null}
        <Button disabled={cursors.length === 0} onClick={() => setCursors([])}>
          {t('first')}
        </Button>
        <Button disabled={!found.data?.nextCursor} onClick={() => found.data?.nextCursor && setCursors([...cursors, found.data.nextCursor])}>
          {t('next')}
        </Button>
      </Flex>
      {form ? (
        <OperationForm
          op={operation(form.op)}
          {...(form.row ? { row: form.row } : {})}
          {...(form.op === props.edit && form.row ? { initial: form.row } : form.row ? { initial: pick(form.row, ['digest']) } : {})}
          onClose={() => setForm(undefined)}
          onDone={(answer) => {
            const shown = props.once?.includes(form.op) ?? false;
            setForm(undefined);
            again();
            if (shown && answer && typeof answer === 'object') setOnce(answer as Row);
          }}
        />
      ) : null}
      {once ? <Once answer={once} onClose={() => setOnce(undefined)} /> : null}
    </section>
  );
}

function pick(row: Row, names: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}

import contract from '../../../contracts/openapi.json';
import { resolve, type Schema } from '../api/catalogue';
// The sentence of a column, from the answered type of the list.
function labelOf(listId: string, column: string): string {
  const op = operation(listId);
  const described = (contract.paths as unknown as Record<string, Record<string, { responses: Record<string, { content: Record<string, { schema: Schema }> }> }>>)[op.path]?.[op.method.toLowerCase()];
  const envelope = described?.responses['200']?.content['application/json']?.schema;
  const item = resolve(resolve(envelope?.properties?.data ?? {}).properties?.items?.items ?? {});
  return item.properties?.[column]?.description ?? '';
}
