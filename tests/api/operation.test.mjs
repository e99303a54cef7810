// What an operator lives with: set-up, restarts, draining, figures, and an audit log that shows every touch.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { eachDatabase, liftLimits, Person, Platform } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};
const wait = (ms) => new Promise((r) => setTimeout(r, ms));

await eachDatabase(test, 'in operation', async (t, platform, database) => {
  const system = await liftLimits(platform);
  const auditor = await new Person(platform, 'audit', platform.accounts.audit).signIn('token');

  await t.test('health, readiness, versions and error codes are told to everybody', async () => {
    const health = await platform.request('GET', '/health');
    assert.deepEqual([health.status, health.json.status], [200, 'up'], health.raw);
    const ready = await platform.request('GET', '/ready');
    assert.deepEqual([ready.status, ready.json.ready, ready.json.reasons], [200, true, []]);
    const versions = await platform.request('GET', '/api');
    assert.equal(versions.json.versions[0].path, '/api/v1', versions.raw);
    const codes = is(await platform.request('GET', '/api/v1/error-codes'), 200);
    for (const row of codes.items) assert.ok(row.code >= 10001 && row.code <= 99999 && row.zh !== '' && row.en !== '', JSON.stringify(row));
    assert.ok(codes.items.some((row) => row.code === 30005));
  });

  await t.test('promtool accepts the metrics', async () => {
    const metrics = await platform.request('GET', '/metrics');
    assert.equal(metrics.status, 200);
    assert.match(metrics.raw, /^quanji_/m);
    const said = execFileSync('promtool', ['check', 'metrics'], { input: metrics.raw, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    assert.equal(said.trim(), '');
  });

  await t.test('the figures of calls equal what was sent', async () => {
    const self = await new Person(platform, 'operator', platform.accounts.operator).signIn('token');
    const from = new Date(Math.floor(Date.now() / 60_000) * 60_000).toISOString();
    const good = 137, bad = 23;
    await Promise.all(Array.from({ length: good }, () => self.get(`/departments/${top}`)));
    await Promise.all(Array.from({ length: bad }, () => self.get('/departments/dep_01ARYZ6S41TSV4RRFFQ69G5FAV')));
    const to = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 60_000).toISOString();
    let rows, seen;
    for (const began = Date.now(); Date.now() - began < 20_000; await wait(200)) {
      rows = is(await system.get(`/api-calls/stats?from=${from}&to=${to}&client=${self.signedIn.userId}&operation=department.read`), 200);
      seen = rows.count;
      if (seen >= good + bad) break;
    }
    assert.deepEqual([rows.count, rows.errors, rows.items.length], [good + bad, bad, 1], JSON.stringify(rows));
    const [row] = rows.items;
    assert.ok(row.p50Micros > 0 && row.p50Micros <= row.p95Micros && row.p95Micros <= row.p99Micros && row.p99Micros <= row.maxMicros * 1.04, JSON.stringify(row));
    assert.ok(Math.abs(row.errorShare - bad / (good + bad)) < 1e-6, JSON.stringify(row));
    // The calls follow the figures in changes of their own.
    let log;
    for (const began = Date.now(); Date.now() - began < 20_000; await wait(200)) {
      log = [];
      for (let pages = 0, cursor = ''; pages < 10; ++pages) {
        const page = is(await system.get(`/api-calls?actor=${self.signedIn.userId}&pageSize=200${cursor}`), 200);
        log.push(...page.items.filter((call) => call.operation === 'department.read'));
        if (!page.nextCursor) break;
        cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
      }
      if (log.length >= good + bad) break;
    }
    assert.equal(log.length, good + bad);
  });

  await t.test('a restart keeps sessions and what was changed', async () => {
    const made = is(await system.post('/departments', { parentId: top, name: '重启前' }), 201);
    const cookie = await new Person(platform, 'security', platform.accounts.security).signIn('cookie');
    await platform.stopCleanly();
    await platform.start();
    assert.equal(is(await system.get(`/departments/${made.id}`), 200).name, '重启前');
    is(await cookie.get('/auth/me'), 200);
    is(await cookie.post('/permissions/explain', { userId: system.signedIn.userId, permission: 'department.read', departmentId: top }), 200);
  });

  await t.test('SIGTERM lets a request that has begun finish', async () => {
    const body = JSON.stringify({ parentId: top, name: '收尾' });
    const socket = tls.connect({ host: '127.0.0.1', port: platform.ports.https, ca: platform.ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    let heard = '';
    socket.on('data', (d) => (heard += d));
    const closed = once(socket, 'close');
    socket.write(`POST /api/v1/departments HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${system.headers.authorization}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 10)}`);
    await wait(300);
    platform.child.kill('SIGTERM');
    await wait(300);
    assert.equal(platform.child.exitCode, null, 'it waits for the request under way');
    socket.write(Buffer.from(body).subarray(Buffer.byteLength(body.slice(0, 10))));
    await closed;
    assert.match(heard, /^HTTP\/1\.1 201 /);
    const how = await platform.ended;
    platform.agent.destroy();
    assert.deepEqual(how, { code: 0, signal: null }, platform.log.slice(-4000));
    await platform.start();
    assert.equal(is(await system.get(`/departments?name=${encodeURIComponent('收尾')}&parentId=${top}`), 200).items.length, 1);
  });

  await t.test('one byte of one audit row changed behind the platform is found and named', async () => {
    await wait(2200); // the sealer closes what there is into a block
    const range = { fromBlock: 1, toBlock: 500 };
    const clean = is(await auditor.post('/audit/verify', range), 200);
    assert.ok(clean.clean && clean.rows > 0, JSON.stringify(clean));
    const [row] = is(await auditor.get('/audit?audit=setting.changed'), 200).items;
    await platform.stopCleanly();
    const change = `update audit set reason = 'lood' where seq = ${Number(row.seq)}`;
    assert.equal(row.reason, 'load');
    if (database === 'sqlite') execFileSync('/usr/bin/python3', ['-c', 'import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db: db.execute(sys.argv[2])', join(platform.data, 'quanji.db'), change]);
    else execFileSync('psql', [platform.url, '-qc', change]);
    await platform.start();
    const found = is(await auditor.post('/audit/verify', range), 200);
    assert.equal(found.clean, false);
    assert.deepEqual([...new Set(found.faults.map((fault) => `${fault.kind} ${fault.seq}`))].filter((one) => one.startsWith('changed')), [`changed ${row.seq}`], JSON.stringify(found.faults));
  });
}, { test: { timeout: 150_000 } });

test('a standard platform is set up once, by the code of its first start', { timeout: 60_000 }, async () => {
  const platform = new Platform({ profile: 'standard' });
  try {
    await platform.start();
    for (let n = 0; n < 200 && !platform.setUpCode; ++n) await wait(10); // it is written; the pipe may be a moment behind
    const code = platform.setUpCode;
    assert.match(code, /^qjs_[\w-]{43}$/);
    const persons = ['system', 'security', 'audit'].map((role, n) => ({ role, account: role.slice(0, 3), name: role, password: `Staple-Garden-Window-${n}` }));
    const post = (body) => platform.request('POST', '/setup', { body });
    assert.equal((await platform.request('GET', '/setup/state')).data.needed, true);
    is(await post({ code: `qjs_${'A'.repeat(43)}`, persons }), 401, 'wrong_credentials');
    is(await post({ code, persons: persons.slice(0, 2) }), 422);
    is(await post({ code, persons }), 200);
    is(await post({ code, persons }), 409, 'wrong_state');
    assert.equal((await platform.request('GET', '/setup/state')).data.needed, false);
    const system = await new Person(platform, 'sys', 'Staple-Garden-Window-0').signIn('token');
    is(await system.get('/departments'), 200);
    is(await new Person(platform, 'aud', 'Staple-Garden-Window-2').signIn('token').then((auditor) => auditor.get('/departments')), 403);
    is(await system.patch('/settings/limits.person_per_second', { value: 0, reason: '放开' }), 202); // standard: two persons from the first day
    await platform.stopCleanly();
    assert.ok(!platform.log.split('\n').some((line) => line.startsWith('{') && line.includes(code)), 'the code never stands in the log');
    await platform.start();
    await wait(100);
    assert.equal(platform.setUpCode, undefined, 'no code once it is set up');
    await platform.stopCleanly();
  } finally {
    if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
    platform.remove();
  }
});
