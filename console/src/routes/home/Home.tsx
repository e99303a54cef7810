import { useQuery } from '@tanstack/react-query';
import { Card, Descriptions, Flex, Spin, Tag, Typography } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Failure } from '../../parts/Failure';
import { short } from '../../parts/format';
import { useMe } from '../../parts/me';

type Health = Record<string, unknown>;
export function Home(): ReactElement {
  const { t } = useTranslation();
  const { me } = useMe();
  const health = useQuery({
    queryKey: ['health'],
    refetchInterval: 10_000,
    queryFn: async () => (await (await fetch('/health')).json()) as Health,
  });
  return (
    <Flex vertical gap={16}>
      <Typography.Title level={1} style={{ fontSize: 20, margin: 0 }}>
        {t('welcome', { name: me?.name ?? me?.account ?? '' })}
      </Typography.Title>
      <Card title={t('account')} size="small">
        <Descriptions
          column={1}
          size="small"
          items={[
            { key: 'account', label: t('account'), children: me?.account },
            { key: 'roles', label: t('roleList'), children: me?.roles.map((role) => <Tag key={role}>{role}</Tag>) },
            { key: 'rights', label: t('departmentRights'), children: me?.permissions.length },
          ]}
        />
      </Card>
      <Card title={t('health')} size="small">
        {health.isPending ? <Spin /> : health.isError ? <Failure error={health.error} retry={() => void health.refetch()} /> : (
          <Descriptions column={1} size="small" items={Object.entries(health.data).map(([name, value]) => ({ key: name, label: name, children: short(value) }))} />
        )}
      </Card>
    </Flex>
  );
}
