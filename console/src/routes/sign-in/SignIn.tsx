import { useMutation } from '@tanstack/react-query';
import { Button, Card, Form, Input, Typography } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { call, setCsrf } from '../../api/client';
import { Failure } from '../../parts/Failure';
import { useMe } from '../../parts/me';

interface Given {
  account: string;
  password: string;
  totp?: string;
}
export function SignIn(): ReactElement {
  const { t } = useTranslation();
  const me = useMe();
  const enter = useMutation({
    mutationFn: (given: Given) => call<{ csrfToken?: string }>('POST', '/api/v1/auth/login', { account: given.account, password: given.password, ...(given.totp ? { totp: given.totp } : {}) }),
    onSuccess: (answer) => {
      setCsrf(answer.data.csrfToken);
      me.again();
    },
  });
  return (
    <main className="centred">
      <Card style={{ width: 380 }}>
        <Typography.Title level={1} style={{ fontSize: 22, textAlign: 'center' }}>
          {t('appLong')}
        </Typography.Title>
        {enter.isError ? <Failure error={enter.error} /> : null}
        <Form<Given> layout="vertical" onFinish={(given) => enter.mutate(given)} style={{ marginTop: 12 }}>
          <Form.Item name="account" label={t('account')} rules={[{ required: true }]}>
            <Input autoFocus autoComplete="username" />
          </Form.Item>
          <Form.Item name="password" label={t('password')} rules={[{ required: true }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item name="totp" label={t('totp')} extra={t('totpHint')}>
            <Input inputMode="numeric" autoComplete="one-time-code" />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={enter.isPending}>
            {t('signIn')}
          </Button>
        </Form>
      </Card>
    </main>
  );
}
