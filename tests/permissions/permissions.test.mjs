// Every operation × role × way of calling, and every operation × grant × department, against what was written from the pages alone.
// A cell is judged by the answer: refused is 10006, or 40001 for what may not be seen (10001 for who has not signed in); anything
// else that is no 5xx went past the rights.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chance, eachDatabase, long, seed } from '../platform.mjs';
import { asPerson, calls, stale } from './calls.mjs';
import { expected, operations, published, relations, roles, settled, settledFor, wanted, wrongTables } from './tables.mjs';
import { granted, targets, World } from './world.mjs';

const yes = (truth) => (truth ? 'yes' : 'no');
const expectNone = (differences) => assert.equal(differences.length, 0, `${differences.length} differences:\n${differences.join('\n')}`);
console.log(`seed=${seed}`);

test('the tables are whole and name the operations there are', () => {
  const wrong = wrongTables();
  const named = new Set(expected.map((row) => row.call));
  for (const call of operations.keys()) if (!named.has(call)) wrong.push(`expected.tsv does not name ${call}`);
  for (const call of named) {
    if (!operations.has(call)) wrong.push(`expected.tsv names ${call}, which is no operation`);
    if (!calls[call]) wrong.push(`calls.mjs does not say how ${call} is called`);
  }
  expectNone(wrong);
});

// Runs `ask` over `list`, some at once.
async function each(list, ask) {
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < list.length) await ask(list[next++]);
  }));
}

// A cell's call in somebody's name: { method, path } of the operation, by session, token or signature.
async function send(who, call, { path, body, headers }) {
  const [method] = call.split(' ');
  const answer = await who(method, path, body ?? (method === 'POST' || method === 'PATCH' ? {} : undefined), headers);
  assert.ok(answer.status < 500, `${call}: ${answer.status} ${answer.raw}`);
  return answer;
}
function refused(answer, how) {
  if (how.refusedToo?.(answer)) return true;
  const code = answer.json?.code ?? 0; // an export is no envelope
  assert.ok(code < 10000 || code >= 20000 || code === 10006, `the caller is not known as he should be: ${answer.raw}`);
  return code === 10006 || code === 40001;
}
const byPerson = (person) => (method, path, body, headers) => person.call(method, path, body, headers);
// From several addresses: strangers of one address are soon told to wait.
let strangers = 0;
const byNobody = (platform) => (method, path, body, headers) => platform.request(method, `/api/v1${path}`, { body, headers, from: `127.0.1.${1 + (strangers++ % 8)}` });
const bySignature = (client) => (method, path, body, headers) => client.call(method, path, body, { headers });
const byClientToken = (client) => (method, path, body, headers) => client.platform.request(method, `/api/v1${path}`, { body, headers: { ...headers, authorization: `Bearer ${client.token}` } });

