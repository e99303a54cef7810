import { useQuery } from '@tanstack/react-query';
import { Alert, Descriptions, Empty, Select, Space, Spin, Table, Tabs, Typography } from 'antd';
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client';
import { Failure } from '../../parts/Failure';
import { ResourcePage, type Row } from '../../parts/ResourcePage';
import { time } from '../../parts/format';
import { State } from '../../parts/Shown';

const over = ['succeeded', 'failed', 'stopped', 'timed_out', 'skipped', 'cancelled', 'done_by_hand'];
// What makes sense in a state; the platform decides again.
const sensible: Record<string, (state: string) => boolean> = {
  task_stop: (s) => !over.includes(s) && s !== 'stopping',
  task_kill: (s) => !over.includes(s),
  task_pause: (s) => s === 'running',
  task_resume: (s) => s === 'paused' || s === 'suspended',
  task_retry: (s) => (over.includes(s) && s !== 'done_by_hand') || s === 'lost',
  task_set_priority: (s) => s === 'waiting' || s === 'suspended',
  task_reassign: (s) => s === 'waiting',
  task_settle: (s) => ['failed', 'stopped', 'timed_out', 'lost'].includes(s),
};

interface Line {
  attempt: string;
  seq: number;
  at: string;
  level: string;
  step: string;
  text: string;
}
interface Lines {
  items: Line[];
  after: number;
  over: boolean;
}
// The lines of a run as they come; reading goes on from the last number seen, so nothing is drawn twice.
function LogTail({ task, live }: { task: string; live: boolean }): ReactElement {
  const { t } = useTranslation();
  const [lines, setLines] = useState<Line[]>([]);
  const [level, setLevel] = useState('debug');
  const after = useRef(0);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    after.current = 0;
    setLines([]);
  }, [task, level]);
  const found = useQuery({
    queryKey: ['task-log', task, level],
    refetchInterval: live ? 1000 : false,
    queryFn: async () => {
      const page = await get<Lines>(`/api/v1/tasks/${task}/logs?after=${String(after.current)}&level=${level}`);
      if (page.items.length > 0) {
        after.current = page.after;
        setLines((before) => [...before, ...page.items].slice(-5000));
      }
      return page;
    },
  });
  useEffect(() => {
    if (live) end.current?.scrollIntoView({ block: 'nearest' });
  }, [lines.length, live]);
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  return (
    <>
      <Select size="small" value={level} aria-label={t('level')} onChange={setLevel} options={['debug', 'info', 'warn', 'error'].map((word) => ({ value: word, label: word }))} style={{ width: 110, marginBottom: 8 }} />
      {lines.length === 0 ? (
        found.isPending ? <Spin size="small" /> : <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('noLines')} />
      ) : (
        <div className="log" role="log" aria-live={live ? 'polite' : 'off'} tabIndex={0}>
          {lines.map((line) => (
            <div key={`${line.attempt} ${String(line.seq)}`} className={`line ${line.level}`}>
              <time dateTime={line.at}>{time(line.at)}</time> <b>{line.level}</b> <span className="step">{line.step}</span> {line.text}
            </div>
          ))}
          <div ref={end} />
        </div>
      )}
    </>
  );
}

interface HistoryRow {
  number: number;
  at: string;
  act: string;
  toState: string;
  actor: string;
  robotId?: string;
  reason?: string;
}
interface Why {
  sentence: string;
  before: number;
  robots: { robotId: string; name: string; reason?: string; sentence: string }[];
}
function History({ task }: { task: string }): ReactElement {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ['task-history', task], queryFn: () => get<{ items: HistoryRow[] }>(`/api/v1/tasks/${task}/history`) });
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  return (
    <Table<HistoryRow>
      size="small"
      rowKey="number"
      loading={found.isPending}
      pagination={false}
      dataSource={found.data?.items ?? []}
      columns={[
        { title: t('calledAt'), dataIndex: 'at', render: (at: string) => time(at) },
        { title: t('acts'), dataIndex: 'act' },
        { title: t('state'), dataIndex: 'toState', render: (word: string) => <State word={word} /> },
        { title: t('byWhom'), dataIndex: 'actor' },
        { title: t('reason'), dataIndex: 'reason' },
      ]}
    />
  );
}
function WhyWaiting({ task }: { task: string }): ReactElement {
  const { t } = useTranslation();
  const found = useQuery({ queryKey: ['task-why', task], refetchInterval: 2000, queryFn: () => get<Why>(`/api/v1/tasks/${task}/why-waiting`) });
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Spin size="small" />;
  return (
    <Space orientation="vertical" style={{ width: '100%' }}>
      <Alert type="info" title={found.data.sentence} description={t('beforeIt', { n: found.data.before })} />
      <Table size="small" rowKey="robotId" pagination={false} dataSource={found.data.robots} columns={[{ title: t('robots'), dataIndex: 'name' }, { title: t('reason'), dataIndex: 'sentence' }]} />
    </Space>
  );
}
const document = (value: unknown): ReactElement => <pre className="document">{value === undefined || value === null ? '—' : JSON.stringify(value, null, 2)}</pre>;

function Detail({ row }: { row: Row }): ReactElement {
  const { t } = useTranslation();
  const id = String(row.id);
  const found = useQuery({ queryKey: ['task', id], refetchInterval: (query) => (over.includes(query.state.data?.state as string) ? false : 1500), queryFn: () => get<Row>(`/api/v1/tasks/${id}`) });
  const task = found.data ?? row;
  const state = String(task.state);
  const error = task.error as { code: string; message: string; step: string } | undefined;
  return (
    <Space orientation="vertical" style={{ width: '100%' }}>
      <Space wrap>
        <State word={state} />
        <Typography.Text copyable code>
          {id}
        </Typography.Text>
        {task.stepsDone !== undefined ? <span>{t('stepsDone', { n: task.stepsDone, of: task.stepsKnown ?? '?' })}</span> : null}
      </Space>
      {error ? <Alert type="error" title={`${error.code} · ${error.message}`} description={error.step} /> : null}
      <Tabs
        size="small"
        items={[
          ...(state === 'waiting' ? [{ key: 'why', label: t('whyWaiting'), children: <WhyWaiting task={id} /> }] : []),
          { key: 'log', label: t('log'), children: <LogTail task={id} live={!over.includes(state)} /> },
          { key: 'history', label: t('history'), children: <History key={String(task.revision)} task={id} /> },
          {
            key: 'values',
            label: t('inputsOutputs'),
            children: <Descriptions column={{ xs: 1, md: 2 }} layout="vertical" size="small" items={[{ key: 'in', label: t('inputs'), children: document(task.inputs) }, { key: 'out', label: t('outputs'), children: document(task.outputs) }]} />,
          },
        ]}
      />
    </Space>
  );
}

export function Tasks(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('tasks')}
      list="task_list"
      create="task_create"
      acts={Object.keys(sensible)}
      fits={(act, row) => sensible[act]?.(String(row.state)) ?? true}
      columns={['name', 'flow', 'state', 'priority', 'attemptNumber', 'robotId', 'businessDate', 'requestedBy', 'createdAt', 'endedAt']}
      detail={(row) => <Detail row={row} />}
    />
  );
}
