// Each signing example against the platform's own canonicaliser, on cases made from a seed. QUANJI_SIGNING_VECTORS names the program.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chance, seed } from '../platform.mjs';

const examples = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'examples/signing');
const python = process.env.QUANJI_PYTHON ?? '/usr/bin/python3';
const programs = {
  shell: ['bash', join(examples, 'shell/sign')],
  python: [python, join(examples, 'python/sign.py')],
  javascript: [process.execPath, join(examples, 'javascript/sign.mjs')],
  java: ['java', join(examples, 'java/Sign.java')],
};
const folder = mkdtempSync(join(tmpdir(), 'qjs.'));
after(() => rmSync(folder, { recursive: true, force: true }));
console.log(`seed=${seed}`);
const random = chance(seed);

const queries = ['', 'a=1', 'b=2&a=2&a=1&a=', 'flag', '=x', 'a==b', '&&a=1&', 'q=%7e&r=~', 'q=a+b', 'q=%2b', 'q=%e4%b8%ad', 'q=中文', "q=!*'()", 'a=1%26b=2', 'z=1&%C3%A9=2&a=3', 'a-b=1&a=2&a.b=3&a_b=4&ab=5', 'q=%00%0A%ff'];
const word = () => Array.from({ length: 1 + random.below(6) }, () => random.pick([...'abZ09-._~', '+', '%20', '%3D', '%26', '%e5%bc%a0', '张'])).join('');
for (let i = 0; i < 8; i++) queries.push(Array.from({ length: 1 + random.below(6) }, () => `${word()}=${word()}`).join('&'));
const bodies = ['', '{}', '{"name":"张三"}', 'x'.repeat(1000)];
const cases = queries.map((query, i) => ({
  algorithm: i % 2 ? 'QJ1-HMAC-SM3' : 'QJ1-HMAC-SHA256',
  method: random.pick(['GET', 'POST', 'PATCH', 'DELETE']),
  path: random.pick(['/api/v1/users', '/api/v1/files/%E4%B8%AD', '/api/v1/files/中', '/api/v1/auth/me']),
  query,
  timestamp: String(1_700_000_000 + i),
  nonce: `nonce-${String(i).padStart(16, '0')}`,
  person: i % 3 ? '' : '10086',
  body: random.pick(bodies),
  secret: Array.from({ length: 43 }, () => random.pick([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'])).join(''),
}));

function wanted() {
  const hex = (text) => (text === '' ? '-' : Buffer.from(text).toString('hex'));
  const input = cases.map((c) => [c.algorithm, c.method, c.path, c.query, c.timestamp, c.nonce, c.person, c.body, c.secret].map(hex).join(' ')).join('\n');
  const ran = spawnSync(process.env.QUANJI_SIGNING_VECTORS, [], { input: `${input}\n`, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout.trim().split('\n');
}

for (const [language, [program, ...first]] of Object.entries(programs))
  test(`the ${language} example signs what the platform verifies`, () => {
    const tags = wanted();
    assert.equal(tags.length, cases.length);
    cases.forEach((c, i) => {
      const key = join(folder, 'key');
      const body = join(folder, 'body');
      writeFileSync(key, `QJAKABCDEFGHIJKLMNOP2345\n${c.secret}\n`, { mode: 0o600 });
      writeFileSync(body, c.body);
      const env = { ...process.env, QJ_ALGORITHM: c.algorithm, QJ_ON_BEHALF_OF: c.person, QJ_TIMESTAMP: c.timestamp, QJ_NONCE: c.nonce };
      const target = c.query === '' ? c.path : `${c.path}?${c.query}`;
      const ran = spawnSync(program, [...first, key, c.method, target, body], { env, encoding: 'utf8' });
      assert.equal(ran.status, 0, ran.stderr);
      const lines = ran.stdout.trim().split('\n');
      assert.ok(lines.includes(`X-Signature: ${c.algorithm} ${tags[i]}`), `${target}: ${ran.stdout}`);
      assert.equal(lines.includes('X-On-Behalf-Of: 10086'), c.person !== '');
    });
  });
