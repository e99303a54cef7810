import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Table, Tag, Typography } from 'antd';
import { useState, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { operation } from '../../api/catalogue';
import { get } from '../../api/client';
import { Failure } from '../../parts/Failure';
import { useMe } from '../../parts/me';
import { OperationForm } from '../../parts/OperationForm';
import { Shown } from '../../parts/Shown';

interface Setting extends Record<string, unknown> {
  name: string;
  value: unknown;
  isDefault: boolean;
  titleZh: string;
  titleEn: string;
  updatedBy: string;
}
export function Settings(): ReactElement {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<Setting>();
  const found = useQuery({ queryKey: ['settings'], queryFn: () => get<{ items: Setting[] }>('/api/v1/settings') });
  return (
    <section aria-label={t('settings')}>
      <Typography.Title level={1} style={{ fontSize: 20, margin: '0 0 12px' }}>
        {t('settings')}
      </Typography.Title>
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : null}
      <Table<Setting>
        size="middle"
        rowKey="name"
        loading={found.isFetching}
        dataSource={found.data?.items ?? []}
        pagination={false}
        columns={[
          { title: t('settingName'), dataIndex: 'name', render: (name: string, row) => (<><code>{name}</code><div>{i18n.language === 'en' ? row.titleEn : row.titleZh}</div></>) },
          { title: t('value'), dataIndex: 'value', render: (value: unknown, row) => (<><Shown name="value" value={value} /> {row.isDefault ? <Tag>{t('isDefault')}</Tag> : null}</>) },
          { title: t('change'), render: (_, row) => (me.may('setting.change') ? <Button size="small" onClick={() => setChosen(row)}>{t('change')}</Button> : null) },
        ]}
      />
      {chosen ? (
        <OperationForm
          op={operation('setting_change')}
          row={chosen}
          onClose={() => setChosen(undefined)}
          onDone={() => {
            setChosen(undefined);
            void queries.invalidateQueries({ queryKey: ['settings'] });
          }}
        />
      ) : null}
    </section>
  );
}
