// The command line against a real platform: what it prints, what it keeps, and with which code it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { nextSecond, Person, Platform, programs } from '../platform.mjs';

function run(platform, args, { input = '', program = join(programs, 'quanji'), language = 'en_US.UTF-8' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, XDG_CONFIG_HOME: platform.file('config'), LC_ALL: language } });
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
const here = (platform) => ['--url', `https://localhost:${platform.ports.https}`, '--trust', platform.file('trust.pem')];
async function done(platform, args, options) {
  const ran = await run(platform, args, options);
  assert.equal(ran.code, 0, `quanji ${args.join(' ')}: ${ran.err}`);
  return ran;
}
const asked = async (platform, args) => JSON.parse((await done(platform, [...args, '-o', 'json'])).out);
async function withPlatform(options, work) {
  const platform = await new Platform(options).start();
  try {
    await work(platform);
  } finally {
    await platform.kill();
    platform.remove();
  }
}
const signIn = (platform, account, profile = 'default') =>
  done(platform, ['--profile', profile, 'login', ...here(platform), '--account', account, '--password-stdin'], { input: `${platform.accounts[account]}\n` });

test('the command line signs in, works and tells refusals apart', () =>
  withPlatform({}, async (platform) => {
    assert.equal((await run(platform, ['departments', 'list'])).code, 3, 'without a sign-in');
    const wrong = await run(platform, ['login', ...here(platform), '--account', 'system', '--password-stdin'], { input: 'wrong\n' });
    assert.equal(wrong.code, 3, 'a wrong password');
    await signIn(platform, 'system');
    assert.equal(statSync(platform.file('config/quanji/profiles/default.json')).mode & 0o777, 0o600);

    const { items, total } = await asked(platform, ['departments', 'list', '--page-size', '1', '--all']);
    assert.equal(items.length, total);
    assert.equal((await asked(platform, ['departments', 'read', items[0].id])).id, items[0].id);
    await done(platform, ['departments', 'create', '--parent-id', items[0].id, '--name', '命令行', '--code', 'CLI', '--order', '7']);
    const after = await asked(platform, ['departments', 'list', '--all']);
    assert.ok(after.items.some((one) => one.name === '命令行' && one.code === 'CLI' && one.order === 7));
    assert.match((await done(platform, ['departments', 'list', '--all'])).out, /命令行/);

    const missing = await run(platform, ['departments', 'read', 'dep_01ARZ3NDEKTSV4RRFFQ69G5FAV']);
    assert.equal(missing.code, 1, 'what is not there');
    assert.match(missing.err, /40001/);
    const forbidden = await run(platform, ['audit', 'list']);
    assert.equal(forbidden.code, 3, 'what the person may not do');
    assert.equal((await run(platform, ['departments', 'list', '--no-such-option'])).code, 2);
    assert.equal((await run(platform, ['departments', 'read'])).code, 2);

    await platform.stop();
    assert.equal((await run(platform, ['departments', 'list'])).code, 4, 'a platform that is not there');
  }));

