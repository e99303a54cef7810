// Starts a real platform in a folder of its own, on ports the kernel chose, and calls it as people and clients do.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const programs = process.env.QUANJI_PROGRAMS ?? join(root, 'build/ci/bin');
export const long = Boolean(process.env.QUANJI_LONG);
export const seed = Number(process.env.QUANJI_SEED ?? Date.now() % 1_000_000);
// The databases to run against: PostgreSQL when tests/with_postgres gave one.
export const databases = process.env.QUANJI_TEST_POSTGRES ? ['sqlite', 'postgres'] : ['sqlite'];

// Chance from a printed seed (mulberry32), so that a failing run can be run again.
export function chance(from) {
  let a = from >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] };
}

// Signatures carry whole seconds, and those of the second a platform started in count as older than it.
export const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));

// A database of its own on the server of tests/with_postgres, so that two platforms never meet.
function freshDatabase(url) {
  const name = `qj_${randomBytes(6).toString('hex')}`;
  execFileSync('psql', [url, '-qc', `create database ${name}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  return url.replace('/postgres?', `/${name}?`);
}

// Which operations were answered with success, for tools/check_called: written when the test program ends.
const answered = new Set();
let templates;
// For tests that speak to the platform by a way of their own, too: that this operation was answered with success.
export function noteSuccess(method, target) {
  if (!process.env.QUANJI_TEST_RESULTS) return;
  templates ??= Object.entries(JSON.parse(readFileSync(join(root, 'contracts/openapi.json'), 'utf8')).paths)
    .flatMap(([path, verbs]) => Object.keys(verbs).map((verb) => ({ call: `${verb.toUpperCase()} ${path}`, form: new RegExp(`^${verb.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}$`) })))
    .sort((a, b) => a.call.split('{').length - b.call.split('{').length); // a path of its own stands before one with a parameter
  const asked = `${method} ${target.split('?')[0]}`;
  const found = templates.find(({ form }) => form.test(asked));
  if (found) answered.add(found.call);
}
if (process.env.QUANJI_TEST_RESULTS)
  process.on('exit', () => {
    if (answered.size) appendFileSync(join(process.env.QUANJI_TEST_RESULTS, 'called.txt'), [...answered].map((call) => `${call}\n`).join(''));
  });

export class Platform {
  constructor(options = {}) {
    this.options = { profile: 'demo', database: 'sqlite', ...options };
    this.folder = mkdtempSync(join(tmpdir(), 'qjp.'));
    this.data = join(this.folder, 'data');
    if (this.options.database === 'postgres') this.url = freshDatabase(this.options.url ?? process.env.QUANJI_TEST_POSTGRES);
  }
  file(name) {
    return join(this.folder, name);
  }
  async start() {
    rmSync(this.file('ports'), { force: true });
    const database = this.options.database === 'sqlite' ? 'sqlite:' : this.url;
    const env = { ...process.env, QUANJI_LISTEN__HTTPS: '127.0.0.1:0', QUANJI_LISTEN__ROBOTS: '127.0.0.1:0', QUANJI_LISTEN__PLAIN: '127.0.0.1:0', QUANJI_PROFILE: this.options.profile, ...this.options.env };
    this.log = '';
    this.child = spawn(join(programs, 'quanji-platform'), ['--data-dir', this.data, '--database', database, '--ports-file', this.file('ports'), '--accounts-file', this.file('accounts'), '--trust-file', this.file('trust.pem')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', (d) => (this.log += d));
    let over;
    this.ended.then((how) => (over = how));
    for (const began = Date.now(); !existsSync(this.file('ports')); await new Promise((r) => setTimeout(r, 5))) {
      if (over) throw new Error(`the platform ended (${JSON.stringify(over)}): ${this.log}`);
      if (Date.now() - began > 60_000) throw new Error(`the platform did not start: ${this.log}`);
    }
    this.ports = Object.fromEntries(readFileSync(this.file('ports'), 'utf8').trim().split('\n').map((line) => line.split('=').map((v, i) => (i ? Number(v) : v))));
    this.ca = readFileSync(this.file('trust.pem'));
    this.agent = new https.Agent({ ca: this.ca, keepAlive: true, maxSockets: 64 });
    return this;
  }
  get setUpCode() {
    return /setup#(\S+)/.exec(this.log)?.[1];
  }
  get accounts() {
    return Object.fromEntries(readFileSync(this.file('accounts'), 'utf8').trim().split('\n').map((line) => line.split('\t').slice(0, 2)));
  }
  async kill() {
    this.agent?.destroy();
    this.child.kill('SIGKILL');
    return this.ended;
  }
  async stop() {
    this.agent?.destroy();
    this.child.kill('SIGTERM');
    return this.ended;
  }
  // Ends it as an operator does; anything but a clean end (a sanitizer's finding, a crash) is an error.
  async stopCleanly() {
    const { code, signal } = await this.stop();
    if (code !== 0 || signal || /Sanitizer|runtime error:/.test(this.log)) throw new Error(`the platform ended with ${signal ?? code}:\n${this.log.slice(-6000)}`);
  }
  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
  // One request as it is; the answer with its JSON when it is JSON. `from`: the caller's own address on loopback.
  request(method, path, { body, headers = {}, port = this.ports.https, agent = this.agent, from } = {}) {
    const text = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      // The longest time nothing came.
      let silence = 0, heard = Date.now();
      const hear = () => { silence = Math.max(silence, Date.now() - heard); heard = Date.now(); };
      const sent = https.request({ host: '127.0.0.1', localAddress: from, port, method, path, agent, servername: 'localhost', headers: { ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }), ...headers }, timeout: 30_000 }, (answer) => {
        const parts = [];
        answer.on('data', (d) => { hear(); parts.push(d); });
        answer.on('error', reject);
        answer.on('end', () => {
          const raw = Buffer.concat(parts).toString();
          let json;
          try { json = JSON.parse(raw); } catch { json = undefined; }
          if (answer.statusCode < 300 && !json?.code) noteSuccess(method, path);
          hear();
          resolve({ silence, status: answer.statusCode, headers: answer.headers, raw, json, data: json?.data });
        });
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer within 30 s')));
      sent.on('error', reject);
      sent.end(text);
    });
  }
}

// A person signed in by cookie, or with `token` by bearer.
export class Person {
  constructor(platform, account, password) {
    Object.assign(this, { platform, account, password });
  }
  async signIn(want = 'cookie', extra = {}) {
    const answer = await this.platform.request('POST', '/api/v1/auth/login', { body: { account: this.account, password: this.password, want, ...extra } });
    if (answer.status !== 200 && answer.status !== 201) throw Object.assign(new Error(`sign-in of ${this.account}: ${answer.status} ${answer.raw}`), { answer });
    this.signedIn = answer.data;
    this.headers = want === 'token' ? { authorization: `Bearer ${answer.data.accessToken}` } : { cookie: answer.headers['set-cookie'][0].split(';')[0], 'x-csrf-token': answer.data.csrfToken };
    return this;
  }
  call(method, path, body, headers = {}) {
    return this.platform.request(method, `/api/v1${path}`, { body: body ?? (method === 'POST' || method === 'PATCH' ? {} : undefined), headers: { ...this.headers, ...headers } });
  }
  get = (path, headers) => this.call('GET', path, undefined, headers);
  post = (path, body, headers) => this.call('POST', path, body, headers);
  patch = (path, body, headers) => this.call('PATCH', path, body, headers);
  del = (path, headers) => this.call('DELETE', path, undefined, headers);
}

// An API client that signs every request.
export class Client {
  constructor(platform, accessKey, secret, family = 'QJ1-HMAC-SHA256') {
    Object.assign(this, { platform, accessKey, secret, family });
  }
  sign(method, target, body, { timestamp = Math.floor(Date.now() / 1000), nonce = randomBytes(16).toString('hex'), onBehalfOf = '' } = {}) {
    const [path, query = ''] = target.split('?');
    const encode = (s) => encodeURIComponent(s).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    const pairs = [...new URLSearchParams(query)].map(([n, v]) => [encode(n), encode(v)]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
    const hash = this.family.endsWith('SM3') ? 'sm3' : 'sha256';
    const digest = createHash(hash).update(body ?? '').digest('hex');
    const text = [this.family, method, path, pairs.map(([n, v]) => `${n}=${v}`).join('&'), timestamp, nonce, onBehalfOf, digest].join('\n');
    return { 'x-access-key': this.accessKey, 'x-timestamp': String(timestamp), 'x-nonce': nonce, ...(onBehalfOf ? { 'x-on-behalf-of': onBehalfOf } : {}), 'x-signature': `${this.family} ${createHmac(hash, this.secret).update(text).digest('hex')}` };
  }
  call(method, path, body, options = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.platform.request(method, `/api/v1${path}`, { body: text, headers: { ...this.sign(method, `/api/v1${path}`, text, options), ...options.headers } });
  }
}

// Starts a platform for each database in turn and runs `tests` with it.
export async function eachDatabase(test, name, tests, options = {}) {
  for (const database of databases)
    await test(`${name} (${database})`, options.test ?? {}, async (t) => {
      const platform = new Platform({ database, url: process.env.QUANJI_TEST_POSTGRES, ...options.platform });
      try {
        await platform.start();
        await tests(t, platform, database);
        await platform.stopCleanly();
      } catch (error) {
        error.message += `\nplatform log:\n${platform.log.split('\n').slice(-15).join('\n')}`;
        throw error;
      } finally {
        if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
        platform.remove();
      }
    });
}

// Lifts the limits on calls a second, for tests that count other things.
export async function liftLimits(platform) {
  const system = await new Person(platform, 'system', platform.accounts.system).signIn('token');
  for (const name of ['person', 'client', 'report']) {
    const answer = await system.patch(`/settings/limits.${name}_per_second`, { value: 0, reason: 'load' });
    if (answer.status !== 200) throw new Error(`limits.${name}_per_second: ${answer.raw}`);
  }
  await new Promise((r) => setTimeout(r, 1100)); // the gate reads them once a second
  return system;
}
