// Each kind of operation from the wire to the database and back, on both databases: read, change, batch, memory, stream.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { eachDatabase, liftLimits, Person, programs } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};
const patience = async (what, wait = 20_000) => {
  for (const began = Date.now(); ; await new Promise((r) => setTimeout(r, 50))) {
    const got = await what();
    if (got) return got;
    assert.ok(Date.now() - began < wait, 'it never came');
  }
};
const memoryOf = (platform) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${platform.child.pid}/status`, 'utf8'))[1]) / 1024;

await eachDatabase(test, 'a read, change, batch, memory and stream operation', async (t, platform, database) => {
  const system = await liftLimits(platform);
  const auditor = await new Person(platform, 'audit', platform.accounts.audit).signIn('token');

  await t.test('a change is durable when it is answered, and a read sees it', async () => {
    const made = is(await system.post('/departments', { parentId: top, name: '清算部' }), 201);
    assert.equal(is(await system.get(`/departments/${made.id}`), 200).name, '清算部');
    is(await system.post('/departments', { parentId: top, name: '清算部' }), 409, 'name_taken');
  });

  await t.test('changes that all meet in one place are all served', async () => {
    const parent = is(await system.post('/departments', { parentId: top, name: '营业部' }), 201).id;
    const statuses = {};
    let n = 0;
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (let name; (name = n++) < 160; ) {
        const { status } = await system.post('/departments', { parentId: parent, name: `营业部${name}` });
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }));
    assert.deepEqual(statuses, { 201: 160 });
  });

  await t.test('a robot: a beat from memory, reports in batches, each once', async () => {
    const { code } = is(await system.post('/robots/enrolment-codes', { name: 'robot-kinds' }), 201);
    const key = platform.file('robot.key');
    const request = execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-subj', '/CN=robot-kinds'], { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
    const joined = is(await platform.request('POST', '/robot-gateway/v1/enrol', { port: platform.ports.robots, body: { code: code.split('.')[0], name: 'robot-kinds', request, version: '0.1.0', os: 'test', arch: 'test', slots: 1 } }), 200);
    const agent = new https.Agent({ ca: platform.ca, cert: joined.certificate, key: readFileSync(key), keepAlive: true, maxSockets: 32 });
    const post = (path, body) => platform.request('POST', `/robot-gateway/v1${path}`, { port: platform.ports.robots, agent, body });
    try {
      const at = new Date().toISOString();
      is(await post('/beat', { number: 1, state: 'idle', slots: 1, freeSlots: 1, held: [], waitingReports: 0, at }), 200);
      assert.ok(is(await system.get(`/robots/${joined.robot}`), 200).lastBeatAt, 'the beat is seen');
      const trial = is(await system.post(`/robots/${joined.robot}/trial-runs`, { expression: '6 * 7' }), 201);
      const report = (seq, kind) => post('/report', { task: trial.task, attempt: trial.attempt, token: 1, seq, kind, at, outputs: null, unsettled: [] });
      const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => report((i % 30) + 1, 'started')));
      assert.equal(answers.filter((answer) => is(answer, 200).repeated).length, 30);
      is(await report(31, 'finished'), 200);
      const read = is(await system.get(`/robots/${joined.robot}/trial-runs/${trial.task}`), 200);
      assert.deepEqual(read.reports.map((r) => r.seq), Array.from({ length: 31 }, (_, i) => i + 1));
    } finally {
      agent.destroy();
    }
  });

  await t.test('a memory operation', async () => {
    assert.ok(is(await platform.request('GET', '/api/v1/error-codes', { headers: system.headers }), 200).items.length > 20);
  });

  await t.test('a stream: the whole sealed log, which quanji audit verify finds clean', async () => {
    const last = is(await auditor.get('/audit?pageSize=1'), 200).items[0];
    const answer = await patience(async () => {
      const got = await auditor.get('/audit/export');
      assert.equal(got.status, 200, got.raw);
      return got.raw.includes(last.id) && got;
    });
    assert.match(answer.headers['content-type'], /^application\/x-ndjson/);
    assert.equal(answer.headers['transfer-encoding'], 'chunked');
    const lines = answer.raw.split('\n');
    assert.equal(lines.pop(), '', 'the last line ends too');
    const kinds = lines.map((line) => JSON.parse(line).kind);
    assert.equal(kinds[0], 'block');
    assert.ok(kinds.filter((kind) => kind === 'row').length > 160);
    const file = platform.file('audit.ndjson');
    writeFileSync(file, answer.raw);
    const verify = (args) => execFileSync(join(programs, 'quanji'), ['audit', 'verify', '--export', file, '--keys', join(platform.data, 'keys'), '--json', ...args], { encoding: 'utf8' });
    const report = JSON.parse(verify(['--database', database === 'sqlite' ? `sqlite:${join(platform.data, 'quanji.db')}` : platform.url]));
    assert.equal(report.clean, true, JSON.stringify(report));
    assert.ok(report.rows > 160 && statSync(file).size === Buffer.byteLength(answer.raw));
    // The command line passes the same lines on as they come.
    const quanji = (args, input = '') => execFileSync(join(programs, 'quanji'), args, { env: { ...process.env, XDG_CONFIG_HOME: platform.file('config') }, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    quanji(['login', '--url', `https://localhost:${platform.ports.https}`, '--trust', platform.file('trust.pem'), '--account', 'audit', '--password-stdin'], `${platform.accounts.audit}\n`);
    assert.ok(quanji(['audit', 'export']).startsWith(lines.slice(0, kinds.lastIndexOf('row')).join('\n')));
    // Refusals are answers like any other's.
    is(await system.get('/audit/export'), 403, 'not_permitted');
    is(await auditor.get('/audit/export?afterBlock=-1'), 422);
    // Whoever goes on from a block gets what came after it.
    const blocks = kinds.filter((kind) => kind === 'block').length;
    const rest = await auditor.get(`/audit/export?afterBlock=${blocks - 1}`);
    assert.equal(rest.status, 200);
    assert.ok(rest.raw.startsWith(lines[kinds.lastIndexOf('block')]), 'it goes on with the next block');
  });

  await t.test('a stream: clients that do not read or go away keep nobody waiting', async () => {
    const before = memoryOf(platform);
    const open = () => new Promise((resolve, reject) => {
      const sent = https.request({ host: '127.0.0.1', port: platform.ports.https, path: '/api/v1/audit/export', ca: platform.ca, servername: 'localhost', headers: auditor.headers, agent: false }, resolve);
      sent.on('error', reject);
      sent.end();
    });
    const slow = await Promise.all(Array.from({ length: 12 }, open)); // paused until somebody listens
    for (const answer of slow) assert.equal(answer.statusCode, 200);
    const began = Date.now();
    for (let i = 0; i < 20; ++i) is(await system.get('/departments'), 200);
    assert.ok(Date.now() - began < 20_000, `reads beside streams took ${Date.now() - began} ms`);
    assert.ok(memoryOf(platform) - before < 128, `${before} MB became ${memoryOf(platform)} MB`);
    const lengths = await Promise.all(slow.slice(0, 6).map((answer) => new Promise((resolve, reject) => {
      let length = 0;
      answer.on('data', (d) => (length += d.length));
      answer.on('error', reject);
      answer.on('end', () => resolve(length));
    })));
    assert.ok(Math.min(...lengths) > 10_000);
    for (const answer of slow.slice(6)) answer.destroy();
    is(await system.get('/departments'), 200);
  });

  await t.test('reads are served while reports are asked for by many', async () => {
    let over = false, slowest = 0, exports = 0;
    const reporting = Array.from({ length: 4 }, async () => {
      while (!over) {
        const answer = await auditor.get('/audit/export');
        assert.ok([200, 429, 503].includes(answer.status), answer.raw.slice(0, 300));
        ++exports;
      }
    });
    const until = Date.now() + 4000;
    let reads = 0;
    while (Date.now() < until) {
      const began = Date.now();
      is(await system.get('/departments'), 200);
      slowest = Math.max(slowest, Date.now() - began);
      ++reads;
    }
    over = true;
    await Promise.all(reporting);
    console.log(`${database}: ${reads} lists beside ${exports} exports, slowest ${slowest} ms`);
    assert.ok(slowest < 2000, `a list took ${slowest} ms beside four exports`);
  });
}, { test: { timeout: 240_000 } });
