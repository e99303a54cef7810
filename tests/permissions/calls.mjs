// How each operation is called so that the answer tells whether the right was there and nothing is changed: what is asked for is stale,
// taken, missing or already so, and the platform says that only after it asked for the right.
// Each is (world, things of one department) → { path, body, headers, shows }; `shows` of a list says whether the thing is among its items.
export const stale = { 'if-match': '"999999"' };
const nothing = 'rol_01ARYZ6S41TSV4RRFFQ69G5FAV';
const digest = 'e'.repeat(64);
const items = (id) => (answer) => Boolean(answer.data?.items?.some((item) => item.id === id));
const all = '?pageSize=200';
const at = (path, body, headers) => () => ({ path, body, headers });
// Asks for nothing of anybody's: an unknown field is refused after the gate let the call in.
const atTheGate = (path) => () => ({ path, body: { unknownField: 1 }, gateOnly: true });
const robot = (act) => (w, t) => ({ path: `/robots/${t.robot}/${act}`, body: {}, headers: stale });
const client = (act, body) => (w, t) => ({ path: `/api-clients/${t.client}${act}`, body, headers: stale });
const department = (act, body) => (w, t) => ({ path: `/departments/${t.department}${act}`, body, headers: stale });
const user = (act, body) => (w, t) => ({ path: `/users/${t.user}${act}`, body, headers: stale });
// A role is a thing of no department: a grant anywhere lets one read it.
const role = (act, body) => (w) => ({ path: `/roles/${w.ownRole.id}${act}`, body, headers: stale, anywhere: true });
const approval = (act, body, headers) => (w, t) => ({ path: `/approvals/${t.approval}${act}`, body, headers });

