import { Alert, Button } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Refusal } from '../api/client';

// What went wrong, in the platform's own sentence, with the number to quote to an administrator.
export function Failure({ error, retry }: { error: unknown; retry?: () => void }): ReactElement {
  const { t } = useTranslation();
  const refusal = error instanceof Refusal ? error : undefined;
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      style={{ marginBottom: 12 }}
      title={refusal?.message ?? t('failed')}
      description={
        <>
          {refusal?.fields.map((f) => (
            <div key={f.field}>
              {f.field}：{f.reason}
            </div>
          ))}
          {refusal?.requestId ? <div>{t('requestId', { id: refusal.requestId })}</div> : null}
        </>
      }
      action={retry ? <Button onClick={retry}>{t('retry')}</Button> : undefined}
    />
  );
}
