import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Spin, Tag } from 'antd';
import { useState, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { call, get } from '../../api/client';
import { Failure } from '../../parts/Failure';
import { useMe } from '../../parts/me';
import { ResourcePage, type Row } from '../../parts/ResourcePage';
import { Facts } from '../../parts/Shown';

interface Report {
  seq: number;
  kind: string;
  body: { outcome?: string; outputs?: Record<string, unknown>; error?: { message: string } };
  at: string;
}
interface Trial {
  task: string;
  state: string;
  decision?: string;
  reports: Report[];
}

// One expression on one robot: from here to the runner and back.
function TrialRun({ robot, onClose }: { robot: Row; onClose: () => void }): ReactElement {
  const { t } = useTranslation();
  const start = useMutation({ mutationFn: (given: { expression: string }) => call<Trial>('POST', `/api/v1/robots/${String(robot.id)}/trial-runs`, given) });
  const task = start.data?.data.task;
  const seen = useQuery({
    queryKey: ['trial', task],
    enabled: task !== undefined,
    refetchInterval: (query) => (['finished', 'refused'].includes(query.state.data?.state ?? '') ? false : 700),
    queryFn: () => get<Trial>(`/api/v1/robots/${String(robot.id)}/trial-runs/${task ?? ''}`),
  });
  const last = seen.data?.reports[seen.data.reports.length - 1];
  return (
    <Modal open title={`${t('trial')} · ${String(robot.name)}`} footer={null} onCancel={onClose}>
      <Form<{ expression: string }> layout="vertical" initialValues={{ expression: 'sum(range(101))' }} onFinish={(given) => start.mutate(given)}>
        <Form.Item name="expression" label="Python" rules={[{ required: true }]}>
          <Input style={{ fontFamily: 'monospace' }} />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={start.isPending}>
          {t('trial')}
        </Button>
      </Form>
      {start.isError ? <Failure error={start.error} /> : null}
      {task ? (
        <div aria-live="polite" style={{ marginTop: 16 }}>
          {seen.data?.state === 'finished' && last ? (
            <Alert
              type={last.body.outcome === 'success' ? 'success' : 'error'}
              title={t('trialResult')}
              description={last.body.outcome === 'success' ? <code data-testid="trial-result">{JSON.stringify(last.body.outputs)}</code> : (last.body.error?.message ?? last.body.outcome)}
            />
          ) : seen.data?.state === 'refused' ? (
            <Alert type="warning" title={seen.data.decision} />
          ) : (
            <>
              <Spin size="small" /> {t('waiting')}
            </>
          )}
        </div>
      ) : null}
    </Modal>
  );
}

export function Robots(): ReactElement {
  const { t } = useTranslation();
  const me = useMe();
  const [trial, setTrial] = useState<Row>();
  return (
    <>
      <ResourcePage
        title={t('robots')}
        list="robot_list"
        create="robot_create"
        acts={['robot_enable', 'robot_disable', 'robot_revoke']}
        once={['robot_create']}
        columns={['name', 'state', 'connected', 'lastBeatAt', 'version', 'os', 'slots', 'certificateUntil']}
        detail={(row) => {
          const facts = row.facts as Record<string, unknown> | undefined;
          return (
            <>
              <Tag color={row.connected ? 'green' : 'default'}>{row.connected ? t('connected') : t('offline')}</Tag>
              {me.may('robot.try') ? (
                <Button size="small" onClick={() => setTrial(row)}>
                  {t('trial')}
                </Button>
              ) : null}
              {facts ? <Facts type="RobotFacts" of={facts} /> : null}
            </>
          );
        }}
      />
      {trial ? <TrialRun robot={trial} onClose={() => setTrial(undefined)} /> : null}
    </>
  );
}