test('an access key signs every request in both families or gets a token by a signature, and its secret stays in its file', () =>
  withPlatform({}, async (platform) => {
    await signIn(platform, 'system');
    await signIn(platform, 'security', 'sec');
    const top = (await asked(platform, ['departments', 'list'])).items[0];
    const key = await asked(platform, ['--profile', 'sec', 'api-clients', 'create', '--name', 'portal', '--department-id', top.id, '--scopes', 'department.read', '--act-for', 'true']);
    const lines = `${key.accessKey}\n${key.secret}\n`;
    const profile = (name) => platform.file(`config/quanji/profiles/${name}.json`);
    await nextSecond();
    for (const signature of ['hmac-sha256', 'hmac-sm3'])
      for (const way of ['signed', 'token']) {
        const name = `${signature}-${way}`;
        await done(platform, ['--profile', name, 'login', ...here(platform), '--access-key-stdin', '--signature', signature, '--calls', way], { input: lines });
        assert.equal(statSync(platform.file(`config/quanji/profiles/${name}.key`)).mode & 0o777, 0o600);
        const kept = readFileSync(profile(name), 'utf8');
        assert.ok(!kept.includes(key.secret), 'the secret stands in the profile');
        assert.equal(JSON.parse(kept).accessToken !== '', way === 'token');
        const names = (await asked(platform, ['--profile', name, 'departments', 'list', '--name', top.name])).items.map((one) => one.name);
        assert.deepEqual(names, [top.name]);
        assert.equal((await asked(platform, ['--profile', name, 'auth', 'me'])).kind, 'client');
      }

    // A token that is no longer good is replaced by the key, and the new one is kept.
    const held = JSON.parse(readFileSync(profile('hmac-sm3-token'), 'utf8'));
    await done(platform, ['--profile', 'sec', 'auth', 'revoke', '--json', '-'], { input: JSON.stringify({ token: held.accessToken }) });
    await done(platform, ['--profile', 'hmac-sm3-token', 'departments', 'list']);
    assert.notEqual(JSON.parse(readFileSync(profile('hmac-sm3-token'), 'utf8')).accessToken, held.accessToken);

    // For a person, only where the client may: then that person's rights count.
    const acting = await asked(platform, ['--profile', 'hmac-sm3-signed', '--on-behalf-of', 'nobody.here', 'auth', 'me']).catch((error) => error);
    assert.ok(acting instanceof Error);
    const person = (await asked(platform, ['users', 'list', '--account', 'operator'])).items[0];
    assert.equal((await asked(platform, ['--profile', 'hmac-sm3-signed', '--on-behalf-of', person.id, 'auth', 'me'])).userId, person.id);
    assert.equal((await asked(platform, ['--profile', 'hmac-sm3-token', '--on-behalf-of', person.id, 'auth', 'me'])).userId, person.id);
    assert.equal((await run(platform, ['--on-behalf-of', person.id, 'auth', 'me'])).code, 1, 'a person calls for another');

    // Out of scope, and a key that was cut off: refused as rights.
    assert.equal((await run(platform, ['--profile', 'hmac-sha256-signed', 'users', 'list'])).code, 3);
    await done(platform, ['--profile', 'sec', 'api-clients', 'disable', key.id ?? key.clientId, '--reason', 'test']);
    assert.equal((await run(platform, ['--profile', 'hmac-sha256-signed', 'departments', 'list'])).code, 3);

    await done(platform, ['--profile', 'hmac-sha256-signed', 'logout']);
    for (const ending of ['json', 'key']) assert.ok(!existsSync(platform.file(`config/quanji/profiles/hmac-sha256-signed.${ending}`)));
  }));

test('a key that others could read, that is cut short or that opens nothing is refused and not kept', () =>
  withPlatform({}, async (platform) => {
    const file = platform.file('key.txt');
    const key = `QJAK${'A'.repeat(20)}`;
    const secret = 'a'.repeat(43);
    const login = (...args) => run(platform, ['--profile', 'portal', 'login', ...here(platform), ...args]);
    writeFileSync(file, `${key}\n${secret}\n`, { mode: 0o640 });
    chmodSync(file, 0o640);
    const readable = await login('--key-file', file);
    assert.equal(readable.code, 1);
    assert.match(readable.err, /chmod 600/);
    chmodSync(file, 0o600);
    const unknown = await login('--key-file', file);
    assert.equal(unknown.code, 3, unknown.err);
    assert.ok(existsSync(file), 'a named file was taken away');
    for (const text of ['', `${key}\n`, `${key}\n${secret}x\n`, `QJAK\n${secret}\n`, `${key}\n${secret}\nmore\n`]) {
      const ran = await run(platform, ['--profile', 'portal', 'login', ...here(platform), '--access-key-stdin'], { input: text });
      assert.equal(ran.code, 1, JSON.stringify(text));
      assert.ok(!ran.err.includes(secret), 'the secret is told');
    }
    const wrong = await run(platform, ['--profile', 'portal', 'login', ...here(platform), '--access-key-stdin'], { input: `${key}\n${secret}\n` });
    assert.equal(wrong.code, 3);
    for (const ending of ['json', 'key', 'key.new']) assert.ok(!existsSync(platform.file(`config/quanji/profiles/portal.${ending}`)), ending);
    assert.equal((await login()).code, 2, 'nobody signs in');
    assert.equal((await login('--account', 'system', '--key-file', file)).code, 2, 'two at once');
  }));

