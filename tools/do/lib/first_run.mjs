// What ./do run does as a person would: first_run.mjs code FOLDER prints an enrolment code for the demo robot (to be piped, not shown);
// first_run.mjs trial FOLDER waits for the robot, runs one expression on it and says what came back.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';

const [word, folder] = process.argv.slice(2);
const read = (name) => readFileSync(join(folder, name), 'utf8');
const port = Number(/^https=(\d+)/m.exec(read('ports'))[1]);
const agent = new https.Agent({ ca: read('ca.pem'), keepAlive: true });
const password = Object.fromEntries(read('accounts.txt').trim().split('\n').map((line) => line.split('\t')));

function call(method, path, body, headers = {}) {
  const text = body && JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = https.request({ host: 'localhost', port, method, path: `/api/v1${path}`, agent, headers: { ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}), ...headers } }, (answer) => {
      let raw = '';
      answer.on('data', (d) => (raw += d));
      answer.on('end', () => {
        const parsed = JSON.parse(raw);
        if (parsed.code !== 0) reject(new Error(`${method} ${path}: ${parsed.message}`));
        else resolve(parsed.data);
      });
    });
    request.on('error', reject);
    request.end(text);
  });
}

const { accessToken } = await call('POST', '/auth/login', { account: 'system', password: password.system, want: 'token' });
const headers = { authorization: `Bearer ${accessToken}` };
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what, seconds) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(200)) {
    const found = await what();
    if (found) return found;
  }
  throw new Error(`nothing came within ${seconds} s`);
}

if (word === 'code') {
  process.stdout.write((await call('POST', '/robots/enrolment-codes', { name: 'demo-1' }, headers)).code + '\n');
} else {
  const robot = await until(async () => (await call('GET', '/robots?name=demo-1', undefined, headers)).items.find((r) => r.connected), 20);
  const expression = 'sum(range(1, 101))';
  const began = Date.now();
  const { task } = await call('POST', `/robots/${robot.id}/trial-runs`, { expression }, headers);
  const trial = await until(async () => {
    const seen = await call('GET', `/robots/${robot.id}/trial-runs/${task}`, undefined, headers);
    return seen.state === 'finished' ? seen : undefined;
  }, 30);
  const last = trial.reports.at(-1).body;
  const sandbox = last.sandbox?.level ?? 'unknown';
  if (last.outcome !== 'success') throw new Error(`the trial ended with ${last.outcome}: ${last.error?.message ?? ''}`);
  console.log(`  机器人 demo-1 已试运行 · robot demo-1 ran:  ${expression} = ${last.outputs.result}   (${Date.now() - began} ms, sandbox ${sandbox})`);
}
agent.destroy();
