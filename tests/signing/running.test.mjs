// Each signing example against a running platform: what it signs is let in, what was altered or is sent again is not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { liftLimits, nextSecond, Person, Platform, root } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const examples = join(root, 'examples/signing');
const languages = {
  shell: ['bash', join(examples, 'shell/sign')],
  python: [process.env.QUANJI_PYTHON ?? '/usr/bin/python3', join(examples, 'python/sign.py')],
  javascript: [process.execPath, join(examples, 'javascript/sign.mjs')],
  java: ['java', join(examples, 'java/Sign.java')],
};

// The example's own headers: nonce and time are its own too.
async function sign([program, ...first], key, algorithm, method, target, body, onBehalfOf) {
  const child = spawn(program, [...first, key, method, target, ...(body ? [body] : [])], { env: { ...process.env, QJ_ALGORITHM: algorithm, ...(onBehalfOf ? { QJ_ON_BEHALF_OF: onBehalfOf } : {}) }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (d) => (out += d));
  child.stderr.on('data', (d) => (err += d));
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(status, 0, err);
  return Object.fromEntries(out.trim().split('\n').map((line) => line.split(/: (.*)/).slice(0, 2)).map(([name, value]) => [name.toLowerCase(), value]));
}

test('the signing examples call a running platform', { timeout: 180_000 }, async (t) => {
  const platform = await new Platform().start();
  try {
    const system = await liftLimits(platform);
    const security = await new Person(platform, 'security', platform.accounts.security).signIn('token');
    const made = await security.post('/api-clients', { name: 'examples', departmentId: top, scopes: ['department.read', 'department.create'], actFor: true });
    assert.equal(made.status, 201, made.raw);
    const key = platform.file('key.txt');
    writeFileSync(key, `${made.data.accessKey}\n${made.data.secret}\n`, { mode: 0o600 });
    await nextSecond();
    for (const [language, program] of Object.entries(languages))
      await t.test(`the ${language} example is let in; its altered body and its second sending are not`, async () => {
        for (const algorithm of ['QJ1-HMAC-SHA256', 'QJ1-HMAC-SM3']) {
          const code = async (method, path, body, headers) => {
            const answer = await platform.request(method, path, { body, headers });
            return { code: answer.json.code, answer };
          };
          const is = ({ code: got, answer }, want) => {
            assert.equal(got, want, `${algorithm}: ${answer.raw}`);
            return answer;
          };
          const read = `/api/v1/departments?keyword=${encodeURIComponent('总部')}&pageSize=5`;
          const reading = await sign(program, key, algorithm, 'GET', read);
          assert.equal(is(await code('GET', read, undefined, reading), 0).status, 200);
          is(await code('GET', read, undefined, reading), 10005);
          is(await code('GET', `${read}0`, undefined, await sign(program, key, algorithm, 'GET', read)), 10004);

          const file = platform.file(`body-${language}`), body = JSON.stringify({ parentId: top, name: `${language}-${algorithm}-签名` });
          writeFileSync(file, body);
          const headers = await sign(program, key, algorithm, 'POST', '/api/v1/departments', file);
          is(await code('POST', '/api/v1/departments', body.replace('签名', '篡改'), headers), 10004);
          assert.equal(is(await code('POST', '/api/v1/departments', body, headers), 0).status, 201);
          is(await code('POST', '/api/v1/departments', body, headers), 10005);
        }
        const me = '/api/v1/auth/me';
        const forSystem = await sign(program, key, 'QJ1-HMAC-SHA256', 'GET', me, undefined, system.signedIn.userId);
        const answer = await platform.request('GET', me, { headers: forSystem });
        assert.equal(answer.data?.userId, system.signedIn.userId, answer.raw);
        const other = await platform.request('GET', me, { headers: { ...await sign(program, key, 'QJ1-HMAC-SHA256', 'GET', me, undefined, system.signedIn.userId), 'x-on-behalf-of': security.signedIn.userId } });
        assert.equal(other.json.code, 10004, other.raw);
      });
    await platform.stopCleanly();
  } finally {
    if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
    platform.remove();
  }
});
