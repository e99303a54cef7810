// Every operation that no story calls: what it is for, seen from outside. tools/check_called names those that are called nowhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import test from 'node:test';
import { eachDatabase, liftLimits, Person } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};
const ids = (page) => page.items.map((one) => one.id);

// RFC 6238 with SHA-1, 30 s and six digits, as every telephone has it.
function oneTimePassword(secret, at = Date.now()) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/=+$/, '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
const certificateRequest = (name) => execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '/dev/null', '-subj', `/CN=${name}`], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });

await eachDatabase(test, 'each resource', async (t, platform) => {
  const system = await liftLimits(platform);
  const person = (account, want = 'token') => new Person(platform, account, platform.accounts[account]).signIn(want);
  const security = await person('security'), auditor = await person('audit');
  const make = async (name, parentId = top) => is(await system.post('/departments', { parentId, name }), 201).id;
  const user = async (account, departmentId = top, more = {}) => is(await system.post('/users', { account, name: account, departmentId, ...more }), 201);
  const home = await make('资源'), other = await make('别处');

  await t.test('departments are read one below the other, stopped, begun again and moved', async () => {
    const child = await make('下级', home), member = await user('member', child);
    assert.deepEqual(ids(is(await system.get(`/departments/${home}/children`), 200)), [child]);
    assert.deepEqual(ids(is(await system.get(`/departments/${child}/users`), 200)), [member.id]);
    const tree = is(await system.get('/departments/tree'), 200).items;
    assert.equal(tree[0].id, top);
    assert.equal(tree.find((row) => row.id === child).parentId, home);
    assert.equal(tree.find((row) => row.id === child).users, 1);
    assert.deepEqual(ids(is(await system.post('/departments/read-many', { ids: [child, 'dep_01ARYZ6S41TSV4RRFFQ69G5FAV', home] }), 200)), [child, home]);
    assert.equal(is(await system.post(`/departments/${child}/disable`, { reason: '撤并' }), 200).state, 'disabled');
    is(await system.post('/users', { account: 'late', name: 'late', departmentId: child }), 409, 'wrong_state');
    assert.equal(is(await system.post(`/departments/${child}/enable`), 200).state, 'enabled');
    const moved = is(await system.post(`/departments/${child}/move`, { parentId: other, reason: '调整' }), 200);
    assert.deepEqual([moved.parentId, moved.path], [other, '总部/别处/下级']);
    assert.deepEqual(is(await system.get(`/departments/${home}/children`), 200).items, []);
  });

  await t.test('users are read, changed, moved and deleted, and what they own goes to another', async () => {
    const one = await user('one', home, { phone: '13800005678' }), heir = await user('heir', home);
    assert.deepEqual(ids(is(await system.post('/users/read-many', { ids: [heir.id, one.id] }), 200)), [heir.id, one.id]);
    const changed = is(await system.patch(`/users/${one.id}`, { name: '新名', email: 'one@example.com' }), 200);
    assert.deepEqual([changed.name, changed.email, changed.phone.includes('*')], ['新名', 'one@example.com', true]);
    assert.equal(is(await system.post(`/users/${one.id}/move`, { departmentId: other }), 200).departmentId, other);
    is(await system.patch(`/departments/${other}`, { leaderId: one.id }), 200);
    is(await system.del(`/users/${one.id}?reason=x`), 409, 'still_referenced');
    is(await system.del(`/users/${one.id}?reason=x&transferTo=${heir.id}`), 200);
    assert.equal(is(await system.get(`/departments/${other}`), 200).leaderId, heir.id);
    assert.deepEqual(ids(is(await system.get('/users?account=one'), 200)), []);
  });

  await t.test('effective permissions are those of the grants, and the explanation says from where', async () => {
    const one = await user('granted', home);
    const [operator] = is(await security.get('/roles?name=operator'), 200).items;
    is(await security.post(`/users/${one.id}/grants`, { roleId: operator.id, departmentId: home, inherit: false }), 201);
    const { departments } = is(await security.get(`/users/${one.id}/effective-permissions`), 200);
    assert.deepEqual(departments.map((d) => d.departmentId), [home]);
    assert.deepEqual(departments[0].permissions, is(await security.get(`/roles/${operator.id}`), 200).permissions);
    const published = is(await auditor.get('/permissions'), 200).items.map((p) => p.name);
    for (const name of departments[0].permissions) assert.ok(published.includes(name), name);
  });

  await t.test('an own role is made, changed, restricted and, held by nobody, deleted', async () => {
    const role = is(await security.post('/roles', { name: 'viewer', title: '查看', permissions: ['department.read', 'user.read'] }), 201);
    assert.equal(is(await security.patch(`/roles/${role.id}`, { title: '只看' }), 200).title, '只看');
    assert.deepEqual(is(await security.post(`/roles/${role.id}/restrict`, { permissions: ['user.read'], reason: '最小权限' }), 200).permissions, ['department.read']);
    is(await security.del(`/roles/${role.id}`), 200);
    is(await security.get(`/roles/${role.id}`), 404, 'not_found');
  });

  await t.test('a client is listed and deleted, and its key dies with it', async () => {
    const key = is(await security.post('/api-clients', { name: 'gone', departmentId: home, scopes: ['department.read'] }), 201);
    assert.deepEqual(ids(is(await security.get('/api-clients?name=gone'), 200)), [key.id]);
    is(await security.del(`/api-clients/${key.id}`), 200);
    assert.deepEqual(ids(is(await security.get('/api-clients?name=gone'), 200)), []);
    is(await security.get(`/api-clients/${key.id}`), 404, 'not_found');
  });

  await t.test('sessions are seen and ended, one or all, and a cookie is unlocked by the password', async () => {
    const here = await person('operator'), there = await person('operator', 'cookie');
    const mine = is(await here.get('/sessions?state=open'), 200).items;
    assert.ok(mine.find((s) => s.id === here.signedIn.sessionId).current);
    const unlocked = is(await there.post(`/sessions/${there.signedIn.sessionId}/unlock`, { password: there.password }), 200);
    assert.ok(unlocked.csrfToken && unlocked.csrfToken !== there.signedIn.csrfToken, 'the cookie is a new one');
    assert.deepEqual(new Set(ids(is(await system.get(`/users/${here.signedIn.userId}/sessions?state=open`), 200))), new Set(mine.map((s) => s.id)));
    is(await here.del(`/sessions/${there.signedIn.sessionId}`), 200);
    is(await there.get('/auth/me'), 401, 'not_signed_in');
    assert.ok(is(await system.post(`/users/${here.signedIn.userId}/sign-out`, { reason: '离职' }), 200).endedSessions >= 1);
    is(await here.get('/auth/me'), 401, 'not_signed_in');
  });

  await t.test('a token is asked about and revoked', async () => {
    const self = await person('developer');
    const token = self.signedIn.accessToken;
    const asked = is(await self.post('/auth/introspect', { token }), 200);
    assert.deepEqual([asked.active, asked.userId], [true, self.signedIn.userId]);
    assert.equal(is(await auditor.post('/auth/introspect', { token }), 200).active, false, 'a stranger learns nothing');
    is(await self.post('/auth/revoke', { token }), 200);
    is(await self.get('/auth/me'), 401, 'not_signed_in');
    assert.equal(is(await system.post('/auth/introspect', { token }), 200).active, false);
  });

  await t.test('a second factor is set up, asked for, renewed and turned off, and an administrator takes a lost one away', async () => {
    const { password } = await person('checker');
    const begin = async (self) => {
      const { secret } = is(await self.post('/auth/totp', { password }), 200);
      const { codes } = is(await self.post('/auth/totp/confirm', { code: oneTimePassword(secret) }), 200);
      return codes;
    };
    const self = await person('checker'), codes = await begin(self);
    const signIn = (totp) => platform.request('POST', '/api/v1/auth/login', { body: { account: 'checker', password, ...(totp ? { totp } : {}) } });
    is(await signIn(), 401, 'totp_required');
    is(await signIn(codes[0]), 200);
    is(await signIn(codes[0]), 401);
    const fresh = is(await self.post('/auth/totp/recovery-codes', { password, code: codes[1] }), 200).codes;
    is(await signIn(codes[2]), 401);
    is(await self.post('/auth/totp/disable', { password, code: fresh[0] }), 200);
    is(await signIn(), 200);
    await begin(self);
    is(await signIn(), 401, 'totp_required');
    is(await system.post(`/users/${self.signedIn.userId}/reset-totp`, { reason: '手机遗失' }), 200);
    is(await signIn(), 200);
  });

  await t.test('settings are listed with their limits', async () => {
    const { items } = is(await system.get('/settings'), 200);
    const idle = items.find((one) => one.name === 'security.idle_minutes');
    assert.deepEqual([idle.value, idle.min, idle.max, idle.isDefault], [15, 1, 480, true]);
  });

  await t.test('a robot is let in, tries an expression, rests, works again and is thrown out for good', async () => {
    const { code } = is(await system.post('/robots/enrolment-codes', { name: 'robot-one', departmentId: home }), 201);
    const joining = { port: platform.ports.robots, body: { code: code.split('.')[0], name: 'robot-one', request: certificateRequest('robot-one'), version: '0.1.0', os: 'test', arch: 'test', slots: 1 } };
    const { robot } = is(await platform.request('POST', '/robot-gateway/v1/enrol', joining), 200);
    is(await platform.request('POST', '/robot-gateway/v1/enrol', joining), 401, 'wrong_credentials');
    assert.deepEqual(ids(is(await system.get('/robots?name=robot-one'), 200)), [robot]);
    const trial = is(await system.post(`/robots/${robot}/trial-runs`, { expression: '6 * 7' }), 201);
    assert.equal(is(await system.get(`/robots/${robot}/trial-runs/${trial.task}`), 200).state, 'waiting');
    assert.equal(is(await system.post(`/robots/${robot}/disable`), 200).state, 'disabled');
    is(await system.post(`/robots/${robot}/trial-runs`, { expression: '1' }), 409, 'wrong_state');
    assert.equal(is(await system.post(`/robots/${robot}/enable`), 200).state, 'enabled');
    is(await system.post(`/robots/${robot}/revoke`), 200);
    assert.equal(is(await system.get(`/robots/${robot}`), 200).state, 'revoked');
    is(await system.post(`/robots/${robot}/enable`), 409, 'wrong_state');
  });

  await t.test('the audit is read row by row and exported in whole blocks', async () => {
    const [row] = is(await auditor.get(`/audit?target=${home}`), 200).items;
    const read = is(await auditor.get(`/audit/${row.id}`), 200);
    assert.deepEqual([read.id, read.audit, read.target], [row.id, 'department.created', home]);
    let lines = [];
    for (const began = Date.now(); !lines.some((line) => line.includes(row.id)); await new Promise((r) => setTimeout(r, 100))) {
      const answer = await auditor.get('/audit/export?afterBlock=0'); // sealed once a second
      is(answer, 200);
      lines = answer.raw.trim().split('\n');
      assert.ok(Date.now() - began < 20_000, 'the row is in no sealed block');
    }
    for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
  });

  await t.test('what waits for a second person is listed, and its maker may still say more about why', async () => {
    is(await system.patch('/settings/approvals.required', { value: true, reason: '投产' }), 200);
    const waiting = await make('等待', home);
    const held = is(await system.post(`/departments/${waiting}/move`, { parentId: other, reason: '调整' }), 202);
    assert.ok(ids(is(await security.get('/approvals?state=pending'), 200)).includes(held.approvalId));
    const before = is(await security.get(`/approvals/${held.approvalId}`), 200);
    const after = is(await system.patch(`/approvals/${held.approvalId}`, { requestReason: '见通知 12 号' }), 200);
    assert.equal(after.requestReason, '见通知 12 号');
    assert.notEqual(after.digest, before.digest, 'what was read is no longer what is signed');
    is(await security.post(`/approvals/${held.approvalId}/approve`, { digest: before.digest }), 412, 'changed_meanwhile');
    is(await security.post(`/approvals/${held.approvalId}/approve`, { digest: after.digest }), 200);
    assert.equal(is(await system.get(`/departments/${waiting}`), 200).parentId, other);
  });
}, { test: { timeout: 120_000 } });
