import { DeleteOutlined, EllipsisOutlined, PlusOutlined, ReloadOutlined } from '@ant-design/icons';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Descriptions, Dropdown, Empty, Flex, Grid, Input, Popconfirm, Select, Space, Spin, Table, Typography, type TableColumnsType } from 'antd';
import { useState, type ReactElement, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { itemOf, offers, operation, pathOf, said } from '../api/catalogue';
import { call, get, type Page } from '../api/client';
import { useMe } from './me';
import { Failure } from './Failure';
import { heading } from './format';
import { Once } from './Once';
import { OperationForm } from './OperationForm';
import { Shown } from './Shown';
import { spell } from '../words';

export type Row = Record<string, unknown>;
export interface ResourcePageProps {
  title: string;
  list: string; // operation ids of the contract
  create?: string;
  edit?: string;
  remove?: string;
  acts?: string[];
  columns: string[];
  // Whether an act makes sense for a row now; what does not is left out. Without it: enabling and disabling by the row's state.
  fits?: (act: string, row: Row) => boolean;
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

  const wide = Grid.useBreakpoint().md ?? true;
  const fields = itemOf(list);
  const label = (name: string): string => heading(said(fields[name]?.description, english)) || name;
  const shown = (name: string, row: Row): ReactElement => <Shown name={name} value={row[name]} {...(fields[name] ? { schema: fields[name] } : {})} />;
  const fits = props.fits ?? byState;
  const acts = [props.edit, ...(props.acts ?? [])].filter(may);
  // The first act stands as a button, the others behind one.
  const actsOf = (row: Row): ReactElement => {
    const [first, ...others] = acts.filter((id) => fits(id, row));
    return (
      <Space size="small" onClick={(event) => event.stopPropagation()}>
        {first ? (
          <Button size={wide ? 'small' : 'middle'} onClick={() => setForm({ op: first, row })}>
            {heading(said(operation(first).summary, english))}
          </Button>
        ) : null}
        {others.length > 0 && wide ? (
          <Dropdown trigger={['click']} menu={{ items: others.map((id) => ({ key: id, label: said(operation(id).summary, english), onClick: () => setForm({ op: id, row }) })) }}>
            <Button size="small" icon={<EllipsisOutlined />} aria-label={t('more')} />
          </Dropdown>
        ) : (
          others.map((id) => (
            <Button key={id} onClick={() => setForm({ op: id, row })}>
              {heading(said(operation(id).summary, english))}
            </Button>
          ))
        )}
        {may(props.remove) && fits(props.remove, row) ? (
          <Popconfirm title={t('confirmRemove', { name: String(row.name ?? row.account ?? row.id) })} okText={t('ok')} cancelText={t('cancel')} onConfirm={() => remove.mutate(row)}>
            <Button size={wide ? 'small' : 'middle'} danger icon={<DeleteOutlined />} aria-label={t('remove')} />
          </Popconfirm>
        ) : null}
      </Space>
    );
  };
  const columns: TableColumnsType<Row> = props.columns.map((name) => ({ key: name, dataIndex: name, title: label(name), ellipsis: true, render: (_: unknown, row: Row) => shown(name, row) }));
  if (acts.length > 0 || may(props.remove)) columns.push({ key: 'acts', title: t('acts'), fixed: 'right', render: (_, row) => actsOf(row) });
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
            const label = heading(said(q.description, english)) || q.name;
            const set = (value: string | undefined): void => {
              setCursors([]);
              setFilters(({ [q.name]: _, ...rest }) => (value ? { ...rest, [q.name]: value } : rest));
            };
            const choices = q.schema.enum?.map((word) => ({ value: word, label: spell(word, english) })) ?? (q.schema.type === 'boolean' ? [{ value: 'true', label: t('yes') }, { value: 'false', label: t('no') }] : undefined);
            return choices ? (
              <Select key={q.name} allowClear placeholder={label} aria-label={label} title={label} style={{ width: wide ? 140 : '48%' }} options={choices} onChange={set} />
            ) : (
              <Input.Search key={q.name} allowClear placeholder={label} aria-label={label} title={label} style={{ width: wide ? 180 : '48%' }} onSearch={set} />
            );
          })}
        </Flex>
      ) : null}
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : null}
      {wide ? (
        <Table<Row>
          size="middle"
          rowKey={keyOf}
          loading={found.isFetching}
          columns={columns}
          dataSource={found.data?.items ?? []}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: found.isPending ? ' ' : <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('empty')} /> }}
          expandable={props.detail ? { expandedRowRender: props.detail } : {}}
        />
      ) : (
        // On a telephone: a card a row, everything below each other and within reach of a thumb.
        <Spin spinning={found.isFetching}>
          <Flex vertical gap={12}>
            {found.data?.items.map((row) => (
              <Card key={keyOf(row)} size="small">
                <Descriptions column={1} size="small" items={props.columns.map((name) => ({ key: name, label: label(name), children: shown(name, row) }))} />
                {props.detail ? <div style={{ margin: '8px 0' }}>{props.detail(row)}</div> : null}
                {actsOf(row)}
              </Card>
            ))}
            {found.data?.items.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('empty')} /> : null}
          </Flex>
        </Spin>
      )}
      <Flex justify="end" align="center" gap={12} style={{ marginTop: 12 }}>
        {found.data ? <span>{found.data.totalExact === false ? t('totalAtLeast', { n: found.data.total }) : t('total', { n: found.data.total ?? found.data.items.length })}</span> : null}
        {cursors.length > 0 || found.data?.nextCursor ? (
          <>
            <Button disabled={cursors.length === 0} onClick={() => setCursors([])}>
              {t('first')}
            </Button>
            <Button disabled={!found.data?.nextCursor} onClick={() => found.data?.nextCursor && setCursors([...cursors, found.data.nextCursor])}>
              {t('next')}
            </Button>
          </>
        ) : null}
      </Flex>
      {form ? (
        <OperationForm
          op={operation(form.op)}
          {...(form.row ? { row: form.row } : {})}
          {...(form.op === props.edit && form.row ? { initial: form.row } : form.row ? { initial: pick(form.row, ['digest']) } : {})}
          fixed={['digest']}
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

const keyOf = (row: Row): string => String(row.id ?? row.name ?? JSON.stringify(row));
function byState(act: string, row: Row): boolean {
  return !((act.endsWith('_enable') && row.state === 'enabled') || (act.endsWith('_disable') && row.state !== 'enabled'));
}