await eachDatabase(test, 'the permission matrix', async (t, platform, database) => {
  const world = await new World(platform).make();
  const random = chance(seed);
  // PostgreSQL answers the same questions by the same code: a sample of them.
  const whole = long || database === 'sqlite';
  const taken = () => whole || random.below(6) === 0;
  let cells = 0;
  const said = (row, column, value) => (settledFor(row.call, column) ? `${row.call} ${column}: ${value}; settled.tsv says ${wanted(row, column)}, the pages ${row[column]}` : `${row.call} ${column}: ${value}, the pages say ${row[column]}`);

  await t.test('permissions and preset roles as published are those of the pages', async () => {
    const differences = [];
    const permissionOf = new Map((await world.security.get('/permissions')).data.items.flatMap((one) => one.operations.map((id) => [id.replace('.', '_'), one.name])));
    for (const row of expected) {
      let permission = permissionOf.get(operations.get(row.call));
      const contract = published.get(row.call);
      if ((permission ?? contract) !== contract || (!permission && !['(open)', '(signed in)'].includes(contract))) differences.push(`${row.call}: contracts/permissions.md says ${contract}, the platform ${permission}`);
      permission ??= contract === '(open)' ? 'open' : 'signed_in';
      ++cells;
      if (permission !== wanted(row, 'permission')) differences.push(said(row, 'permission', permission));
      if (!permissionOf.has(operations.get(row.call))) continue;
      for (const role of roles) {
        ++cells;
        const holds = yes(world.roles.get(role).permissions.includes(permission));
        if (holds !== wanted(row, role)) differences.push(said(row, role, holds));
      }
    }
    expectNone(differences);
  });

  await t.test('who has not signed in comes in by the open operations only', async () => {
    const differences = [];
    await each(expected, async (row) => {
      const answer = await send(byNobody(platform), row.call, calls[row.call](world, world.things.same));
      ++cells;
      const open = yes(answer.json?.code !== 10001);
      if (open !== yes(wanted(row, 'permission') === 'open')) differences.push(`${row.call}, not signed in: ${answer.raw}`);
    });
    expectNone(differences);
  });

  await t.test('each role may do what the pages give it, by session and by token', async () => {
    const differences = [];
    const list = expected.flatMap((row) => roles.flatMap((role) => ['cookie', 'token'].map((way) => ({ row, role, way })))).filter(taken);
    await each(list, async ({ row, role, way }) => {
      const how = calls[row.call](world, world.things.same);
      const answer = await send(byPerson(world.people[role][way]), row.call, how);
      ++cells;
      const may = yes(!refused(answer, how));
      if (may !== wanted(row, role)) differences.push(`${said(row, role, may)} (${way}: ${answer.raw.slice(0, 200)})`);
    });
    expectNone(differences);
  });

  await t.test('a client may do what its scopes give it, by signature and by token, and never what is a person\'s own', async () => {
    const differences = [];
    const list = expected.flatMap((row) => granted.flatMap((role) => ['signature', 'token'].map((way) => ({ row, role, way })))).filter(taken);
    await each(list, async ({ row, role, way }) => {
      if (row.call === 'POST /api/v1/auth/token' && way === 'token') return; // its proof is the signature
      const open = ['open', 'signed_in'].includes(wanted(row, 'permission'));
      const how = (asPerson[row.call] ?? calls[row.call])(world, world.things.same);
      const client = world.clients[role];
      const answer = await send(way === 'token' ? byClientToken(client) : bySignature(client), row.call, how);
      ++cells;
      const may = yes(!refused(answer, how));
      const due = yes(wanted(row, 'client') === 'yes' && (open || wanted(row, role) === 'yes'));
      const explaining = row.call.endsWith('/explain') || row.call === 'GET /api/v1/approvals/{id}'; // signed in, and then judged by what is asked about
      if (may !== (explaining ? yes(wanted(row, role) === 'yes') : due)) differences.push(`${said(row, 'client', may)} (scopes of ${role}, ${way}: ${answer.raw.slice(0, 200)})`);
    });
    expectNone(differences);
  });

  await t.test('a grant reaches as far as the pages say: below with inheritance, never above or beside', async () => {
    const differences = [], unlike = new Set();
    const list = [];
    for (const row of expected) {
      const scope = wanted(row, 'scope');
      if (scope === 'self') continue;
      const role = granted.find((one) => wanted(row, one) === 'yes');
      assert.ok(role, `no role can try ${row.call}`);
      // What belongs to no department has no other target.
      const alone = scope === 'platform' || calls[row.call](world, world.things.same).anywhere;
      for (const { grant, target, may } of relations.filter((one) => !alone || one.target === 'same'))
        for (const name of grant === 'in_own_inherit' && row.client === 'yes' ? [role, `client ${role}`] : [role]) list.push({ row, scope, role: name, grant, target, may });
    }
    await each(list.filter(taken), async ({ row, scope, role, grant, target, may }) => {
      const how = calls[row.call](world, world.things[target]);
      if (how.gateOnly) return;
      const who = world.locals[grant][role];
      const answer = await send(role.startsWith('client ') ? bySignature(who) : byPerson(who), row.call, how);
      ++cells;
      const reached = yes(how.shows ? how.shows(answer) : !refused(answer, how));
      const due = (by) => (by === 'platform' ? yes(grant === 'in_root_inherit') : how.anywhere || (by === 'list' && !how.shows) ? 'yes' : may);
      if (reached !== due(row.scope)) unlike.add(row.call);
      if (reached !== due(scope)) differences.push(`${row.call} with a grant ${grant} as ${role}, target ${target}: ${reached}, scope ${scope} says ${due(scope)} (${answer.raw.slice(0, 300)})`);
    });
    for (const row of whole ? settled : []) if (row.column === 'scope' && !unlike.has(row.call)) differences.push(`settled.tsv: the scope of ${row.call} is as the pages say`);
    expectNone(differences);
  });

  await t.test('what is moved must be reached at both ends', async () => {
    const differences = [];
    for (const { grant, target, may } of relations) {
      const who = world.locals[grant].system_administrator, there = world.departments[target];
      for (const [path, body, headers] of [[`/departments/${world.departments.same}/move`, { parentId: there, reason: 'x' }, stale]]) {
        const answer = await send(byPerson(who), 'POST ', { path, body, headers });
        ++cells;
        if (yes(!refused(answer, {})) !== may) differences.push(`${path} to ${target} with a grant ${grant}: ${answer.raw}`);
      }
      const mover = await world.makeUser(`mover.${grant.replaceAll('_', '.')}.${target}`, world.departments.same);
      const answer = await send(byPerson(who), 'POST ', { path: `/users/${mover}/move`, body: { departmentId: there } });
      ++cells;
      if (yes(!refused(answer, {})) !== may) differences.push(`a user moved to ${target} with a grant ${grant}: ${answer.raw}`);
    }
    expectNone(differences);
  });

  await t.test('what is not one\'s own is not there', async () => {
    const differences = [];
    const strange = world.people.flow_developer.token.signedIn.sessionId;
    for (const role of roles.filter((one) => !['system_administrator', 'flow_developer'].includes(one))) {
      const who = world.people[role].token;
      for (const [method, path, body] of [['DELETE', `/sessions/${strange}`], ['POST', `/sessions/${strange}/unlock`, { password: 'x' }], ['POST', `/approvals/${world.things.same.approval}/withdraw`, { reason: 'x' }], ['PATCH', `/approvals/${world.things.same.approval}`, { requestReason: 'x' }]]) {
        if (path.endsWith('/unlock') && role !== 'auditor') continue; // a wrong proof counts against the account: once is enough
        const answer = await who.call(method, path, body);
        ++cells;
        if (![10006, 40001, 10002].includes(answer.json.code)) differences.push(`${role} ${method} ${path}: ${answer.raw}`);
      }
    }
    assert.equal((await world.people.flow_developer.token.get('/auth/me')).status, 200, 'his session goes on');
    assert.equal((await world.system.get(`/approvals/${world.things.same.approval}`)).data.state, 'pending');
    expectNone(differences);
  });
  for (const target of targets) {
    const t = world.things[target];
    const state = async (who, path, field = 'state') => (await who.get(path)).data[field];
    assert.deepEqual([await state(world.system, `/users/${t.user}`), await state(world.operator, `/queues/${t.queue}`), await state(world.operator, `/queues/${t.queue}/items/${t.item}`), await state(world.operator, `/assets/${t.asset}`, 'latestVersion'), await state(world.security, `/credentials/${t.credential}`), await state(world.security, `/credentials/${t.credential}`, 'latestVersion'), await state(world.operator, `/human-tasks/${t.question}`)],
      ['enabled', 'active', 'new', 0, 'enabled', 1, 'open'], 'the matrix changed nothing');
  }
  console.log(`permission matrix (${database}): ${cells} cells compared over ${expected.length} operations, ${settled.length} settled`);
}, { test: { timeout: 280_000 } });
