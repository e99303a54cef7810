// `quanji flow debug` driven by @vscode/debugadapter-testsupport.
const assert = require('node:assert/strict');
const { mkdtempSync, mkdirSync, rmSync, writeFileSync, chmodSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after, afterEach, beforeEach, test } = require('node:test');
const { DebugClient } = require('@vscode/debugadapter-testsupport');

const folder = mkdtempSync(join(tmpdir(), 'quanji-debug-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
// The client starts one program with one word.
const adapter = join(folder, 'adapter.sh');
writeFileSync(adapter, `exec "${join(process.env.QUANJI_PROGRAMS, 'quanji')}" flow debug 2>/dev/null\n`);
chmodSync(adapter, 0o755);

function file(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const counting = file('counting.yaml', `quanji: 1
flow: counting
inputs: {start: {type: integer, default: 1}}
outputs: {total: {type: integer}}
steps:
  - set: {total: =start, rows: '=[{"code": "600000", "amount": Decimal("12.30")}]'}
  - for: i
    in: =range(5)
    steps:
      - set: {total: =total + i}
  - return: {total: =total}
`);
mkdirSync(join(folder, 'package/flows'), { recursive: true });
file('package/package.yaml', 'quanji: 1\nname: two\nversion: 1.0.0\ntitle: 两个\nentry: [outer]\n');
const outer = file('package/flows/outer.yaml', `quanji: 1
flow: outer
outputs: {answer: {type: any}}
steps:
  - set: {a: 1}
  - call: inner
    with: {n: =a + 1}
    save: answer
  - return: {answer: =answer}
`);
const inner = file('package/flows/inner.yaml', `quanji: 1
flow: inner
inputs: {n: {type: integer}}
outputs: {m: {type: integer}}
steps:
  - set: {m: =n * 10}
  - return: {m: =m}
`);

let client;
beforeEach(async () => {
  client = new DebugClient('/bin/sh', adapter, 'quanji', { cwd: folder });
  await client.start();
  client.defaultTimeout = 8_000;
});
afterEach(async () => {
  await client.stop();
});

// Initialises, places breakpoints, begins; answers what is stopped at first.
async function begin(launch, breakpoints = {}, filters = []) {
  const initialized = client.waitForEvent('initialized');
  await client.initializeRequest();
  const launched = client.launchRequest(launch);
  await Promise.all([launched, initialized]);
  const answers = [];
  for (const [path, list] of Object.entries(breakpoints)) {
    answers.push(await client.setBreakpointsRequest({ source: { path }, breakpoints: list }));
  }
  await client.setExceptionBreakpointsRequest({ filters });
  const stopped = client.waitForEvent('stopped').catch(() => undefined);
  const terminated = client.waitForEvent('terminated').catch(() => undefined);
  await client.configurationDoneRequest();
  return { answers, stopped, terminated };
}
async function top() {
  const stack = await client.stackTraceRequest({ threadId: 1 });
  return stack.body.stackFrames[0];
}
async function variables(reference = 1, more = {}) {
  const answer = await client.variablesRequest({ variablesReference: reference, ...more });
  return Object.fromEntries(answer.body.variables.map((one) => [one.name, one]));
}
async function next(request) {
  const stopped = client.waitForEvent('stopped');
  await request;
  return (await stopped).body.reason;
}

test('a flow without breakpoints runs to its end and tells its outputs', async () => {
  const output = client.waitForEvent('output');
  const exited = client.waitForEvent('exited');
  const { terminated } = await begin({ program: counting });
  assert.ok(await terminated);
  assert.equal((await exited).body.exitCode, 0);
  assert.match((await output).body.output, /"total":11/);
});

test('a breakpoint stops at its step, one between steps moves to the next, one beyond says so', async () => {
  const { answers, stopped } = await begin({ program: counting }, { [counting]: [{ line: 9 }, { line: 99 }] });
  assert.deepEqual(answers[0].body.breakpoints.map((one) => [one.verified, one.line]), [[true, 10], [false, 99]]);
  assert.equal((await stopped).body.reason, 'breakpoint');
  const frame = await top();
  assert.equal(frame.line, 10);
  assert.equal(frame.source.path, counting);
  assert.match(frame.name, /steps\/1\[0\]\/steps\/0/);
});

test('a condition holds it only where it is true', async () => {
  const { stopped } = await begin({ program: counting }, { [counting]: [{ line: 10, condition: 'i == 3' }] });
  await stopped;
  assert.equal((await variables()).i.value, '3');
  assert.equal((await variables()).total.value, '4');
});

test('variables are seen, opened, paged and set, expressions are worked out over them', async () => {
  const { stopped, terminated } = await begin({ program: counting }, { [counting]: [{ line: 7 }] });
  await stopped;
  const seen = await variables();
  assert.equal(seen.total.value, '1');
  assert.equal(seen.total.type, 'integer');
  const rows = await variables(seen.rows.variablesReference, { start: 0, count: 1 });
  const row = await variables(rows['0'].variablesReference);
  assert.equal(row.amount.value, '12.30');
  const answer = await client.evaluateRequest({ expression: 'total * 100', frameId: 1 });
  assert.equal(answer.body.result, '100');
  await assert.rejects(client.evaluateRequest({ expression: 'nothing_of_that_name' }), /nothing_of_that_name/);
  const set = await client.setVariableRequest({ variablesReference: 1, name: 'total', value: '1000' });
  assert.equal(set.body.value, '1000');
  await assert.rejects(client.setVariableRequest({ variablesReference: 1, name: 'none', value: '1' }), /no variable/);
  const output = client.waitForEvent('output');
  await client.continueRequest({ threadId: 1 });
  await terminated;
  assert.match((await output).body.output, /"total":1010/);
});

test('steps go over, into and out of a called flow', async () => {
  const { stopped } = await begin({ program: join(folder, 'package'), stopOnEntry: true });
  assert.equal((await stopped).body.reason, 'entry');
  assert.equal((await top()).line, 5);
  assert.equal(await next(client.nextRequest({ threadId: 1 })), 'step');
  assert.equal((await top()).line, 6);
  await next(client.stepInRequest({ threadId: 1 }));
  const stack = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames;
  assert.deepEqual(stack.map((frame) => [frame.source.path, frame.line]), [[inner, 6], [outer, 6]]);
  assert.deepEqual(Object.keys(await variables()), ['n']);
  await next(client.stepOutRequest({ threadId: 1 }));
  assert.equal((await top()).source.path, outer);
  assert.equal((await top()).line, 9);
});
test('stepping over a call does not go into it', async () => {
  const { stopped } = await begin({ program: join(folder, 'package') }, { [outer]: [{ line: 6 }] });
  await stopped;
  await next(client.nextRequest({ threadId: 1 }));
  assert.equal((await top()).line, 9);
  assert.equal((await variables()).answer.value, '20');
});

test('it runs from a step with the variables it is given', async () => {
  const output = client.waitForEvent('output');
  const { terminated } = await begin({ program: counting, runFrom: { line: 11, variables: { total: 77 } } });
  await terminated;
  assert.match((await output).body.output, /"total":77/);
});

test('a long loop is paused and ended', async () => {
  const endless = file('endless.yaml', 'quanji: 1\nflow: endless\nsteps:\n  - set: {n: 0}\n  - while: =n >= 0\n    steps: [{set: {n: =n + 1}}]\n');
  const { stopped } = await begin({ program: endless });
  await new Promise((done) => { setTimeout(done, 300); });
  await client.pauseRequest({ threadId: 1 });
  assert.equal((await stopped).body.reason, 'pause');
  assert.ok(Number((await variables()).n.value) >= 0);
  const terminated = client.waitForEvent('terminated');
  await client.customRequest('terminate', {});
  assert.ok(await terminated);
});

test('a failure stops where it happened and tells why', async () => {
  const failing = file('failing.yaml', 'quanji: 1\nflow: failing\nsteps:\n  - set: {a: 1}\n  - set: {b: =a // 0}\n');
  const { stopped } = await begin({ program: failing }, {}, ['failures']);
  const event = (await stopped).body;
  assert.equal(event.reason, 'exception');
  assert.match(event.text, /ZeroDivisionError/);
  assert.equal((await top()).line, 5);
  const info = await client.customRequest('exceptionInfo', { threadId: 1 });
  assert.equal(info.body.exceptionId, 'expression_failed');
  const exited = client.waitForEvent('exited');
  await client.continueRequest({ threadId: 1 });
  assert.equal((await exited).body.exitCode, 11);
});

test('only what nothing catches stops when that was asked for', async () => {
  const caught = file('caught.yaml', `quanji: 1
flow: caught
steps:
  - try:
      - set: {a: =1 // 0}
    catch:
      - steps:
          - set: {b: 1}
  - set: {c: =1 // 0}
    on_error: continue
  - try:
      - set: {d: =1 // 0}
    catch:
      - error: [business]
        steps:
          - set: {e: 1}
`);
  const { stopped } = await begin({ program: caught }, {}, ['uncaught']);
  assert.equal((await stopped).body.reason, 'exception');
  assert.equal((await top()).line, 12);
});
test('a failure in a called flow is caught by the flow that called it', async () => {
  mkdirSync(join(folder, 'guarded/flows'), { recursive: true });
  file('guarded/package.yaml', 'quanji: 1\nname: guarded\nversion: 1.0.0\ntitle: 守\nentry: [guard]\n');
  file('guarded/flows/guard.yaml', `quanji: 1
flow: guard
steps:
  - try:
      - call: breaking
    catch:
      - steps:
          - set: {b: 1}
  - call: breaking
`);
  const breaking = file('guarded/flows/breaking.yaml', 'quanji: 1\nflow: breaking\nsteps:\n  - set: {m: =1 // 0}\n');
  const { stopped } = await begin({ program: join(folder, 'guarded') }, {}, ['uncaught']);
  await stopped;
  const stack = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames;
  assert.deepEqual(stack.map((frame) => frame.line), [4, 9]);
  assert.equal(stack[0].source.path, breaking);
});
test('steps go into a block, along it and out of it, over a block it runs as one', async () => {
  const { stopped } = await begin({ program: counting }, { [counting]: [{ line: 7 }] });
  await stopped;
  await next(client.stepInRequest({ threadId: 1 }));
  assert.equal((await top()).line, 10);
  assert.equal((await variables()).i.value, '0');
  await next(client.nextRequest({ threadId: 1 }));
  assert.equal((await variables()).i.value, '1');
  await next(client.stepOutRequest({ threadId: 1 }));
  assert.equal((await top()).line, 11);
  assert.equal((await variables()).total.value, '11');
});
test('secrets stay shut, however they are looked at', async () => {
  const context = join(folder, 'context');
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, 'credentials.toml'), '[db]\nuser = "reader"\npassword = "open-sesame-77"\n', { mode: 0o600 });
  const secretive = file('secretive.yaml', `quanji: 1
flow: secretive
needs: {credentials: [db]}
steps:
  - do: credential.get
    with: {name: db}
    save: found
  - set: {copy: =found}
`);
  const { stopped } = await begin({ program: secretive, context }, { [secretive]: [{ line: 8 }] });
  await stopped;
  const seen = [await variables(), await variables((await variables()).found.variablesReference)];
  assert.equal(seen[1].password.type, 'secret');
  for (const expression of ['found["password"]', 'str(found)', 'repr(found["password"])', '"x" + found["password"]', 'list(found["password"])'])
    seen.push(await client.evaluateRequest({ expression }).then((answer) => answer.body.result, (error) => error.message));
  assert.ok(!JSON.stringify(seen).includes('sesame'), JSON.stringify(seen));
});
test('what only a held flow can answer is refused while it runs and when it is over', async () => {
  const endless = file('running.yaml', 'quanji: 1\nflow: running\nsteps:\n  - set: {n: 0}\n  - while: =n >= 0\n    steps: [{set: {n: =n + 1}}]\n');
  const { stopped } = await begin({ program: endless }, { [endless]: [{ line: 6, condition: 'n == 0' }] });
  await stopped;
  const first = client.continueRequest({ threadId: 1 });
  // Meant for the stop that is over: it must not let the next one go.
  const second = client.continueRequest({ threadId: 1 });
  await first;
  await assert.rejects(second, /is not held/);
  await assert.rejects(client.evaluateRequest({ expression: 'n' }), /is not held/);
  const terminated = client.waitForEvent('terminated');
  await client.customRequest('terminate', {});
  await terminated;
  await assert.rejects(client.stackTraceRequest({ threadId: 1 }), /is not held/);
});
test('code that never ends is ended when the client asks', async () => {
  const spinning = file('spinning.yaml', 'quanji: 1\nflow: spinning\nsteps:\n  - log: begun\n  - python: |\n      while True:\n          pass\n'.replace('  - log: begun\n', '  - do: log.write\n    with: {message: begun}\n'));
  const begun = client.waitForEvent('output');
  const { terminated } = await begin({ program: spinning });
  assert.match((await begun).body.output, /begun/);
  await client.customRequest('terminate', {});
  assert.ok(await terminated);
});
test('a watch that never ends is ended with the session', async () => {
  const { stopped, terminated } = await begin({ program: counting }, { [counting]: [{ line: 7 }] });
  await stopped;
  const watch = client.evaluateRequest({ expression: 'sum(1 for one in iter(int, 1))' });
  const ended = assert.rejects(watch);
  await client.customRequest('terminate', {});
  await ended;
  assert.ok(await terminated);
});

test('a launch that cannot be is answered with what to mend', async () => {
  await client.initializeRequest();
  await assert.rejects(client.launchRequest({}), /launch needs "program"/);
  await assert.rejects(client.launchRequest({ program: 'nowhere.yaml' }), /cannot read the file nowhere\.yaml/);
  const wrong = file('wrong.yaml', 'quanji: 1\nflow: wrong\nsteps:\n  - do: log.wirte\n    with: {message: hi}\n');
  await assert.rejects(client.launchRequest({ program: wrong }), /wrong\.yaml:4:9: error/);
  await assert.rejects(client.launchRequest({ program: counting, runFrom: { at: 'steps/99' } }), /the flow has not/);
  await assert.rejects(client.launchRequest({ program: counting, runFrom: 3 }), /"runFrom" of launch is an object/);
  await assert.rejects(client.launchRequest({ program: 5 }), /"program" of launch is a text/);
  await assert.rejects(client.launchRequest({ program: counting, inputs: [1] }), /"inputs" of launch is an object/);
  await assert.rejects(client.launchRequest({ program: counting, inputs: { strat: 1 } }), /has no input "strat"/);
  await assert.rejects(client.launchRequest({ program: counting, context: join(folder, 'no-such-context') }), /no-such-context/);
  await assert.rejects(client.launchRequest({ program: counting, stopOnEntry: 'yes' }), /"stopOnEntry" of launch is true or false/);
});

test('a log point says its message and does not stop', async () => {
  const said = [];
  client.on('output', (event) => said.push(event.body.output));
  const { terminated } = await begin({ program: counting }, { [counting]: [{ line: 10, logMessage: 'round {i}' }] });
  await terminated;
  assert.deepEqual(said.filter((line) => line.startsWith('round')), [0, 1, 2, 3, 4].map((i) => `round ${i}\n`));
});
