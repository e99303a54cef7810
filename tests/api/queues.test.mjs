// Data queues and human tasks from outside: what a program and a person can do, and that payload schemas mean what their standard says.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import { Client, eachDatabase, liftLimits, Person, root } from '../platform.mjs';

const { default: Ajv } = createRequire(join(root, 'console/package.json'))('ajv/dist/2020.js');
const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};

await eachDatabase(test, 'queues and human tasks', async (t, platform) => {
  const system = await liftLimits(platform);
  const person = (account) => new Person(platform, account, platform.accounts[account]).signIn('token');
  const operator = await person('operator'), checker = await person('checker'), security = await person('security');
  const queue = async (more) => is(await operator.post('/queues', { departmentId: top, ...more }), 201);
  const counts = async (id) => Object.fromEntries(is(await operator.get(`/queues/${id}/counts`), 200).items.filter((one) => one.count).map((one) => [one.state, one.count]));

  await t.test('a queue is made, found, changed, paused, drained, resumed and deleted', async () => {
    const one = await queue({ name: 'reconcile', title: '待对账', description: '账户对账', retries: 2 });
    assert.deepEqual([one.state, one.order, one.leaseSeconds, one.referencesUnique, one.payloadSchema], ['active', 'priority_then_age', 600, 'never', null]);
    is(await operator.post('/queues', { departmentId: top, name: 'reconcile' }), 409, 'name_taken');
    is(await operator.post('/queues', { departmentId: top, name: 'Bad Name' }), 422, 'invalid_field');
    assert.deepEqual(is(await operator.get('/queues?name=reconcile'), 200).items.map((q) => q.id), [one.id]);
    const changed = await operator.patch(`/queues/${one.id}`, { leaseSeconds: 1800 });
    assert.equal(is(changed, 200).leaseSeconds, 1800);
    is(await operator.patch(`/queues/${one.id}`, { leaseSeconds: 59 }), 422, 'invalid_field');
    is(await operator.patch(`/queues/${one.id}`, { order: 'fifo' }), 422, 'unknown_field');
    assert.equal(is(await operator.post(`/queues/${one.id}/pause`, { reason: '维护' }), 200).state, 'paused');
    assert.equal(is(await operator.post(`/queues/${one.id}/take`, {}), 200).queueState, 'paused');
    assert.equal(is(await operator.post(`/queues/${one.id}/drain`, { reason: '下线' }), 200).state, 'draining');
    is(await operator.post(`/queues/${one.id}/items`, { payload: {} }), 409, 'wrong_state');
    assert.equal(is(await operator.post(`/queues/${one.id}/resume`), 200).state, 'active');
    is(await operator.del(`/queues/${one.id}?reason=x`), 200);
    is(await operator.get(`/queues/${one.id}`), 404, 'not_found');
  });

  await t.test('an item goes from new to its end, and what happened to it can be read', async () => {
    const one = await queue({ name: 'way', retries: 1, backOffSeconds: 0 });
    const items = `/queues/${one.id}/items`;
    const added = is(await operator.post(items, { reference: 'A-1', payload: { account: '600000' }, priority: 5, businessDate: '2026-11-20' }), 201);
    is(await operator.post(items, { reference: 'A-2', payload: [] }), 422, 'invalid_field');
    const many = is(await operator.post(`${items}/batch-add`, { items: [{ reference: 'A-2' }, { reference: 'A-3', deadline: '2020-01-01T00:00:00Z' }, { reference: 'A-4' }] }), 201);
    assert.deepEqual([many.total, many.succeeded, many.failed], [3, 2, 1]);
    assert.equal(many.items[1].code, 20001);
    const { items: held } = is(await operator.post(`/queues/${one.id}/take`, { max: 2 }), 200);
    assert.deepEqual(held.map((h) => [h.reference, h.payload, h.attempt]), [['A-1', { account: '600000' }, 1], ['A-2', {}, 1]]);
    assert.ok(Date.parse(held[0].leaseUntil) > Date.now() + 500_000);
    const at = (h, verb, body) => operator.post(`${items}/${h.id}/${verb}`, { leaseToken: h.leaseToken, ...body });
    assert.equal(is(await at(held[0], 'renew', { leaseSeconds: 3600 }), 200).state, 'in_progress');
    is(await at({ ...held[0], leaseToken: held[0].leaseToken + 1 }, 'complete'), 409, 'stale_token');
    assert.equal(is(await at(held[0], 'complete', { output: { matched: 12 } }), 200).state, 'succeeded');
    assert.equal(is(await at(held[0], 'complete', { output: { matched: 12 } }), 200).state, 'succeeded');
    const again = is(await at(held[1], 'fail', { kind: 'application', code: 'timeout', message: '无响应' }), 200);
    assert.equal(again.state, 'retried');
    const [retry] = is(await operator.post(`/queues/${one.id}/take`, {}), 200).items;
    assert.deepEqual([retry.id, retry.attempt], [again.next, 2]);
    assert.equal(is(await at(retry, 'postpone', { until: '2099-01-01T00:00:00+08:00', reason: '文件未到' }), 200).state, 'new');
    const [last] = is(await operator.post(`/queues/${one.id}/take`, { max: 100 }), 200).items;
    assert.equal(is(await at(last, 'fail', { code: 'no_account' }), 200).state, 'failed');
    assert.deepEqual(await counts(one.id), { new: 1, succeeded: 1, failed: 1, retried: 1 });
    const read = is(await operator.get(`${items}/${added.id}`), 200);
    assert.deepEqual([read.state, read.output, read.payload, read.businessDate], ['succeeded', { matched: 12 }, { account: '600000' }, '2026-11-20']);
    const history = is(await operator.get(`${items}/${added.id}/history`), 200);
    assert.deepEqual(history.steps.map((step) => step.act), ['add', 'take', 'late', 'complete']);
    const listed = is(await operator.get(`${items}?state=failed&sort=-createdAt`), 200).items;
    assert.deepEqual([listed.length, listed[0].reference, listed[0].errorCode, 'payload' in listed[0]], [1, 'A-4', 'no_account', false]);
    is(await operator.get(`${items}?payload=x`), 422, 'unknown_field');
  });

  await t.test('a person holds, releases, tries again and deletes', async () => {
    const one = await queue({ name: 'hands', referencesUnique: 'ever' });
    const items = `/queues/${one.id}/items`;
    const item = is(await operator.post(items, { reference: 'B-1' }), 201);
    is(await operator.post(items, { reference: 'B-1' }), 409, 'name_taken');
    assert.equal(is(await operator.post(`${items}/${item.id}/hold`, { reason: '待核' }), 200).state, 'on_hold');
    assert.deepEqual(is(await operator.post(`/queues/${one.id}/take`, {}), 200).items, []);
    assert.equal(is(await operator.post(`${items}/${item.id}/release`), 200).state, 'new');
    const [held] = is(await operator.post(`/queues/${one.id}/take`, {}), 200).items;
    is(await operator.del(`/queues/${one.id}?reason=x`), 409, 'still_referenced');
    is(await operator.post(`${items}/${held.id}/fail`, { leaseToken: held.leaseToken, code: 'x' }), 200);
    const next = is(await operator.post(`${items}/${held.id}/retry`, { reason: '已恢复' }), 201);
    assert.deepEqual([next.attempt, next.rootId, next.state], [2, item.id, 'new']);
    is(await operator.post(`${items}/${held.id}/retry`, { reason: 'x' }), 409, 'wrong_state');
    is(await operator.del(`${items}/${next.id}?reason=dup`), 200);
    assert.equal(is(await operator.get(`${items}/${next.id}`), 200).state, 'deleted');
    is(await checker.post(`/queues/${one.id}/take`, {}), 403, 'not_permitted');
    assert.equal(is(await operator.get(`/queues/${one.id}`), 200).id, one.id);
  });

  await t.test('twenty calls at once with one key add one item, another body is a conflict', async () => {
    const one = await queue({ name: 'once' });
    const add = (body) => operator.post(`/queues/${one.id}/items`, body, { 'idempotency-key': 'queue-20' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => add({ reference: 'C-1' })));
    assert.equal(new Set(answers.map((answer) => is(answer, 201).id)).size, 1);
    is(await add({ reference: 'C-2' }), 409, 'idempotency_conflict');
    assert.deepEqual(await counts(one.id), { new: 1 });
  });

  await t.test('an item goes to one client only, however many take', async () => {
    const one = await queue({ name: 'race' });
    const total = 300;
    is(await operator.post(`/queues/${one.id}/items/batch-add`, { items: Array.from({ length: total }, (_, i) => ({ reference: `R-${i}` })) }), 201);
    const key = is(await security.post('/api-clients', { name: 'robots', departmentId: top, scopes: ['queue.take', 'queue.read'] }), 201);
    const client = new Client(platform, key.accessKey, key.secret);
    const seen = [];
    const taker = async () => {
      for (;;) {
        const { items } = is(await client.call('POST', `/queues/${one.id}/take`, { max: 7 }), 200);
        if (!items.length) return;
        for (const held of items) {
          seen.push(held.reference);
          is(await client.call('POST', `/queues/${one.id}/items/${held.id}/complete`, { leaseToken: held.leaseToken }), 200);
        }
      }
    };
    await Promise.all(Array.from({ length: 10 }, taker));
    assert.equal(seen.length, total);
    assert.equal(new Set(seen).size, total);
    assert.deepEqual(await counts(one.id), { succeeded: total });
  });

  // The same schemas and payloads, judged by us and by ajv.
  await t.test('a payload is taken exactly when ajv takes it', async () => {
    const cases = [
      [{ type: 'object', required: ['a'], properties: { a: { type: 'integer', minimum: 1, exclusiveMaximum: 5 } }, additionalProperties: false }, [{ a: 1 }, { a: 5 }, { a: 4.0 }, { a: 1.5 }, {}, { a: 1, b: 2 }, { a: '1' }]],
      [{ properties: { s: { type: 'string', minLength: 2, maxLength: 3, pattern: '^[a-z资管线]+$' } } }, [{ s: '资管' }, { s: '资' }, { s: '资管线x' }, { s: 'a1' }, { s: 5 }, { t: 1 }]],
      [{ properties: { l: { type: 'array', minItems: 1, maxItems: 3, uniqueItems: true, prefixItems: [{ type: 'string' }], items: { type: 'number' }, contains: { const: 2 } } } }, [{ l: ['a', 2] }, { l: ['a', 1] }, { l: ['a', 2, 2.0] }, { l: [] }, { l: [2] }, { l: ['a', 2, 'b'] }]],
      [{ properties: { e: { enum: ['买入', '卖出', null, 1, { x: [1] }] } } }, [{ e: '买入' }, { e: null }, { e: 1.0 }, { e: { x: [1] } }, { e: { x: [2] } }, { e: '买' }]],
      [{ anyOf: [{ required: ['a'] }, { required: ['b'] }], not: { required: ['c'] }, oneOf: [{ minProperties: 2 }, { maxProperties: 1 }] }, [{ a: 1 }, { b: 1, a: 1 }, { c: 1, a: 1 }, {}]],
      [{ if: { properties: { k: { const: 1 } }, required: ['k'] }, then: { required: ['x'] }, else: { required: ['y'] }, dependentRequired: { x: ['z'] } }, [{ k: 1, x: 1, z: 1 }, { k: 1, x: 1 }, { k: 2, y: 1 }, { k: 2 }, {}]],
      [{ patternProperties: { '^n_': { type: 'number' } }, propertyNames: { maxLength: 4 }, additionalProperties: { type: 'string' } }, [{ n_a: 1 }, { n_a: 'x' }, { b: 'x' }, { b: 1 }, { toolong: 'x' }]],
      [{ allOf: [{ properties: { a: true } }, { properties: { b: false } }] }, [{ a: 1 }, { b: 1 }]],
      [{ type: ['object', 'null'], properties: { d: { type: ['integer', 'null'], maximum: 9 } } }, [{ d: null }, { d: 10 }, { d: 9 }, { d: false }]],
    ];
    const ajv = new Ajv({ strict: false });
    let n = 0;
    for (const [schema, payloads] of cases) {
      const one = await queue({ name: `schema-${n++}`, payloadSchema: schema });
      const check = ajv.compile(schema);
      for (const payload of payloads) {
        const answer = await operator.post(`/queues/${one.id}/items`, { payload });
        assert.equal(answer.status === 201, check(payload), `${JSON.stringify(schema)} ${JSON.stringify(payload)}: ${answer.raw}`);
      }
    }
    is(await operator.post('/queues', { name: 'ref', payloadSchema: { $ref: '#/x' } }), 422, 'invalid_field');
  });

  await t.test('a human task is claimed, answered with checked answers, given to others and withdrawn', async () => {
    const form = [{ name: 'day', title: '交收日', type: 'date' }, { name: 'amount', type: 'decimal' }, { name: 'side', choices: ['买入', '卖出'], required: false }];
    const ask = async (more = {}) => is(await operator.post('/human-tasks', { title: '补录交收', form, ...more }), 201);
    const one = await ask();
    assert.deepEqual([one.state, one.kind, one.form[0].type], ['open', 'form', 'date']);
    assert.ok(is(await checker.get('/human-tasks/mine'), 200).items.some((task) => task.id === one.id));
    assert.deepEqual(is(await operator.get('/human-tasks?state=open'), 200).items.map((task) => task.id), [one.id]);
    assert.equal(is(await checker.post(`/human-tasks/${one.id}/claim`), 200).claimedBy, 'checker');
    is(await operator.post(`/human-tasks/${one.id}/claim`), 409, 'wrong_state');
    assert.equal(is(await checker.post(`/human-tasks/${one.id}/give-back`), 200).state, 'open');
    const bad = await checker.post(`/human-tasks/${one.id}/complete`, { answers: { day: '2026-02-30', amount: 12.3, side: '买', other: 1 } });
    is(bad, 422, 'invalid_field');
    assert.deepEqual(bad.json.errors.map((e) => e.field), ['answers/day', 'answers/amount', 'answers/side', 'answers/other']);
    const done = is(await checker.post(`/human-tasks/${one.id}/complete`, { answers: { amount: '12.30', day: '2026-11-20' } }), 200);
    assert.deepEqual([done.state, done.answers, done.endedBy], ['done', { day: '2026-11-20', amount: '12.30' }, 'checker']);
    assert.equal(is(await operator.get(`/human-tasks/${one.id}`), 200).state, 'done');
    is(await checker.post(`/human-tasks/${one.id}/complete`, { answers: {} }), 409, 'wrong_state');

    const two = await ask({ kind: 'confirm', form: undefined });
    assert.equal(is(await operator.post(`/human-tasks/${two.id}/reassign`, { userId: checker.signedIn.userId, reason: '转交' }), 200).userId, checker.signedIn.userId);
    is(await operator.post(`/human-tasks/${two.id}/complete`, { answers: { confirmed: true } }), 403, 'not_permitted');
    const key = is(await security.post('/api-clients', { name: 'decider', departmentId: top, scopes: ['human_task.*'] }), 201);
    const client = new Client(platform, key.accessKey, key.secret);
    is(await client.call('POST', `/human-tasks/${two.id}/complete`, { answers: { confirmed: true } }), 403, 'not_permitted');
    assert.equal(is(await operator.post(`/human-tasks/${two.id}/withdraw`, { reason: '不需要了' }), 200).state, 'withdrawn');
  });
}, { test: { timeout: 120_000 } });
