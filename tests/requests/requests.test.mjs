// Tens of thousands of requests nobody should send: the platform answers each with the envelope, in time, and never with a failure of its own.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chance, Client, liftLimits, long, Person, Platform, seed } from '../platform.mjs';
import { misfit, operations } from './contract.mjs';
import { generate, Seen } from './generate.mjs';
import { attack, attacks } from './raw.mjs';

const total = Number(process.env.QUANJI_REQUESTS ?? (long ? 100_000 : 20_000));
const patient = /^(auth_(login|password|totp)|session_unlock|audit_verify)/;
const chinese = /[一-鿿]/;

function wrong(call, answer, took) {
  const { status, json, headers, silence } = answer;
  // Passwords and parts of the log take their time in a sanitised program; a stream is as long as the log and only must not fall silent;
  // all else is at once, also beside them.
  if (call.operation.stream ? silence > 20_000 : took > (patient.test(call.operation.id) ? 20_000 : 5000)) return `took ${took} ms, silent for ${silence} ms`;
  if (status >= 500 && status !== 501 && status !== 503) return 'a failure of its own';
  if (status === 200 && call.operation.stream) return call.operation.stream === '*/*' || headers['content-type'].startsWith(call.operation.stream) ? undefined : `content type ${headers['content-type']}`;
  if (!json || typeof json.code !== 'number' || typeof json.message !== 'string' || typeof json.requestId !== 'string') return 'no envelope';
  if (!headers['x-request-id'] || headers['x-request-id'] !== json.requestId) return `X-Request-Id ${headers['x-request-id']} beside ${json.requestId}`;
  if ((json.code === 0) !== status < 400) return `code ${json.code} beside status ${status}`;
  if (status >= 400) {
    if (json.code < 10000 || json.code > 99999 || !json.reason) return 'no code of the table';
    const english = /^(en|fr, en)/.test(call.headers['accept-language'] ?? '');
    // A head that was refused unread, or a language nobody has: no promise which of the two.
    if (status === 431 || /^(\*|;|x)|nan/.test(call.headers['accept-language'] ?? '')) return undefined;
    if (json.message.trim().length < 4) return 'no sentence';
    // What the caller wrote may be quoted; so only the first word tells.
    if (english ? chinese.test(json.message[0]) : !chinese.test(json.message)) return `not in ${english ? 'English' : 'Chinese'}`;
    if (json.errors?.some((error) => typeof error.field !== 'string' || !error.reason)) return 'errors without field or reason';
    return undefined;
  }
  if (call.n % 4 === 0 || status !== 200) return misfit(call.operation, status, json);
  return undefined;
}

