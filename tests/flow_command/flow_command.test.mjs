// `quanji flow check|run|resume|trace`, the real program: what a new user meets, and what is left after any end.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

const quanji = join(process.env.QUANJI_PROGRAMS, 'quanji');
const readme = new URL('../../README.md', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'quanji-flow-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const environment = { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8' };

// Starts it; `ended` tells what it said and how it ended.
function start(...words) {
  const child = spawn(quanji, words, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => { out += bytes; });
  child.stderr.on('data', (bytes) => { err += bytes; });
  const ended = new Promise((done) => {
    child.on('close', (code, signal) => done({ code, signal, out, err }));
  });
  return { child, ended };
}
const run = (...words) => start(...words).ended;
function write(name, text) {
  writeFileSync(join(folder, name), text);
  return name;
}
const lines = (file) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean) : []);
async function until(holds) {
  for (let i = 0; i < 3000 && !holds(); ++i) await pause(10);
  assert.ok(holds(), 'nothing came of it within 30 s');
}

test('the flow of the README runs as it stands there', async () => {
  const page = readFileSync(readme, 'utf8');
  const block = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]).find((text) => text.includes('flow: '));
  assert.ok(block, 'the README shows a flow');
  assert.ok(block.trim().split('\n').length <= 16, 'a flow of about ten lines');
  write('readme.yaml', block);
  const checked = await run('flow', 'check', 'readme.yaml');
  assert.equal(checked.code, 0, checked.out + checked.err);
  const ended = await run('flow', 'run', 'readme.yaml', '--state', 'readme-run');
  assert.equal(ended.code, 0, ended.err);
  assert.notEqual(ended.out.trim(), '{}', 'it answers something');
});

test('three typical mistakes are told at their places with the mend', async () => {
  write('mistakes.yaml', `quanji: 1
flow: mistakes
steps:
  - do: log.wirte
    with: {message: hi}
  - set: {total: =amuont + 1}
  - do: log.progress
    with: {done: "three"}
`);
  const english = await run('flow', 'check', 'mistakes.yaml');
  assert.equal(english.code, 1);
  const told = english.out.trim().split('\n');
  assert.equal(told.length, 3, english.out);
  assert.match(told[0], /^mistakes\.yaml:4:9: error: .*log\.wirte.*Did you mean .log\.write/);
  assert.match(told[1], /^mistakes\.yaml:6:\d+: error: .*amuont.*Set it before/);
  assert.match(told[2], /^mistakes\.yaml:8:\d+: error: .*integer \(like 5, without quotes\)/);
  const chinese = await run('flow', 'check', '--language', 'zh', 'mistakes.yaml');
  assert.match(chinese.out, /是不是想写“log\.write”/);
  const json = JSON.parse((await run('flow', 'check', '-o', 'json', 'mistakes.yaml')).out);
  assert.deepEqual(json.problems.map((problem) => problem.code), ['unknown_activity', 'unknown_variable', 'wrong_type']);
  const not = await run('flow', 'run', 'mistakes.yaml', '--state', 'mistakes-run');
  assert.equal(not.code, 1, 'a flow with errors is not run');
  assert.ok(!existsSync(join(folder, 'mistakes-run')));
});

const counting = `quanji: 1
flow: counting
outputs: {count: {type: integer}, last: {type: integer}}
steps:
  - set: {count: 0, last: 0}
  - for: i
    in: =range(40)
    steps:
      - python: |
          import time
          open("done.txt", "a").write(f"{i}\\n")
          time.sleep(0.02)
        effect: repeatable
      - set: {count: =count + 1, last: =i}
  - return: {count: =count, last: =last}
`;

test('killed with -9 at three moments and resumed, it ends as if nothing had happened', async () => {
  write('counting.yaml', counting);
  let started = start('flow', 'run', 'counting.yaml', '--state', 'killed');
  for (const moment of [5, 15, 28]) {
    await until(() => lines('killed/work/done.txt').length >= moment);
    started.child.kill('SIGKILL');
    assert.equal((await started.ended).signal, 'SIGKILL');
    started = start('flow', 'resume', 'killed');
  }
  const ended = await started.ended;
  assert.equal(ended.code, 0, ended.err);
  assert.deepEqual(JSON.parse(ended.out), { count: 40, last: 39 });
  const done = lines('killed/work/done.txt').map(Number);
  assert.deepEqual([...new Set(done)], Array.from({ length: 40 }, (_, i) => i), 'every round, in order');
  assert.ok(done.length <= 43, `only what was under way at a kill is done again: ${done.length}`);
});

