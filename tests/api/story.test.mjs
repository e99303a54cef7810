// From an administrator to a signed call, and the rules every call obeys.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, eachDatabase, liftLimits, Person } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
// The answer's status and word, for sentences of failing tests that say what came instead.
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};

await eachDatabase(test, 'the story', async (t, platform) => {
  const system = await liftLimits(platform);
  const person = (account) => new Person(platform, account, platform.accounts[account]).signIn('token');
  const security = await person('security'), auditor = await person('audit');
  const department = is(await system.post('/departments', { parentId: top, name: '清算部', code: 'QS' }), 201);

  await t.test('a new person sets an own password by the one-time code, once, and may what was granted and no more', async () => {
    const user = is(await system.post('/users', { account: 'li.si', name: '李四', departmentId: department.id, employeeNo: '10086' }), 201);
    is(await platform.request('POST', '/api/v1/auth/login', { body: { account: 'li.si', password: 'Anything-At-All-1' } }), 401, 'wrong_credentials');
    const link = is(await system.post(`/users/${user.id}/reset-password`, { reason: '新员工' }), 200);
    const password = 'Staple-Garden-Window-8';
    const set = (oneTimeCode, newPassword) => platform.request('POST', '/api/v1/auth/password', { body: { oneTimeCode, newPassword } });
    is(await set(link.oneTimeCode, 'short'), 422);
    is(await set(link.oneTimeCode, password), 200);
    is(await set(link.oneTimeCode, `${password}9`), 401);
    const self = await new Person(platform, 'li.si', password).signIn('cookie');
    is(await self.get('/departments'), 403, 'not_permitted');
    const role = is(await security.post('/roles', { name: 'duty_viewer', title: '值班查看', permissions: ['department.read', 'user.read'] }), 201);
    is(await system.post(`/users/${user.id}/grants`, { roleId: role.id, departmentId: department.id, inherit: true }), 403, 'not_permitted');
    const grant = is(await security.post(`/users/${user.id}/grants`, { roleId: role.id, departmentId: department.id, inherit: true }), 201);
    assert.deepEqual(is(await self.get('/departments'), 200).items.map((d) => d.id), [department.id]);
    is(await self.get(`/departments/${department.id}`), 200);
    is(await self.get(`/departments/${top}`), 404, 'not_found');
    is(await self.post('/departments', { parentId: department.id, name: '夜班' }), 403, 'not_permitted');
    is(await security.del(`/users/${user.id}/grants/${grant.id}?reason=done`), 200);
    is(await self.get(`/departments/${department.id}`), 403, 'not_permitted');
    // Without the token of its own site a cookie changes nothing.
    is(await platform.request('POST', '/api/v1/auth/logout', { headers: { cookie: self.headers.cookie }, body: {} }), 403);
    is(await self.post('/auth/logout'), 200);
    is(await self.get('/auth/me'), 401, 'not_signed_in');
  });

  await t.test('a change with an old ETag is refused with 412 and changes nothing', async () => {
    const made = is(await system.post('/departments', { parentId: top, name: '标签' }), 201);
    const read = await system.get(`/departments/${made.id}`);
    const etag = read.headers.etag;
    assert.ok(etag);
    const changed = await system.patch(`/departments/${made.id}`, { region: '上海' }, { 'if-match': etag });
    is(changed, 200);
    assert.notEqual(changed.headers.etag, etag);
    is(await system.patch(`/departments/${made.id}`, { region: '北京' }, { 'if-match': etag }), 412, 'changed_meanwhile');
    is(await system.del(`/departments/${made.id}`, { 'if-match': etag }), 412, 'changed_meanwhile');
    assert.equal(is(await system.get(`/departments/${made.id}`), 200).region, '上海');
    is(await system.del(`/departments/${made.id}`, { 'if-match': changed.headers.etag }), 200);
    is(await system.get(`/departments/${made.id}`), 404, 'not_found');
  });

  await t.test('a key with the same body answers the first result, with another body is a conflict', async () => {
    const headers = { 'idempotency-key': 'story-1' };
    const first = is(await system.post('/departments', { parentId: top, name: '一次' }, headers), 201);
    assert.deepEqual(is(await system.post('/departments', { parentId: top, name: '一次' }, headers), 201), first);
    is(await system.post('/departments', { parentId: top, name: '两次' }, headers), 409, 'idempotency_conflict');
    is(await system.post('/departments', { parentId: top, name: '一次' }), 409, 'name_taken');
  });

  await t.test('20 calls at once with one key have one effect', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => system.post('/departments', { parentId: top, name: '并发' }, { 'idempotency-key': 'story-20' })));
    for (const answer of answers) is(answer, 201);
    assert.equal(new Set(answers.map((answer) => answer.data.id)).size, 1);
    const { items } = is(await auditor.get(`/audit?target=${answers[0].data.id}`), 200);
    assert.equal(items.length, 1);
  });

  await t.test('POST …/update and …/delete do what PATCH and DELETE do', async () => {
    const made = is(await system.post('/departments', { parentId: top, name: '别名' }), 201);
    assert.equal(is(await system.post(`/departments/${made.id}/update`, { region: '深圳' }), 200).region, '深圳');
    is(await system.post(`/departments/${made.id}/delete`), 200);
    is(await system.get(`/departments/${made.id}`), 404, 'not_found');
  });

  await t.test('what is not known is refused by name, in the language asked for', async () => {
    const query = await system.get('/departments?colour=red', { 'accept-language': 'en' });
    is(query, 422, 'unknown_field');
    assert.equal(query.json.errors[0].field, 'colour');
    assert.match(query.json.message, /^[\x20-\x7e]+$/);
    const body = await system.post('/departments', { parentId: top, name: '多余', colour: 'red' }, { 'accept-language': 'zh-CN' });
    is(body, 422, 'unknown_field');
    assert.equal(body.json.errors[0].field, 'colour');
    assert.match(body.json.message, /[一-鿿]/);
    is(await system.get('/departments/usr_01ARYZ6S41TSV4RRFFQ69G5FAV'), 422, 'wrong_id_type');
    is(await system.get('/nowhere'), 404, 'no_such_operation');
  });

  await t.test('pages give each of 250 departments once, in the order asked for', async () => {
    const parent = is(await system.post('/departments', { parentId: top, name: '多' }), 201).id;
    for (let n = 0; n < 250; n += 10)
      await Promise.all(Array.from({ length: 10 }, async (_, i) => {
        for (let attempt = 0; attempt < 50; ++attempt) {
          const answer = await system.post('/departments', { parentId: parent, name: `部${String(n + i).padStart(3, '0')}` }, { 'idempotency-key': `many-${n + i}` });
          if (answer.status !== 503) return is(answer, 201);
        }
        assert.fail('50 times 503');
      }));
    for (const [sort, turn] of [['path', 1], ['-path', -1]]) {
      const names = [];
      let pages = 0;
      for (let cursor = ''; cursor !== undefined; ++pages) {
        const page = is(await system.get(`/departments?parentId=${parent}&sort=${sort}&pageSize=40${cursor && `&cursor=${encodeURIComponent(cursor)}`}`), 200);
        names.push(...page.items.map((d) => d.name));
        if (!pages) assert.deepEqual([page.total, page.totalExact], [250, true]);
        cursor = page.nextCursor || undefined;
      }
      assert.equal(pages, 7);
      assert.equal(new Set(names).size, 250);
      assert.deepEqual(names, [...names].sort((a, b) => (a < b ? -turn : turn)));
    }
    const third = is(await system.get(`/departments?parentId=${parent}&sort=path&pageSize=40&page=3`), 200);
    assert.equal(third.items[0].name, '部080');
    assert.deepEqual(is(await system.get(`/departments?parentId=${parent}&name=${encodeURIComponent('部123')}`), 200).items.map((d) => d.name), ['部123']);
    is(await system.get('/departments?sort=colour'), 422);
    is(await system.get('/departments?pageSize=201'), 422);
    is(await system.get('/departments?cursor=nonsense'), 422);
    is(await system.del(`/departments/${parent}`), 409, 'still_referenced');
  });

  await t.test('an access key signs calls; what is altered, old or sent again is refused', async () => {
    const key = is(await security.post('/api-clients', { name: 'portal', departmentId: department.id, scopes: ['department.read', 'department.create'] }), 201);
    assert.ok(!(await security.get(`/api-clients/${key.id}`)).raw.includes(key.secret), 'the secret is shown once');
    for (const family of ['QJ1-HMAC-SHA256', 'QJ1-HMAC-SM3']) {
      const client = new Client(platform, key.accessKey, key.secret, family);
      const made = is(await client.call('POST', '/departments', { parentId: department.id, name: `签名${family}` }), 201);
      assert.deepEqual(is(await client.call('GET', `/departments?name=${encodeURIComponent(`签名${family}`)}&parentId=${department.id}`), 200).items.map((d) => d.id), [made.id]);
      const nonce = `once-change-${family}`, read = `once-read-${family}`, body = { parentId: department.id, name: `重放${family}` };
      is(await client.call('POST', '/departments', body, { nonce }), 201);
      is(await client.call('POST', '/departments', { ...body, name: '重放二' }, { nonce }), 401, 'replayed');
      is(await client.call('GET', '/departments', undefined, { nonce: read }), 200);
      is(await client.call('GET', '/departments', undefined, { nonce: read }), 401, 'replayed');
      const now = Math.floor(Date.now() / 1000);
      is(await client.call('GET', '/departments', undefined, { timestamp: now - 301 }), 401, 'bad_signature');
      is(await client.call('GET', '/departments', undefined, { timestamp: now + 310 }), 401, 'bad_signature');
      const signed = client.sign('POST', '/api/v1/departments', JSON.stringify(body));
      is(await platform.request('POST', '/api/v1/departments', { body: { ...body, name: '篡改' }, headers: signed }), 401, 'bad_signature');
      is(await new Client(platform, key.accessKey, `${key.secret.slice(0, -1)}${key.secret.endsWith('A') ? 'B' : 'A'}`).call('GET', '/departments'), 401, 'bad_signature');
      is(await client.call('GET', '/users'), 403, 'not_permitted');
      const token = is(await client.call('POST', '/auth/token', {}), 200);
      is(await platform.request('GET', `/api/v1/departments/${made.id}`, { headers: { authorization: `Bearer ${token.accessToken}` } }), 200);
    }
    const client = new Client(platform, key.accessKey, key.secret);
    const fresh = is(await security.post(`/api-clients/${key.id}/rotate`, { overlapSeconds: 3600 }), 201);
    is(await client.call('GET', '/departments'), 200);
    is(await new Client(platform, fresh.accessKey, fresh.secret).call('GET', '/departments'), 200);
    is(await security.post(`/api-clients/${key.id}/disable`, { reason: '疑似泄露' }), 200);
    is(await client.call('GET', '/departments'), 401);
    is(await security.post(`/api-clients/${key.id}/enable`), 200);
    is(await security.patch(`/api-clients/${key.id}`, { addresses: ['10.8.0.0/16'] }), 200);
    is(await client.call('GET', '/departments'), 403, 'address_not_allowed');
    is(await security.patch(`/api-clients/${key.id}`, { addresses: ['127.0.0.0/8'] }), 200);
    is(await client.call('GET', '/departments'), 200);
  });

  await t.test('a client that acts for a person may what both may, and audit names both', async () => {
    const key = is(await security.post('/api-clients', { name: 'oa', departmentId: top, scopes: ['department.*', 'user.read'], actFor: true }), 201);
    const client = new Client(platform, key.accessKey, key.secret);
    const operator = await person('operator');
    is(await client.call('POST', '/departments', { parentId: top, name: '代办一' }, { onBehalfOf: operator.signedIn.userId }), 403, 'not_permitted');
    const made = is(await client.call('POST', '/departments', { parentId: top, name: '代办二' }, { onBehalfOf: system.signedIn.userId }), 201);
    const [row] = is(await auditor.get(`/audit?target=${made.id}`), 200).items;
    assert.deepEqual([row.actor, row.callerKind, row.onBehalfOf.includes('system') || row.onBehalfOf === system.signedIn.userId], [key.id, 'client', true], JSON.stringify(row));
    const alone = is(await security.post('/api-clients', { name: 'alone', departmentId: top, scopes: ['department.read'] }), 201);
    assert.ok([401, 403].includes((await new Client(platform, alone.accessKey, alone.secret).call('GET', '/departments', undefined, { onBehalfOf: system.signedIn.userId })).status));
  });

  await t.test('a refresh token works once', async () => {
    const self = await person('developer');
    const refresh = () => platform.request('POST', '/api/v1/auth/refresh', { body: { refreshToken: self.signedIn.refreshToken } });
    const next = is(await refresh(), 200);
    is(await platform.request('GET', '/api/v1/auth/me', { headers: { authorization: `Bearer ${next.accessToken}` } }), 200);
    is(await refresh(), 401);
  });

  await t.test('five wrong passwords lock the account here, and only an administrator unlocks it early', async () => {
    const wrong = () => platform.request('POST', '/api/v1/auth/login', { body: { account: 'checker', password: 'Wrong-Password-1' } });
    for (let n = 0; n < 5; ++n) is(await wrong(), 401);
    is(await wrong(), 401, 'locked_out');
    const right = () => platform.request('POST', '/api/v1/auth/login', { body: { account: 'checker', password: platform.accounts.checker } });
    is(await right(), 401, 'locked_out');
    const { items } = is(await system.get('/users?account=checker'), 200);
    is(await system.post(`/users/${items[0].id}/unlock`, { reason: '本人电话确认' }), 200);
    is(await right(), 200);
  });

  await t.test('every answer names its version and its request; what the caller calls it is kept', async () => {
    const answer = await system.get('/auth/me', { 'x-request-id': 'mine-1' });
    assert.equal(answer.headers['x-request-id'], 'mine-1');
    assert.equal(answer.json.requestId, 'mine-1');
    assert.ok(answer.headers['x-api-version']);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  });
}, { test: { timeout: 120_000 } });
