import { Descriptions } from 'antd';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { short } from '../../parts/format';
import { useMe } from '../../parts/me';
import { ResourcePage, type Row } from '../../parts/ResourcePage';

// Both documents of a change, side by side.
function Change({ row }: { row: Row }): ReactElement {
  const { t } = useTranslation();
  const pretty = (value: unknown): ReactElement => <pre className="document">{value === null || value === undefined ? '—' : JSON.stringify(value, null, 2)}</pre>;
  return (
    <Descriptions
      column={{ xs: 1, md: 2 }}
      size="small"
      layout="vertical"
      items={[
        { key: 'before', label: t('before'), children: pretty(row.before) },
        { key: 'after', label: t('after'), children: pretty(row.after) },
        { key: 'reason', label: t('reason'), children: short(row.reason ?? row.requestReason) },
      ]}
    />
  );
}

export function Departments(): ReactElement {
  const { t } = useTranslation();
  return <ResourcePage title={t('departments')} list="department_list" create="department_create" edit="department_change" remove="department_delete" acts={['department_enable', 'department_disable']} columns={['name', 'code', 'path', 'state', 'region', 'updatedAt', 'updatedBy']} />;
}
export function Users(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('users')}
      list="user_list"
      create="user_create"
      edit="user_change"
      acts={['user_enable', 'user_disable', 'user_unlock', 'user_reset_password']}
      once={['user_reset_password', 'user_create']}
      columns={['account', 'name', 'employeeNo', 'kind', 'state', 'email', 'lastLoginAt', 'updatedAt']}
    />
  );
}
export function Roles(): ReactElement {
  const { t } = useTranslation();
  return <ResourcePage title={t('roles')} list="role_list" create="role_create" edit="role_change" remove="role_delete" fits={(_, row) => row.preset !== true} columns={['name', 'title', 'preset', 'remark', 'updatedAt']} detail={(row) => <span>{short(row.permissions)}</span>} />;
}
export function ApiClients(): ReactElement {
  const { t } = useTranslation();
  return (
    <ResourcePage
      title={t('apiClients')}
      list="api_client_list"
      create="api_client_create"
      edit="api_client_change"
      remove="api_client_delete"
      acts={['api_client_enable', 'api_client_disable', 'api_client_rotate']}
      once={['api_client_create', 'api_client_rotate']}
      columns={['name', 'title', 'contact', 'state', 'scopes', 'expiresAt', 'lastUsedAt']}
    />
  );
}
export function Approvals(): ReactElement {
  const { t } = useTranslation();
  const { me } = useMe();
  return (
    <ResourcePage
      title={t('approvals')}
      list="approval_list"
      acts={['approval_approve', 'approval_refuse', 'approval_withdraw']}
      // Whoever asked may take it back; anybody else may decide.
      fits={(act, row) => row.state === 'pending' && (act === 'approval_withdraw') === (row.maker === me?.account)}
      columns={['operation', 'targetName', 'maker', 'state', 'expiresAt', 'checker', 'decidedAt']}
      detail={(row) => <Change row={row} />}
    />
  );
}
export function AuditLog(): ReactElement {
  const { t } = useTranslation();
  return <ResourcePage title={t('auditLog')} list="audit_list" columns={['at', 'audit', 'account', 'targetName', 'result', 'address', 'requestId']} detail={(row) => <Change row={row} />} />;
}
export function Sessions(): ReactElement {
  const { t } = useTranslation();
  return <ResourcePage title={t('sessions')} list="session_list" remove="session_delete" columns={['account', 'kind', 'state', 'address', 'createdAt', 'lastSeenAt', 'current']} />;
}
export function Calls(): ReactElement {
  const { t } = useTranslation();
  return <ResourcePage title={t('calls')} list="api_call_list" columns={['at', 'account', 'operation', 'verb', 'path', 'status', 'tookMicros', 'address']} />;
}
