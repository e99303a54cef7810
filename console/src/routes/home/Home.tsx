import { useQuery } from '@tanstack/react-query';
import { Alert, Card, Col, Descriptions, Empty, Flex, Row as Line, Spin, Statistic, Table, Tag, Typography } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, type Page } from '../../api/client';
import { Failure } from '../../parts/Failure';
import { milliseconds, time } from '../../parts/format';
import { useMe } from '../../parts/me';
import type { Row } from '../../parts/ResourcePage';
import { Shown, State } from '../../parts/Shown';
import { spell } from '../../words';

interface Health {
  status: string;
  version: string;
  startedAt: string;
  store: { mode: string; version: string; waiting: number; lastCommitAt?: string };
  audit: { reserve: string; sealedAt?: string };
}
const every = 10_000;
function lastHour(): string {
  const now = Date.now();
  return new URLSearchParams({ from: new Date(now - 3_600_000).toISOString(), to: new Date(now).toISOString() }).toString();
}

// What somebody wants to know first, each part only for who may see it.
export function Home(): ReactElement {
  const { t, i18n } = useTranslation();
  const { me, may } = useMe();
  const health = useQuery({ queryKey: ['health'], refetchInterval: every, queryFn: async () => (await (await fetch('/health')).json()) as Health });
  const robots = useQuery({ queryKey: ['home', 'robots'], enabled: may('robot.read'), refetchInterval: every, queryFn: () => get<Page<Row>>('/api/v1/robots?pageSize=200') });
  const waiting = useQuery({ queryKey: ['home', 'approvals'], enabled: may('approval.read'), refetchInterval: every, queryFn: () => get<Page<Row>>('/api/v1/approvals?state=pending&pageSize=1') });
  const calls = useQuery({ queryKey: ['home', 'calls'], enabled: may('api_call.read'), refetchInterval: every, queryFn: () => get<Page<Row>>('/api/v1/api-calls?pageSize=8') });
  const counted = useQuery({ queryKey: ['home', 'stats'], enabled: may('api_call.read'), refetchInterval: every, queryFn: () => get<{ count: number; errors: number }>(`/api/v1/api-calls/stats?${lastHour()}`) });
  const second = useQuery({ queryKey: ['home', 'second'], enabled: may('setting.read'), queryFn: () => get<{ value: unknown }>('/api/v1/settings/approvals.required') });
  const tile = (title: string, to: string, value: string | number | undefined, note?: string): ReactElement => (
    <Col xs={12} xl={6}>
      <Link to={to}>
        <Card size="small" hoverable>
          <Statistic title={title} value={value ?? '…'} {...(note ? { suffix: <Typography.Text type="secondary">{note}</Typography.Text> } : {})} />
        </Card>
      </Link>
    </Col>
  );
  const all = robots.data?.items ?? [];
  return (
    <Flex vertical gap={16}>
      <Typography.Title level={1} style={{ fontSize: 20, margin: 0 }}>
        {t('welcome', { name: me?.name ?? me?.account ?? '' })}
      </Typography.Title>
      {second.data?.value === false ? <Alert type="warning" showIcon title={t('onePerson')} /> : null}
      <Line gutter={[16, 16]}>
        {may('robot.read') ? tile(t('robotsOnline'), '/robots', robots.data && all.filter((one) => one.connected).length, robots.data && `/ ${robots.data.total}`) : null}
        {may('approval.read') ? tile(t('waitingApprovals'), '/approvals', waiting.data?.total) : null}
        {may('api_call.read') ? tile(t('callsLastHour'), '/calls', counted.data?.count, counted.data && (counted.data.errors > 0 ? t('failedCalls', { n: counted.data.errors }) : t('noneFailed'))) : null}
        <Col xs={12} xl={6}>
          <Card size="small">
            <Statistic title={t('health')} value={health.data ? spell(health.data.status, i18n.language === 'en') : '…'} {...(health.data ? { valueStyle: { color: health.data.status === 'up' ? '#237804' : '#cf1322' } } : {})} />
          </Card>
        </Col>
      </Line>
      <Line gutter={[16, 16]}>
        <Col xs={24} xl={16}>
          <Flex vertical gap={16}>
            {may('robot.read') ? (
              <Card title={t('robots')} size="small" extra={<Link to="/robots">{t('all')}</Link>}>
                {robots.isError ? <Failure error={robots.error} retry={() => void robots.refetch()} /> : (
                  <Table<Row>
                    size="small"
                    rowKey="id"
                    loading={robots.isPending}
                    pagination={false}
                    dataSource={all.slice(0, 5)}
                    scroll={{ x: 'max-content' }}
                    locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('noRobots')} /> }}
                    columns={[
                      { title: t('settingName'), dataIndex: 'name' },
                      { title: t('state'), render: (_, row) => <Tag color={row.connected ? 'green' : 'default'}>{row.connected ? t('connected') : t('offline')}</Tag> },
                      { title: t('lastBeat'), dataIndex: 'lastBeatAt', render: (at: unknown) => time(at) || '—' },
                      { title: t('version'), dataIndex: 'version', render: (value: unknown) => <Shown name="version" value={value} /> },
                    ]}
                  />
                )}
              </Card>
            ) : null}
            {may('api_call.read') ? (
              <Card title={t('recentCalls')} size="small" extra={<Link to="/calls">{t('all')}</Link>}>
                {calls.isError ? <Failure error={calls.error} retry={() => void calls.refetch()} /> : (
                  <Table<Row>
                    size="small"
                    rowKey={(row) => String(row.requestId ?? row.id)}
                    loading={calls.isPending}
                    pagination={false}
                    dataSource={calls.data?.items ?? []}
                    scroll={{ x: 'max-content' }}
                    columns={[
                      { title: t('calledAt'), dataIndex: 'at', render: (at: unknown) => time(at) },
                      { title: t('account'), dataIndex: 'account', render: (value: unknown) => <Shown name="account" value={value} /> },
                      { title: t('acts'), dataIndex: 'operation', render: (value: unknown) => <Shown name="operation" value={value} /> },
                      { title: 'HTTP', dataIndex: 'status', render: (status: number) => <Tag color={status < 400 ? 'green' : status < 500 ? 'gold' : 'red'}>{status}</Tag> },
                      { title: t('took'), dataIndex: 'tookMicros', align: 'right', render: (micros: number) => milliseconds(micros) },
                    ]}
                  />
                )}
              </Card>
            ) : null}
          </Flex>
        </Col>
        <Col xs={24} xl={8}>
          <Flex vertical gap={16}>
            <Card title={t('health')} size="small">
              {health.isPending ? <Spin /> : health.isError ? <Failure error={health.error} retry={() => void health.refetch()} /> : (
                <Descriptions
                  column={1}
                  size="small"
                  items={[
                    { key: 'version', label: t('version'), children: health.data.version },
                    { key: 'started', label: t('startedAt'), children: time(health.data.startedAt) },
                    { key: 'database', label: t('database'), children: `${health.data.store.mode} ${health.data.store.version}` },
                    { key: 'commit', label: t('lastCommit'), children: time(health.data.store.lastCommitAt) || '—' },
                    { key: 'seal', label: t('lastSeal'), children: time(health.data.audit.sealedAt) || '—' },
                    { key: 'reserve', label: t('auditReserve'), children: <State word={health.data.audit.reserve} /> },
                  ]}
                />
              )}
            </Card>
            <Card title={t('mine')} size="small">
              <Descriptions
                column={1}
                size="small"
                items={[
                  { key: 'account', label: t('account'), children: me?.account },
                  { key: 'roles', label: t('roleList'), children: me?.roles.map((role) => <Tag key={role}>{spell(role, i18n.language === 'en')}</Tag>) },
                  { key: 'rights', label: t('departmentRights'), children: me?.permissions.length },
                ]}
              />
            </Card>
          </Flex>
        </Col>
      </Line>
    </Flex>
  );
}
