import { Alert, Button, Descriptions, Modal, Typography } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { short } from './format';

// An answer that holds something shown only once: keys, codes, links.
export function Once({ answer, onClose }: { answer: Record<string, unknown>; onClose: () => void }): ReactElement {
  const { t } = useTranslation();
  return (
    <Modal open title={t('details')} onCancel={onClose} footer={<Button onClick={onClose}>{t('close')}</Button>} width={680}>
      <Alert type="warning" showIcon title={t('onceTitle')} style={{ marginBottom: 12 }} />
      <Descriptions
        column={1}
        bordered
        size="small"
        items={Object.entries(answer).map(([name, value]) => ({ key: name, label: name, children: <Typography.Text copyable={typeof value === 'string'}>{short(value)}</Typography.Text> }))}
      />
    </Modal>
  );
}