test('a step that may have acted is not repeated before a person has said what became of it', async () => {
  write('paying.yaml', `quanji: 1
flow: paying
outputs: {paid: {type: integer}}
steps:
  - set: {paid: 1}
  - id: pay
    python: |
      import time
      open("paid.txt", "a").write("paid\\n")
      time.sleep(30)
    effect: once
    timeout: 1m
  - return: {paid: =paid}
`);
  const started = start('flow', 'run', 'paying.yaml', '--state', 'paying');
  await until(() => lines('paying/work/paid.txt').length === 1);
  started.child.kill('SIGKILL');
  await started.ended;
  const asked = await run('flow', 'resume', 'paying');
  assert.equal(asked.code, 11);
  assert.match(asked.err, /unsettled_steps/);
  assert.match(asked.err, /paying\.yaml:6 {2}steps\/1/);
  assert.match(asked.err, /--settle steps\/1=done\|not_done/);
  assert.equal(lines('paying/work/paid.txt').length, 1);
  const wrong = await run('flow', 'resume', 'paying', '--settle', 'steps/1=maybe');
  assert.equal(wrong.code, 2);
  const settled = await run('flow', 'resume', 'paying', '--settle', 'steps/1=done');
  assert.equal(settled.code, 0, settled.err);
  assert.deepEqual(JSON.parse(settled.out), { paid: 1 });
  assert.equal(lines('paying/work/paid.txt').length, 1, 'paid once');
});

test('a failure says where and how to go on, and going on begins at the failed step with the same variables', async () => {
  write('waiting.yaml', `quanji: 1
flow: waiting
inputs: {name: {type: text}}
outputs: {text: {type: text}}
steps:
  - python: open("tries.txt", "a").write("first\\n")
  - set: {greeting: ="hello " + name}
  - python: |
      return open("wanted.txt").read()
    save: found
    effect: repeatable
  - return: {text: =greeting + " " + found}
`);
  const failed = await run('flow', 'run', 'waiting.yaml', '--state', 'waiting', '--input', 'name=you');
  assert.equal(failed.code, 11, failed.err);
  assert.match(failed.err, /waiting\.yaml:8 {2}steps\/2/);
  assert.match(failed.err, /quanji flow resume \S*waiting/);
  write('waiting/work/wanted.txt', 'file');
  const ended = await run('flow', 'resume', 'waiting');
  assert.equal(ended.code, 0, ended.err);
  assert.deepEqual(JSON.parse(ended.out), { text: 'hello you file' });
  assert.equal(lines('waiting/work/tries.txt').length, 1, 'what was done is not done again');
});

test('an interrupt stops it softly and it can go on', async () => {
  const started = start('flow', 'run', 'counting.yaml', '--state', 'stopped');
  await until(() => lines('stopped/work/done.txt').length >= 3);
  started.child.kill('SIGINT');
  const stopped = await started.ended;
  assert.equal(stopped.code, 12, stopped.err);
  const ended = await run('flow', 'resume', 'stopped');
  assert.equal(ended.code, 0, ended.err);
  assert.equal(JSON.parse(ended.out).count, 40);
});

test('two processes are never at one run', async () => {
  const started = start('flow', 'run', 'counting.yaml', '--state', 'once-only');
  await until(() => lines('once-only/work/done.txt').length >= 1);
  const other = await run('flow', 'resume', 'once-only');
  assert.equal(other.code, 21);
  assert.match(other.err, /another process is at/);
  assert.equal((await started.ended).code, 0);
  const again = await run('flow', 'run', 'counting.yaml', '--state', 'once-only');
  assert.equal(again.code, 1, 'a run is not written over');
  assert.match(again.err, /there is a run in/);
});