export const calls = {
  'GET /api/v1/api-calls': at(`/api-calls${all}`),
  'GET /api/v1/api-calls/stats': at('/api-calls/stats?from=2026-11-20T09%3A00%3A00.000%2B08%3A00&to=2026-11-20T10%3A00%3A00.000%2B08%3A00'),
  'GET /api/v1/api-clients': (w, t) => ({ path: `/api-clients${all}`, shows: items(t.client) }),
  // The department a body names and the caller may not see is told as one that is not there.
  'POST /api/v1/api-clients': (w, t) => ({ path: '/api-clients', body: { name: 'taken', departmentId: t.department, scopes: ['department.read'] }, refusedToo: (answer) => answer.json.errors?.some((e) => e.field === 'departmentId') }),
  'GET /api/v1/api-clients/{id}': client(''),
  'PATCH /api/v1/api-clients/{id}': client('', { remark: 'x' }),
  'DELETE /api/v1/api-clients/{id}': client(''),
  'POST /api/v1/api-clients/{id}/disable': client('/disable', { reason: 'x' }),
  'POST /api/v1/api-clients/{id}/enable': client('/enable', {}),
  'POST /api/v1/api-clients/{id}/rotate': client('/rotate', {}),
  'GET /api/v1/approvals': (w, t) => ({ path: `/approvals${all}`, shows: items(t.approval) }),
  'GET /api/v1/approvals/{id}': approval(''),
  'PATCH /api/v1/approvals/{id}': approval('', { unknownField: 1 }),
  // The rights to the operation itself are asked for as well, with the same answer: only what may not be seen can be told from outside.
  'POST /api/v1/approvals/{id}/act-alone': atTheGate('/approvals/apr_01ARYZ6S41TSV4RRFFQ69G5FAV/act-alone'),
  'POST /api/v1/approvals/{id}/after-check': approval('/after-check', { outcome: 'accepted', note: 'x' }, stale),
  'POST /api/v1/approvals/{id}/approve': approval('/approve', { digest }, stale),
  'POST /api/v1/approvals/{id}/refuse': approval('/refuse', { reason: 'x' }, stale),
  'POST /api/v1/approvals/{id}/withdraw': approval('/withdraw', { unknownField: 1 }),
  'GET /api/v1/audit': (w, t) => ({ path: `/audit?target=${t.department}&audit=department.created`, shows: items(t.audit) }),
  'GET /api/v1/audit/export': at('/audit/export?afterBlock=1000000'),
  'POST /api/v1/audit/verify': at('/audit/verify', { fromBlock: 1, toBlock: 1 }),
  'GET /api/v1/audit/{id}': (w, t) => ({ path: `/audit/${t.audit}` }),
  'POST /api/v1/auth/introspect': atTheGate('/auth/introspect'),
  'POST /api/v1/auth/login': atTheGate('/auth/login'),
  'POST /api/v1/auth/logout': atTheGate('/auth/logout'),
  'GET /api/v1/auth/me': at('/auth/me'),
  'POST /api/v1/auth/password': atTheGate('/auth/password'),
  'POST /api/v1/auth/refresh': atTheGate('/auth/refresh'),
  'POST /api/v1/auth/revoke': atTheGate('/auth/revoke'),
  'POST /api/v1/auth/token': atTheGate('/auth/token'),
  'POST /api/v1/auth/totp': atTheGate('/auth/totp'),
  'POST /api/v1/auth/totp/confirm': atTheGate('/auth/totp/confirm'),
  'POST /api/v1/auth/totp/disable': atTheGate('/auth/totp/disable'),
  'POST /api/v1/auth/totp/recovery-codes': atTheGate('/auth/totp/recovery-codes'),
  'GET /api/v1/departments': (w, t) => ({ path: `/departments${all}`, shows: items(t.department) }),
  'POST /api/v1/departments': (w, t) => ({ path: '/departments', body: { parentId: t.department, name: 'child' } }),
  'POST /api/v1/departments/read-many': (w, t) => ({ path: '/departments/read-many', body: { ids: [t.department] }, shows: items(t.department) }),
  'GET /api/v1/departments/tree': (w, t) => ({ path: '/departments/tree', shows: items(t.department) }),
  'GET /api/v1/departments/{id}': department(''),
  'PATCH /api/v1/departments/{id}': department('', { remark: 'x' }),
  'DELETE /api/v1/departments/{id}': department(''),
  'GET /api/v1/departments/{id}/children': department(`/children${all}`),
  'POST /api/v1/departments/{id}/disable': department('/disable', { reason: 'x' }),
  'POST /api/v1/departments/{id}/enable': department('/enable', {}),
  'POST /api/v1/departments/{id}/move': (w, t) => ({ path: `/departments/${t.department}/move`, body: { parentId: w.departments.same, reason: 'x' }, headers: stale }),
  'GET /api/v1/departments/{id}/users': department(`/users${all}`),
  'GET /api/v1/error-codes': at('/error-codes'),
  'GET /api/v1/permissions': at('/permissions'),
  'POST /api/v1/permissions/explain': (w, t) => ({ path: '/permissions/explain', body: { userId: t.user, permission: 'user.read', departmentId: t.department } }),
  'GET /api/v1/robots': (w, t) => ({ path: `/robots${all}`, shows: items(t.robot) }),
  'POST /api/v1/robots/enrolment-codes': (w, t) => ({ path: '/robots/enrolment-codes', body: { name: 'robot-same', departmentId: t.department } }),
  'GET /api/v1/robots/{id}': (w, t) => ({ path: `/robots/${t.robot}` }),
  'POST /api/v1/robots/{id}/disable': robot('disable'),
  'POST /api/v1/robots/{id}/enable': robot('enable'),
  'POST /api/v1/robots/{id}/revoke': robot('revoke'),
  'POST /api/v1/robots/{id}/trial-runs': (w, t) => ({ path: `/robots/${t.robot}/trial-runs`, body: { expression: '6 * 7' } }),
  'GET /api/v1/robots/{id}/trial-runs/{task}': (w, t) => ({ path: `/robots/${t.robot}/trial-runs/${t.trial}` }),
  'GET /api/v1/roles': (w) => ({ path: `/roles${all}`, shows: items(w.ownRole.id), anywhere: true }),
  'POST /api/v1/roles': at('/roles', { name: 'own', title: 'own', permissions: ['department.read'] }),
  'GET /api/v1/roles/{id}': role(''),
  'PATCH /api/v1/roles/{id}': role('', { title: 'x' }),
  'DELETE /api/v1/roles/{id}': role(''),
  'POST /api/v1/roles/{id}/restrict': role('/restrict', { permissions: ['user.read'], reason: 'x' }),
  'GET /api/v1/sessions': at('/sessions'),
  'DELETE /api/v1/sessions/{id}': at('/sessions/ses_01ARYZ6S41TSV4RRFFQ69G5FAV?unknownField=1'),
  'POST /api/v1/sessions/{id}/unlock': atTheGate('/sessions/ses_01ARYZ6S41TSV4RRFFQ69G5FAV/unlock'),
  'GET /api/v1/settings': at('/settings'),
  'GET /api/v1/settings/{name}': at('/settings/security.idle_minutes'),
  'PATCH /api/v1/settings/{name}': at('/settings/security.idle_minutes', { value: 15, reason: 'x' }, stale),
  'GET /api/v1/users': (w, t) => ({ path: `/users${all}`, shows: items(t.user) }),
  'POST /api/v1/users': (w, t) => ({ path: '/users', body: { account: 'same.user', name: 'x', departmentId: t.department } }),
  'POST /api/v1/users/read-many': (w, t) => ({ path: '/users/read-many', body: { ids: [t.user] }, shows: items(t.user) }),
  'GET /api/v1/users/{id}': user(''),
  'PATCH /api/v1/users/{id}': user('', { remark: 'x' }),
  'DELETE /api/v1/users/{id}': user('?reason=x'),
  'POST /api/v1/users/{id}/disable': user('/disable', { reason: 'x' }),
  'GET /api/v1/users/{id}/effective-permissions': user('/effective-permissions'),
  'POST /api/v1/users/{id}/enable': user('/enable', {}),
  'GET /api/v1/users/{id}/grants': user(`/grants${all}`),
  'POST /api/v1/users/{id}/grants': (w, t) => ({ path: `/users/${t.user}/grants`, body: { roleId: nothing, departmentId: t.department, inherit: false } }),
  'DELETE /api/v1/users/{id}/grants/{grant_id}': (w, t) => ({ path: `/users/${t.holder}/grants/${t.grant}?reason=x`, headers: stale }),
  'POST /api/v1/users/{id}/move': (w, t) => ({ path: `/users/${t.user}/move`, body: { departmentId: w.departments.same }, headers: stale }),
  'POST /api/v1/users/{id}/reset-password': user('/reset-password', { reason: 'x' }),
  'POST /api/v1/users/{id}/reset-totp': user('/reset-totp', { reason: 'x' }),
  'GET /api/v1/users/{id}/sessions': user(`/sessions${all}`),
  'POST /api/v1/users/{id}/sign-out': user('/sign-out', { reason: 'x' }),
  'POST /api/v1/users/{id}/unlock': user('/unlock', { reason: 'x' }),
};