test('generated requests are all answered as the contract says', { timeout: 1_500_000 }, async () => {
  const platform = new Platform();
  const began = Date.now();
  try {
    await platform.start();
    const system = await liftLimits(platform);
    const security = await new Person(platform, 'security', platform.accounts.security).signIn('token');
    // Who keeps the run going: nobody else knows this account.
    const top = 'dep_00000000000000000000000001';
    const keeper = (await system.post('/users', { account: 'keeper', name: 'keeper', departmentId: top })).data;
    const { oneTimeCode } = (await system.post(`/users/${keeper.id}/reset-password`, { reason: 'test' })).data;
    const password = 'Staple-Garden-Window-8';
    await platform.request('POST', '/api/v1/auth/password', { body: { oneTimeCode, newPassword: password } });
    const roles = (await security.get('/roles?pageSize=50')).data.items;
    const kept = (await security.post(`/users/${keeper.id}/grants`, { roleId: roles.find((r) => r.name === 'system_administrator').id, departmentId: top, inherit: true })).data;
    const keeping = await new Person(platform, 'keeper', password).signIn('token');
    const key = (await security.post('/api-clients', { name: 'generated', departmentId: top, scopes: ['department.*', 'user.read', 'robot.read', 'role.read'] })).data;
    const people = { client: new Client(platform, key.accessKey, key.secret) };
    for (const account of Object.keys(platform.accounts)) people[account] = await new Person(platform, account, platform.accounts[account]).signIn('token');

    const users = (await system.get('/users?pageSize=50')).data.items;
    const guarded = [top, keeper.id, kept.id, keeping.signedIn.sessionId, key.id, ...users.map((u) => u.id), ...roles.map((r) => r.id)];
    for (const user of users) guarded.push(...(await security.get(`/users/${user.id}/grants`)).data.items.map((grant) => grant.id));
    const seen = new Seen(guarded);
    for (const one of guarded) seen.learn(one);
    for (let n = 0; n < 30; ++n) {
      seen.learn((await system.post('/departments', { parentId: top, name: `种子${n}` })).data);
      seen.learn((await system.post('/users', { account: `seed${n}`, name: '种子', departmentId: top })).data);
      seen.learn((await security.post('/roles', { name: `seed${n}`, title: '种子', permissions: ['department.read'] })).data);
      if (n < 10) seen.learn((await security.post('/api-clients', { name: `seed${n}`, departmentId: top, scopes: ['user.read'] })).data);
      if (n < 10) {
        const { operator } = people;
        const queue = (await operator.post('/queues', { departmentId: top, name: `seed${n}` })).data;
        for (const answer of [{ data: queue }, await operator.post(`/queues/${queue.id}/items`, { reference: `A-${n}` }), await operator.post('/human-tasks', { departmentId: top, title: `seed${n}`, form: [{ name: 'sure', type: 'bool' }] }),
          await operator.post('/assets', { departmentId: top, name: `seed${n}`, type: 'decimal', value: '1.20' }), await security.post('/credentials', { departmentId: top, name: `seed${n}`, type: 'password', password: 'only-an-example' }),
          await operator.post('/folders', { departmentId: top, name: `seed${n}` }), await operator.call('POST', `/files?departmentId=${top}&name=seed${n}`, Buffer.from('seed'), { 'content-type': 'application/octet-stream' })]) seen.learn(answer.data);
      }
    }

    let signing;
    const signInAgain = (account) => (signing ??= (async () => {
      for (let tries = 0; tries < 3; ++tries) {
        try { await people[account].signIn('token'); return; } catch (error) {
          assert.match(error.message, /locked_out|too_many_calls|store_unavailable/, error.message);
          await keeping.post(`/users/${users.find((u) => u.account === account).id}/unlock`, { reason: 'test' });
          await new Promise((r) => setTimeout(r, 200));
        }
      }
      assert.fail(`${account} cannot sign in any more`);
    })().finally(() => (signing = undefined)));

    const statuses = new Map(), succeeded = new Set(), found = [], signedOut = new Map();
    let next = 0, slowest = 0, attacked = 0;
    const complain = (what) => { if (found.length < 20) found.push(what); };
    const worker = async () => {
      for (let n; (n = next++) < total && found.length < 20; ) {
        if (n % 40 === 39) {
          const random = chance(Math.imul(seed, 40503) + n);
          const trouble = await attack(platform, random, random.pick(attacks));
          if (trouble) complain(`request ${n}: ${trouble}`);
          ++attacked;
          continue;
        }
        const call = generate(seed, n, seen);
        const who = people[call.who];
        const own = call.who === 'nobody' ? {} : call.who === 'client' ? who.sign(call.method, call.path, call.body) : who.headers;
        const start = Date.now();
        let answer;
        try {
          answer = await platform.request(call.method, call.path, { body: call.body, headers: { ...own, ...call.headers } });
        } catch (error) {
          if (platform.child.exitCode !== null || platform.child.signalCode) throw new Error(`the platform ended at request ${n}: ${call.method} ${call.path}\n${platform.log.slice(-8000)}`);
          // A body that is refused while it is still being sent may end in a reset; so may an idle connection the platform closed.
          if (/ECONNRESET|EPIPE|socket hang up/.test(String(error.code) + error.message)) { statuses.set('reset', (statuses.get('reset') ?? 0) + 1); continue; }
          complain(`request ${n}: ${call.method} ${call.path}: ${error.message}`);
          continue;
        }
        const took = Date.now() - start;
        slowest = Math.max(slowest, took);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const what = wrong(call, answer, took);
        if (what) complain(`request ${n} (${call.untidy}) as ${call.who}: ${what}\n  ${call.method} ${call.path.slice(0, 300)} ${JSON.stringify(call.headers).slice(0, 200)}\n  ${String(call.body).slice(0, 300)}\n  → ${answer.status} ${answer.raw.slice(0, 500)}`);
        if (answer.status < 300) {
          succeeded.add(call.operation.id);
          seen.learn(answer.data);
        }
        if (answer.status === 401 && people[call.who]?.signIn && answer.json?.reason === 'not_signed_in' && !call.headers.authorization) {
          signedOut.set(call.who, (signedOut.get(call.who) ?? 0) + 1);
          await signInAgain(call.who);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    assert.deepEqual(found, [], `seed=${seed}\n${found.join('\n')}`);
    const health = await platform.request('GET', '/health');
    assert.equal(health.json.status, 'up', health.raw);
    assert.ok(!/"code":90003|"level":"fatal"/.test(platform.log), platform.log.slice(-3000));
    await platform.stopCleanly();
    // A run whose calls are all refused would prove little.
    const share = succeeded.size / operations.length;
    const never = operations.map((o) => o.id).filter((id) => !succeeded.has(id));
    console.log(`${total} requests in ${((Date.now() - began) / 1000).toFixed(0)} s, seed=${seed}: ${[...statuses].sort((a, b) => b[1] - a[1]).map(([s, n]) => `${s}×${n}`).join(' ')}; ${attacked} raw; slowest ${slowest} ms; ${succeeded.size} of ${operations.length} operations succeeded at least once (never: ${never.join(' ')})`);
    if (total >= 10_000) assert.ok(share > 0.6, `only ${succeeded.size} operations ever succeeded`);
  } finally {
    if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
    platform.remove();
  }
});
