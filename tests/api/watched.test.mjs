// The inspection account sees everything, and everything it looked at is written down.
import assert from 'node:assert/strict';
import test from 'node:test';
import { eachDatabase, liftLimits, Person } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};

await eachDatabase(test, 'the inspection account', async (t, platform) => {
  const system = await liftLimits(platform);
  const person = (account) => new Person(platform, account, platform.accounts[account]).signIn('token');
  const security = await person('security'), auditor = await person('audit');
  const user = is(await system.post('/users', { account: 'inspector', name: '检查组', departmentId: top }), 201);
  const link = is(await system.post(`/users/${user.id}/reset-password`, { reason: '检查' }), 200);
  const password = 'Staple-Garden-Window-8';
  is(await platform.request('POST', '/api/v1/auth/password', { body: { oneTimeCode: link.oneTimeCode, newPassword: password } }), 200);
  const self = await new Person(platform, 'inspector', password).signIn('token');
  const rows = async () => is(await auditor.get(`/audit?actor=${user.id}&pageSize=200`), 200).items.filter((row) => !row.operation.startsWith('auth.'));

  await t.test('every read of it leaves a row that says what was looked at; those of others leave none', async () => {
    const before = (await rows()).length;
    const role = is(await security.get('/roles?pageSize=50'), 200).items.find((r) => r.name === 'inspection_account');
    is(await security.post(`/users/${user.id}/grants`, { roleId: role.id, departmentId: top, inherit: true }), 201);
    is(await self.get('/users?keyword=li'), 200);
    is(await self.get(`/departments/${top}`), 200);
    is(await self.get('/audit?pageSize=5'), 200);
    is(await self.get('/departments/dep_01ARYZ6S41TSV4RRFFQ69G5FAV'), 404);
    is(await self.post('/departments', { parentId: top, name: '越权' }), 403, 'not_permitted');
    const seen = (await rows()).slice(0, (await rows()).length - before).map((row) => [row.operation, row.result, row.target ?? '', row.targetName ?? '']).reverse();
    assert.deepEqual(seen.map((row) => row[0]), ['user.list', 'department.read', 'audit.list', 'department.read', 'department.create']);
    assert.deepEqual(seen[0].slice(1), [0, '', '/api/v1/users?keyword=li']);
    assert.deepEqual(seen[1].slice(1, 3), [0, top]);
    assert.notEqual(seen[3][1], 0);
    assert.notEqual(seen[4][1], 0);
    const { items } = is(await auditor.get('/audit?audit=user.list&pageSize=50'), 200);
    is(await system.get('/users?keyword=li'), 200);
    assert.equal(is(await auditor.get('/audit?audit=user.list&pageSize=50'), 200).items.length, items.length);
  });

  await t.test('with the grant taken away it reads nothing, and that too is written down', async () => {
    const [grant] = is(await security.get(`/users/${user.id}/grants`), 200).items;
    is(await security.del(`/users/${user.id}/grants/${grant.id}?reason=done`), 200);
    const before = (await rows()).length;
    is(await self.get('/users'), 403, 'not_permitted');
    assert.equal((await rows()).length, before + 1);
  });
});
