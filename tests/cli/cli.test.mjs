// The command line against a real platform: what it prints and with which code it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Platform, programs } from '../platform.mjs';

function run(platform, args, { input = '', program = join(programs, 'quanji') } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, XDG_CONFIG_HOME: platform.file('config'), LC_ALL: 'en_US.UTF-8' } });
    let out = '';
    let err = '';
    child.stdout.on('data', (d) => (out += d));
    child.stderr.on('data', (d) => (err += d));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

test('the command line signs in, works and tells refusals apart', async (t) => {
  const platform = await new Platform().start();
  try {
    const url = `https://localhost:${platform.ports.https}`;
    const here = ['--url', url, '--trust', platform.file('trust.pem')];
    const account = 'system';
    const password = platform.accounts.system;
    await t.test('without a sign-in: exit 3', async () => assert.equal((await run(platform, ['departments', 'list'])).code, 3));
    await t.test('a wrong password: exit 3', async () => assert.equal((await run(platform, ['login', ...here, '--account', account, '--password-stdin'], { input: 'wrong\n' })).code, 3));
    await t.test('login keeps its tokens to itself', async () => {
      const ran = await run(platform, ['login', ...here, '--account', account, '--password-stdin'], { input: `${password}\n` });
      assert.equal(ran.code, 0, ran.err);
      assert.equal(statSync(platform.file('config/quanji/profiles/default.json')).mode & 0o777, 0o600);
    });
    await t.test('lists, creates and reads', async () => {
      const listed = await run(platform, ['departments', 'list', '--page-size', '1', '--all', '-o', 'json']);
      assert.equal(listed.code, 0, listed.err);
      const { items, total } = JSON.parse(listed.out);
      assert.equal(items.length, total);
      const read = await run(platform, ['departments', 'read', items[0].id, '-o', 'json']);
      assert.equal(read.code, 0, read.err);
      assert.equal(JSON.parse(read.out).id, items[0].id);
      const made = await run(platform, ['departments', 'create', '--parent-id', items[0].id, '--name', '命令行', '--code', 'CLI', '--order', '7', '-o', 'json']);
      assert.equal(made.code, 0, made.err);
      const after = await run(platform, ['departments', 'list', '--all', '-o', 'json']);
      assert.ok(JSON.parse(after.out).items.some((one) => one.name === '命令行' && one.code === 'CLI' && one.order === 7));
      const table = await run(platform, ['departments', 'list', '--all']);
      assert.match(table.out, /命令行/);
    });
    await t.test('what is not there: exit 1 and a sentence', async () => {
      const ran = await run(platform, ['departments', 'read', 'dep_01ARZ3NDEKTSV4RRFFQ69G5FAV']);
      assert.equal(ran.code, 1, ran.err);
      assert.match(ran.err, /40001/);
    });
    await t.test('usage: exit 2', async () => {
      assert.equal((await run(platform, ['departments', 'list', '--no-such-option'])).code, 2);
      assert.equal((await run(platform, ['departments', 'read'])).code, 2);
    });
    await t.test('help teaches in both languages', async () => {
      const ran = await run(platform, ['departments', 'create', '--help']);
      assert.equal(ran.code, 0);
      assert.match(ran.out, /--idempotency-key/);
      assert.match(ran.out, /[一-鿿]/);
    });
    await t.test('the completion is a bash script', async () => {
      const script = await run(platform, ['completion', 'bash']);
      assert.equal(script.code, 0, script.err);
      const ran = await run(platform, ['-c', `${script.out}\nCOMP_WORDS=(quanji departments li); COMP_CWORD=2; _quanji; echo "\${COMPREPLY[*]}"`], { program: 'bash' });
      assert.equal(ran.code, 0, ran.err);
      assert.match(ran.out, /\blist\b/);
    });
    await t.test('an unreachable platform: exit 4', async () => {
      await platform.stop();
      assert.equal((await run(platform, ['departments', 'list'])).code, 4);
    });
  } finally {
    await platform.kill();
    platform.remove();
  }
});