test('set-up takes code and passwords by standard input once, and the administrators it made can sign in', () =>
  withPlatform({ profile: 'standard' }, async (platform) => {
    const passwords = { system: 'Correct-Horse-Battery-7', security: 'Staple-Garden-Window-8', audit: 'Orange-Ladder-Kitchen-9' };
    const persons = Object.entries(passwords).map(([role, password]) => ({ role, account: role, name: role, password }));
    const setUp = (code) => run(platform, ['setup', ...here(platform), '--code-stdin'], { input: JSON.stringify({ code, persons }) });
    const wrong = await setUp(`qjs_${'A'.repeat(43)}`);
    assert.equal(wrong.code, 3, wrong.err);
    const made = await setUp(platform.setUpCode);
    assert.equal(made.code, 0, made.err);
    assert.equal((await setUp(platform.setUpCode)).code, 1, 'a second time');
    await new Person(platform, 'security', passwords.security).signIn();
    assert.equal((await run(platform, ['setup', ...here(platform)])).code, 2, 'without --code-stdin');
  }));

test('help teaches: every command has its sentence in both languages and an example that the command line itself understands', () =>
  withPlatform({}, async (platform) => {
    await done(platform, ['contracts', platform.folder]);
    const page = readFileSync(platform.file('cli.md'), 'utf8');
    const commands = page.split(/^### /m).slice(1).map((part) => ({ name: part.split('\n')[0], text: part }));
    assert.ok(commands.length > 60, `${commands.length} commands`);
    for (const { name, text } of commands) {
      const [, sentence] = text.split('\n\n');
      assert.match(sentence, /[一-鿿].* \/ .*[A-Za-z]|bash|zsh/, `${name} has no sentence in both languages`);
      assert.match(text, /```[^]*quanji [^]*```/, `${name} has no example`);
    }
    // The examples of three kinds, with the ids they name replaced: what is wrong with them is told by the platform, never by the parser.
    await signIn(platform, 'system');
    for (const line of ['departments create', 'departments read', 'users list']) {
      const example = /quanji [^\n]*/.exec(commands.find((one) => one.name === line).text)[0];
      const ran = await run(platform, ['-c', `quanji() { "${join(programs, 'quanji')}" "$@"; }; ${example}`], { program: 'bash' });
      assert.notEqual(ran.code, 2, `${example}: ${ran.err}`);
    }
    const help = await done(platform, ['departments', 'create', '--help']);
    assert.match(help.out, /--idempotency-key/);
    assert.match(help.out, /quanji departments create --parent-id/);
  }));

test('the completion knows nouns, verbs and options, and is not put off by --profile', () =>
  withPlatform({}, async (platform) => {
    const script = (await done(platform, ['completion', 'bash'])).out;
    const complete = async (...words) =>
      (await run(platform, ['-c', `${script}\nCOMP_WORDS=(quanji ${words.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${words.length}; _quanji; echo "\${COMPREPLY[*]}"`], { program: 'bash' })).out.trim().split(' ');
    assert.deepEqual(await complete('depart'), ['departments']);
    assert.ok((await complete('departments', 'l')).includes('list'));
    assert.ok((await complete('--profile', 'sec', 'departments', 'l')).includes('list'));
    assert.ok((await complete('departments', 'create', '--par')).includes('--parent-id'));
    assert.ok((await complete('login', '--access')).includes('--access-key-stdin'));
    assert.ok((await complete('audit', 'ver')).includes('verify'));
    assert.match((await done(platform, ['completion', 'zsh'])).out, /bashcompinit/);
  }));

test('sentences come in the language of the terminal', () =>
  withPlatform({}, async (platform) => {
    assert.match((await run(platform, ['departments', 'list'], { language: 'zh_CN.UTF-8' })).err, /尚未登录/);
    assert.match((await run(platform, ['departments', 'list'])).err, /Not signed in/);
  }));