test('the trace is one page that shows what happened and runs nothing', async () => {
  write('traced.yaml', `quanji: 1
flow: traced
inputs: {text: {type: text}}
steps:
  - set: {seen: =text}
    title: 记住
  - for: i
    in: =range(1000)
    steps: [{set: {n: =i}}]
  - try:
      - fail: {code: sign_mismatch, kind: business, message: 符号不一致}
    catch:
      - error: [sign_mismatch]
        steps:
          - do: log.write
            with: {message: =text, level: warn}
  - set: {x: =1 // 0}
`);
  const hostile = '<script>document.title="broken"</script></style><img src=x onerror=alert(1)>';
  assert.equal((await run('flow', 'run', 'traced.yaml', '--state', 'traced', '--input', `text=${hostile}`, '--quiet')).code, 11);
  const made = await run('flow', 'trace', 'traced', '--into', 'traced.html');
  assert.equal(made.code, 0, made.err);
  const page = readFileSync(join(folder, 'traced.html'), 'utf8');
  assert.ok(page.length < 1_000_000, `${page.length} bytes`);
  assert.ok(!/<script/i.test(page) && !/<img src=x/.test(page), 'texts stay texts');
  assert.ok(!/(src|href)="?https?:/.test(page), 'nothing is loaded');
  // As a person opens it.
  const dom = execFileSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=2000', '--dump-dom',
    `file://${join(folder, 'traced.html')}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 });
  assert.match(dom, /<title>traced · 券机<\/title>/);
  assert.match(dom, /expression_failed/);
  assert.match(dom, /ZeroDivisionError/);
  assert.match(dom, /流程已处理/, 'a failure the flow caught is told apart');
  assert.match(dom, /记住/);
  assert.match(dom, /第 1 轮/);
  assert.match(dom, /800 项未列出/, 'long loops are cut and say so');
});

test('flow tests stand fakes in the place of activities and say what does not hold', async () => {
  for (const name of ['tested/flows', 'tested/tests']) mkdirSync(join(folder, name), { recursive: true });
  write('tested/package.yaml', 'quanji: 1\nname: tested\nversion: 1.0.0\ntitle: 有测试的包\nentry: [reconcile]\nneeds: {capabilities: [network]}\n');
  write('tested/flows/reconcile.yaml', `quanji: 1
flow: reconcile
inputs: {day: {type: date}}
outputs: {total: {type: decimal}}
needs: {capabilities: [network]}
steps:
  - id: fetch
    do: http.request
    with: {url: '=f"https://broker.example/{day:%Y%m%d}"'}
    save: answer
    retry: {times: 2, wait: 1ms}
  - set: {total: '=sum(row["amount"] for row in answer["body"])'}
  - if: =total < 0
    then:
      - fail: {code: sign_mismatch, kind: business, message: '=f"合计 {total}"'}
  - do: log.write
    with: {message: '=f"合计 {total}"'}
  - return: {total: =total}
`);
  write('tested/tests/a_good.yaml', `quanji: 1
test: 第二次才取到
flow: reconcile
inputs: {day: 2026-11-20}
fakes:
  - {step: fetch, fails: {code: connection_failed, kind: system}, times: 1}
  - {do: http.request, gives: {status: 200, body: [{amount: 1.50}, {amount: 2}]}}
expect:
  outputs: {total: 3.50}
  log: [合计 3.50]
  calls: {http.request: 2, log.write: 1}
`);
  write('tested/tests/b_mismatch.yaml', `quanji: 1
test: 符号不一致
flow: reconcile
inputs: {day: 2026-11-20}
fakes: [{do: http.request, gives: {body: [{amount: -5}]}}]
expect: {outcome: business_failure, error: sign_mismatch}
`);
  const good = await run('package', 'test', 'tested');
  assert.equal(good.code, 0, good.out + good.err);
  assert.match(good.out, /✓ tests\/a_good\.yaml {2}第二次才取到\n✓ tests\/b_mismatch\.yaml/);
  assert.match(good.out, /2 of 2 tests passed/);
  write('tested/tests/c_wrong.yaml', `quanji: 1
test: 不成立
flow: reconcile
inputs: {day: 2026-11-20}
fakes: [{do: http.request, gives: {body: []}}]
expect: {outputs: {total: 1}, log: [没有说过], calls: {http.request: 3}}
`);
  write('tested/tests/d_broken.yaml', 'quanji: 1\ntest: x\nflow: reconcile\nfakes: [{do: http.request}]\nexpcet: {}\n');
  const bad = await run('package', 'test', 'tested');
  assert.equal(bad.code, 1);
  assert.match(bad.out, /✗ tests\/c_wrong\.yaml[^✗]*the output total should be 1, it is 0[^✗]*no line of the log holds "没有说过"[^✗]*http\.request should run 3 times, it ran 1/);
  assert.match(bad.out, /✗ tests\/d_broken\.yaml[^✗]*d_broken\.yaml:4:\d+: error[^✗]*d_broken\.yaml:5:1: error.*expect/);
  write('tested/tests/e_outside.yaml', 'quanji: 1\ntest: 不碰外部\nflow: reconcile\ninputs: {day: 2026-11-20}\n');
  assert.match((await run('package', 'test', 'tested', '--only', 'e_outside')).out, /not_faked/);
  const one = await run('package', 'test', 'tested', '--only', 'a_good');
  assert.equal(one.code, 0);
  assert.match(one.out, /1 of 1 tests passed/);
});

test('edits keep comments and order, and a flow is never left with an error it had not', async () => {
  const before = `# 头
quanji: 1
flow: edited
steps:
  # 第一步
  - do: log.write
    with: {message: hi}   # 说一声
`;
  write('edited.yaml', before);
  write('edits.json', JSON.stringify([
    { op: 'set', at: 'steps/0/with/message', value: '=str(1 + 1)' },
    { op: 'insert', at: 'steps/-', value: { return: {} } },
  ]));
  const done = await run('flow', 'edit', 'edited.yaml', '--edits', 'edits.json');
  assert.equal(done.code, 0, done.err);
  assert.equal(readFileSync(join(folder, 'edited.yaml'), 'utf8'), before.replace('message: hi', 'message: =str(1 + 1)') + '  - return: {}\n');
  const after = readFileSync(join(folder, 'edited.yaml'), 'utf8');
  write('edits.json', JSON.stringify([{ op: 'set', at: 'steps/0/do', value: 'log.wirte' }]));
  const wrong = await run('flow', 'edit', 'edited.yaml', '--edits', 'edits.json');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /edited\.yaml:6:\d+: error: .*log\.wirte/);
  write('edits.json', JSON.stringify([{ op: 'remove', at: 'steps/7' }]));
  const none = await run('flow', 'edit', 'edited.yaml', '--edits', 'edits.json');
  assert.match(none.err, /第 1 处改动：没有第 7 项.*\nedit 1: there is no element 7/);
  assert.equal(readFileSync(join(folder, 'edited.yaml'), 'utf8'), after, 'nothing was changed');
});
test('edits and inputs come through a pipe as well as from a file', () => {
  write('piped.yaml', 'quanji: 1\nflow: piped\ninputs: {n: {type: integer}}\noutputs: {m: {type: integer}}\nsteps:\n  - return: {m: =n + 1}\n');
  const shell = (line) => execFileSync('/bin/sh', ['-c', line], { cwd: folder, env: { ...environment, QUANJI: quanji }, encoding: 'utf8' });
  shell(`printf '[{"op": "set", "at": "title", "value": "管道"}]' | "$QUANJI" flow edit piped.yaml --edits -`);
  assert.match(readFileSync(join(folder, 'piped.yaml'), 'utf8'), /\ntitle: 管道\n/);
  symlinkSync('piped.yaml', join(folder, 'link.yaml'));
  shell(`printf '[{"op": "set", "at": "title", "value": "链接"}]' | "$QUANJI" flow edit link.yaml --edits -`);
  assert.equal(readlinkSync(join(folder, 'link.yaml')), 'piped.yaml', 'a link stays one');
  assert.match(readFileSync(join(folder, 'piped.yaml'), 'utf8'), /\ntitle: 链接\n/);
  assert.match(shell(`printf '{"n": 41}' | "$QUANJI" flow run piped.yaml --inputs - 2>/dev/null`), /42/);
});

test('nonsense is answered with a sentence in both languages', async () => {
  for (const [words, zh, en] of [
    [['flow', 'run', 'nowhere.yaml'], /读不到文件/, /cannot read the file/],
    [['flow', 'resume', '.'], /没有 .*run\.json/, /there is no .*run\.json/],
    [['flow', 'trace', '.'], /没有 .*trace\.jsonl/, /there is no .*trace\.jsonl/],
    [['flow', 'run', 'counting.yaml', '--input', 'nonsense'], /名字=值/, /NAME=VALUE/],
  ]) {
    const answer = await run(...words);
    assert.notEqual(answer.code, 0);
    assert.match(answer.err, zh);
    assert.match(answer.err, en);
  }
  const journal = readFileSync(join(folder, 'killed/journal.qj'));
  journal[Math.floor(journal.length / 3)] ^= 0x20;
  writeFileSync(join(folder, 'killed/journal.qj'), journal);
  const damaged = await run('flow', 'resume', 'killed');
  assert.equal(damaged.code, 21, damaged.err);
  assert.match(damaged.err, /[\u4e00-\u9fff]/);
  assert.deepEqual(readFileSync(join(folder, 'killed/journal.qj')), journal, 'a damaged journal is left as it is');
});
