// Credentials and assets from outside: what goes in, who may do what with it, and that a secret comes out nowhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { eachDatabase, liftLimits, Person } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};
const ids = (page) => page.items.map((one) => one.id);
const canaries = ['Kanarie-One-51c7', 'Kanarie-Two-93ab', 'Kanarie-Three-0d', 'Kanarie-Four-77', 'Kanarie-Wrong-12'];

function everyFile(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const what = statSync(path);
    return what.isDirectory() ? everyFile(path) : what.isFile() ? [path] : [];
  });
}
// All rows of all tables as one text.
const everyRow = (url) =>
  execFileSync('psql', [url, '-Atqc', "select query_to_xml('select * from ' || quote_ident(table_name), true, false, '')::text from information_schema.tables where table_schema = 'public'"], { encoding: 'utf8', maxBuffer: 1 << 28 });

await eachDatabase(test, 'the vault', async (t, platform) => {
  const system = await liftLimits(platform);
  const said = [];
  const person = async (account) => {
    const one = await new Person(platform, account, platform.accounts[account]).signIn('token');
    const call = one.call.bind(one);
    one.call = async (...args) => {
      const answer = await call(...args);
      said.push(answer.raw, JSON.stringify(answer.headers));
      return answer;
    };
    return one;
  };
  const security = await person('security'), auditor = await person('audit'), developer = await person('developer'), operator = await person('operator');
  const home = is(await system.post('/departments', { parentId: top, name: '清算部' }), 201).id;
  const owner = developer.signedIn.userId;

  await t.test('a credential is made, rotated, granted, tested, cut off and brought back; its secret is never answered', async () => {
    const made = is(await security.post('/credentials', { name: 'counter-01', type: 'account', departmentId: home, systemId: 'o32', operatorNo: '8001', username: 'rpa01', exclusive: true, rightsNote: '只查询', password: canaries[0] }, { 'Idempotency-Key': 'make-1' }), 201);
    const again = await security.post('/credentials', { name: 'counter-01', type: 'account', departmentId: home, systemId: 'o32', operatorNo: '8001', username: 'rpa01', exclusive: true, rightsNote: '只查询', password: canaries[0] }, { 'Idempotency-Key': 'make-1' });
    assert.equal(is(again, 201).id, made.id);
    is(await security.post('/credentials', { name: 'counter-01', type: 'account', departmentId: home, password: canaries[1] }, { 'Idempotency-Key': 'make-1' }), 409, 'idempotency_conflict');
    assert.deepEqual([made.version, made.secretFields, made.password, made.sealed], [1, ['password'], undefined, undefined]);
    const path = `/credentials/${made.id}`;
    assert.deepEqual(ids(is(await security.get('/credentials?systemId=o32'), 200)), [made.id]);
    assert.deepEqual(ids(is(await security.post('/credentials/read-many', { ids: [made.id] }), 200)), [made.id]);
    assert.equal(is(await security.patch(path, { title: '柜台', reviewDue: '2036-03-31' }), 200).reviewDue, '2036-03-31');
    assert.equal(is(await security.post(`${path}/rotate`, { password: canaries[1] }), 200).version, 2);
    assert.equal(is(await security.post(`${path}/rotate`, { password: canaries[2], effectiveFrom: '2036-12-31T00:00:00.000+08:00' }), 200).version, 2);
    assert.deepEqual(is(await security.get(`${path}/versions`), 200).items.map((v) => v.number), [3, 2, 1]);
    const grant = is(await security.post(`${path}/grants`, { kind: 'department', subject: home }), 201);
    assert.deepEqual(ids(is(await security.get(`${path}/grants`), 200)), [grant.id]);
    assert.equal(is(await security.post(`${path}/test`), 200).ok, true);
    assert.equal(is(await security.get(`${path}/uses`), 200).items[0].kind, 'tested');
    assert.equal(is(await security.post(`${path}/disable`, { reason: '疑似泄露' }), 200).state, 'disabled');
    assert.equal(is(await security.post(`${path}/enable`), 200).state, 'enabled');
    is(await security.post(`${path}/release`, { reason: 'x' }), 409, 'wrong_state');
    is(await security.post(`${path}/reset-breaker`, { reason: 'x' }), 409, 'wrong_state');
    assert.equal(is(await security.post(`${path}/transfer`, { ownerId: owner, reason: '交接' }), 200).ownerId, owner);
    is(await developer.post(`${path}/disable`, { reason: 'x' }), 403);
    is(await security.del(`${path}/grants/${grant.id}?reason=x`), 200);
    is(await system.del(`/departments/${home}`), 409, 'still_referenced');
  });

  await t.test('two refused sign-ins cut a credential off until a person resets it', async () => {
    const role = is(await security.post('/roles', { name: 'vault-user', title: '用凭据', permissions: ['credential.use', 'credential.read'] }), 201);
    is(await security.post(`/users/${owner}/grants`, { roleId: role.id, departmentId: top, inherit: true }), 201);
    const made = is(await security.post('/credentials', { name: 'counter-02', type: 'password', departmentId: home, password: canaries[3] }), 201);
    const report = (outcome) => developer.post(`/credentials/${made.id}/sign-in-results`, { outcome });
    assert.equal(is(await report('system_not_ready'), 200).refusals, 0);
    assert.equal(is(await report('bad_secret'), 200).breakerOpen, false);
    assert.equal(is(await report('account_locked'), 200).breakerOpen, true);
    assert.equal(is(await security.post(`/credentials/${made.id}/test`), 200).ok, false);
    assert.equal(is(await security.post(`/credentials/${made.id}/reset-breaker`, { reason: '已核实' }), 200).breakerOpen, false);
    is(await security.del(`/credentials/${made.id}`), 200);
    is(await security.get(`/credentials/${made.id}`), 404, 'not_found');
  });

  await t.test('an asset has a value for each scope, its history and the way back', async () => {
    const made = is(await operator.post('/assets', { name: 'limit', type: 'decimal', departmentId: top, value: '50000.00' }), 201);
    const path = `/assets/${made.id}`;
    assert.deepEqual([made.globalValue, made.latestVersion], ['50000.00', 1]);
    is(await developer.post(`${path}/values`, { value: '1' }), 403);
    is(await operator.post(`${path}/values`, { value: 'a lot' }), 422, 'invalid_field');
    assert.equal(is(await operator.post(`${path}/values`, { scope: 'department', scopeId: home, value: '80000.00' }), 201).version, 2);
    const ask = async (query) => {
      const found = is(await operator.get(`/assets/resolve?name=limit${query}`), 200);
      return [found.value, found.scope, found.version];
    };
    assert.deepEqual(await ask(''), ['50000.00', 'global', 1]);
    assert.deepEqual(await ask(`&department=${home}`), ['80000.00', 'department', 2]);
    is(await operator.post(`${path}/clear-value`, { scope: 'department', scopeId: home, reason: '统一' }), 200);
    assert.deepEqual(await ask(`&department=${home}`), ['50000.00', 'global', 1]);
    assert.equal(is(await operator.post(`${path}/roll-back`, { version: 2, reason: '恢复' }), 200).rolledBackTo, 2);
    assert.deepEqual(await ask(`&department=${home}`), ['80000.00', 'department', 4]);
    assert.deepEqual(is(await operator.get(`${path}/values`), 200).items.map((v) => v.version), [4, 3, 2, 1]);
    assert.equal(is(await operator.patch(path, { title: '单笔限额' }), 200).title, '单笔限额');
    assert.deepEqual(ids(is(await operator.get('/assets?name=limit'), 200)), [made.id]);
    assert.deepEqual(ids(is(await operator.post('/assets/read-many', { ids: [made.id] }), 200)), [made.id]);
    assert.equal(is(await operator.get(path), 200).globalValue, '50000.00');
    const grant = is(await security.post(`${path}/grants`, { kind: 'department', subject: home }), 201);
    assert.deepEqual(ids(is(await security.get(`${path}/grants`), 200)), [grant.id]);
    is(await security.del(`${path}/grants/${grant.id}?reason=x`), 200);
    assert.equal(is(await operator.post(`${path}/transfer`, { departmentId: home, reason: '调整' }), 200).departmentId, home);
    is(await operator.del(path), 200);
    is(await operator.get(path), 404, 'not_found');
  });

  await t.test('what waits for a second person carries no secret and is carried out from its envelope', async () => {
    is(await system.patch('/settings/approvals.required', { value: true, reason: '投产' }), 200);
    const [{ id }] = is(await security.get('/credentials?name=counter-01'), 200).items;
    const held = is(await security.post(`/credentials/${id}/rotate`, { password: canaries[3] }), 202);
    const waiting = await system.get(`/approvals/${held.approvalId}`);
    said.push(waiting.raw);
    const done = await system.post(`/approvals/${held.approvalId}/approve`, { digest: is(waiting, 200).digest });
    said.push(done.raw);
    is(done, 200);
    assert.equal(is(await security.get(`/credentials/${id}`), 200).version, 4);
    assert.equal(is(await security.post(`/credentials/${id}/test`), 200).ok, true);
    is(await security.post(`/credentials/${id}/disable`, { reason: '降低风险无须复核' }), 200);
  });

  await t.test('a canary stands in no file, row, log line or answer', async () => {
    const secret = is(await operator.post('/assets', { name: 'token', type: 'secret', departmentId: top, secretValue: canaries[4] }), 201);
    assert.equal(secret.globalValue, undefined);
    is(await operator.post('/assets', { name: 'token2', type: 'secret', departmentId: top, value: canaries[4] }), 422, 'invalid_field');
    is(await security.post('/credentials', { name: 'wrong', type: 'totp', departmentId: top, password: canaries[4] }), 422, 'invalid_field');
    is(await security.post('/credentials', { name: 'wrong', type: 'totp', departmentId: top, seed: canaries[4] }), 422, 'invalid_field');
    is(await security.post('/credentials', { name: 'wrong', type: 'account', departmentId: top, pin: [canaries[4]] }), 422, 'invalid_field');
    said.push((await auditor.get('/audit?pageSize=200')).raw, (await auditor.get('/audit/export?afterBlock=0')).raw, (await system.get('/api-calls')).raw, platform.log);
    let kept = said.join('\n');
    for (const path of everyFile(platform.data)) kept += readFileSync(path, 'latin1');
    if (platform.url) kept += everyRow(platform.url);
    assert.ok(kept.includes('counter-01'), 'what is searched is what was written');
    for (const canary of canaries)
      for (const form of [canary, Buffer.from(canary).toString('base64'), Buffer.from(canary).toString('base64url'), Buffer.from(canary).toString('hex')])
        assert.ok(!kept.includes(form), `${form} was found`);
  });
}, { test: { timeout: 120_000 } });