// What the pages make a person's own act, called with everything right but the caller: a client is refused for what it is.
export const asPerson = {
  'POST /api/v1/approvals/{id}/act-alone': (w, t) => ({ path: `/approvals/${t.approval}/act-alone`, body: { digest, incident: 'I-1', reason: 'x', totp: '123456' } }),
  'POST /api/v1/approvals/{id}/after-check': approval('/after-check', { outcome: 'accepted', note: 'x' }),
  'POST /api/v1/approvals/{id}/approve': approval('/approve', { digest }),
  'POST /api/v1/approvals/{id}/refuse': approval('/refuse', { reason: 'x' }),
  'POST /api/v1/auth/totp': at('/auth/totp', { password: 'x' }),
  'POST /api/v1/auth/totp/confirm': at('/auth/totp/confirm', { code: '123456' }),
  'POST /api/v1/auth/totp/disable': at('/auth/totp/disable', { password: 'x', code: '123456' }),
  'POST /api/v1/auth/totp/recovery-codes': at('/auth/totp/recovery-codes', { password: 'x', code: '123456' }),
  'POST /api/v1/auth/token': at('/auth/token', {}),
  'POST /api/v1/auth/logout': at('/auth/logout', {}),
  'POST /api/v1/sessions/{id}/unlock': at('/sessions/ses_01ARYZ6S41TSV4RRFFQ69G5FAV/unlock', { password: 'x' }),
};
