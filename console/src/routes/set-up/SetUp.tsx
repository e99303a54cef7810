import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Card, Form, Input, Result, Spin, Typography } from 'antd';
import { useState, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { call, get } from '../../api/client';
import { Failure } from '../../parts/Failure';

const roles = ['system', 'security', 'audit'] as const;
interface Person {
  account: string;
  name: string;
  password: string;
}
type Given = Record<(typeof roles)[number], Person> & { code: string };

// The first start: three administrators at once, by the code in the fragment of the link.
export function SetUp(): ReactElement {
  const { t } = useTranslation();
  // Read once and taken out of the address bar: the code must not stay in the history.
  const [code] = useState(() => {
    const given = window.location.hash.slice(1);
    if (given) window.history.replaceState(null, '', window.location.pathname);
    return given;
  });
  const state = useQuery({ queryKey: ['setup'], queryFn: () => get<{ needed: boolean; codeExpired: boolean }>('/setup/state'), retry: false });
  const make = useMutation({
    mutationFn: (given: Given) => call('POST', '/setup', { code: given.code, persons: roles.map((role) => ({ role, ...given[role] })) }),
  });
  if (state.isPending) return <Spin fullscreen />;
  if (state.isError) return <Failure error={state.error} retry={() => void state.refetch()} />;
  const goOn = (
    <Button type="primary" href="/">
      {t('goSignIn')}
    </Button>
  );
  if (make.isSuccess) return <Result status="success" title={t('setUpDone')} subTitle={t('setUpDoneLead')} extra={goOn} />;
  if (!state.data.needed) return <Result title={t('setUpNotNeeded')} extra={goOn} />;
  return (
    <main className="centred">
      <Card style={{ width: 560 }}>
        <Typography.Title level={1} style={{ fontSize: 22 }}>
          {t('setUpTitle')}
        </Typography.Title>
        <Typography.Paragraph>{t('setUpLead')}</Typography.Paragraph>
        {state.data.codeExpired ? <Alert type="warning" showIcon title={t('setUpExpired')} /> : null}
        {make.isError ? <Failure error={make.error} /> : null}
        <Form<Given> layout="vertical" initialValues={{ code, system: { account: 'system' }, security: { account: 'security' }, audit: { account: 'audit' } }} onFinish={(given) => make.mutate(given)}>
          <Form.Item name="code" label={t('setUpCode')} extra={code ? undefined : t('setUpCodeHint')} rules={[{ required: true }]} hidden={code !== ''}>
            <Input.Password autoComplete="off" />
          </Form.Item>
          {roles.map((role) => (
            <fieldset key={role}>
              <legend>{t(role)}</legend>
              <Form.Item name={[role, 'account']} label={t('account')} rules={[{ required: true }]}>
                <Input autoComplete="off" />
              </Form.Item>
              <Form.Item name={[role, 'name']} label={t('name')} rules={[{ required: true }]}>
                <Input autoComplete="off" />
              </Form.Item>
              <Form.Item name={[role, 'password']} label={t('password')} rules={[{ required: true }]}>
                <Input.Password autoComplete="new-password" />
              </Form.Item>
            </fieldset>
          ))}
          <Button type="primary" htmlType="submit" block loading={make.isPending}>
            {t('setUpTitle')}
          </Button>
        </Form>
      </Card>
    </main>
  );
}
