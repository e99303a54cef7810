// kill -9 of a robot and of its runner while a trial run is under way: its finished report arrives exactly once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { chance, liftLimits, long, Platform, programs, seed } from '../platform.mjs';

const rounds = long ? 100 : 6;
const wait = (ms) => new Promise((r) => setTimeout(r, ms));

class Robot {
  constructor(platform) {
    this.folder = platform.file('robot');
    mkdirSync(this.folder, { mode: 0o700 });
    this.config = join(this.folder, 'robot.toml');
    writeFileSync(this.config, `data_dir = "${join(this.folder, 'data')}"\n[robot]\nplatform = "https://127.0.0.1:${platform.ports.robots}"\nname = "settlement-01"\n`);
    this.log = '';
  }
  run(...words) {
    const child = spawn(join(programs, 'quanji-robot'), ['--config', this.config, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => (this.log += d));
    return child;
  }
  async enrol(code) {
    const child = this.run('enrol');
    child.stdin.end(`${code}\n`);
    const [status] = await once(child, 'exit');
    assert.equal(status, 0, this.log);
  }
  start() {
    this.child = this.run('run');
    this.ended = once(this.child, 'exit');
  }
  async end(signal) {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode) return;
    this.child.kill(signal);
    await this.ended;
  }
  // Runners among the robot's descendants, whatever shuts them in. Before one runs a task it may be a warm spare.
  runners() {
    const parents = new Map(), names = new Map();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        parents.set(Number(pid), Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[1]));
        names.set(Number(pid), readlinkSync(`/proc/${pid}/exe`));
      } catch { /* it has ended */ }
    }
    const descends = (pid) => { for (let p = parents.get(pid); p > 1; p = parents.get(p)) if (p === this.child.pid) return true; return false; };
    return [...names].filter(([pid, exe]) => /quanji-runner/.test(exe) && descends(pid)).map(([pid]) => pid);
  }
}

async function finished(system, task, robot) {
  for (const began = Date.now(); ; await wait(25)) {
    const answer = await system.get(`/robots/${robot.id}/trial-runs/${task}`);
    assert.equal(answer.status, 200, answer.raw);
    if (answer.data.reports.some((report) => report.kind === 'finished')) return answer.data;
    assert.ok(Date.now() - began < 60_000, `no result of ${task} within 60 s, seed=${seed}: ${answer.raw}\n${robot.log.slice(-4000)}`);
  }
}
function once_only(trial) {
  assert.equal(trial.reports.filter((report) => report.kind === 'finished').length, 1, JSON.stringify(trial.reports));
  assert.equal(new Set(trial.reports.map((report) => report.seq)).size, trial.reports.length, JSON.stringify(trial.reports));
  assert.equal(trial.state, 'finished');
}

test("a trial run's result arrives once whatever is killed", { timeout: long ? 3_000_000 : 280_000 }, async () => {
  const random = chance(seed), platform = new Platform();
  let robot, tried = 0, metRunner = 0;
  try {
    await platform.start();
    const system = await liftLimits(platform);
    const code = await system.post('/robots/enrolment-codes', { name: 'settlement-01' });
    assert.equal(code.status, 201, code.raw);
    robot = new Robot(platform);
    await robot.enrol(code.data.code);
    const { id } = (await system.get('/robots')).data.items[0];
    robot.id = id;
    robot.start();
    const begin = async (expression) => {
      const made = await system.post(`/robots/${id}/trial-runs`, { expression }, { 'idempotency-key': `trial-${seed}-${++tried}` });
      assert.equal(made.status, 201, made.raw);
      return made.data.task;
    };
    const plain = await finished(system, await begin('6 * 7'), robot);
    once_only(plain);
    assert.match(JSON.stringify(plain.reports), /42/);

    for (let n = 0; n < rounds; ++n) {
      const task = await begin('sum(range(30_000_000))');
      await wait(random.below(900));
      await robot.end('SIGKILL');
      robot.start();
      once_only(await finished(system, task, robot));
    }
    for (let n = 0; n < rounds; ++n) {
      const task = await begin('sum(range(60_000_000))');
      let killed = false;
      for (const began = Date.now(); !killed && Date.now() - began < 10_000; await wait(5)) {
        const trial = (await system.get(`/robots/${robot.id}/trial-runs/${task}`)).data;
        if (trial.reports.some((report) => report.kind === 'finished')) break;
        const runners = robot.runners();
        if (trial.state === 'accepted' && runners.length) {
          await wait(random.below(200));
          for (const pid of runners) try { process.kill(pid, 'SIGKILL'); killed = true; } catch { /* it has ended */ }
        }
      }
      const trial = await finished(system, task, robot);
      once_only(trial);
      const end = trial.reports.find((report) => report.kind === 'finished').body;
      if (killed && !/"success"/.test(JSON.stringify(end))) ++metRunner;
    }
    assert.ok(metRunner > 0, 'at least one kill met a runner at work and was told as a failure');
    // Nothing trickles in later.
    await wait(1000);
    once_only((await system.get(`/robots/${id}/trial-runs/${plain.task}`)).data);
    console.log(`verified ${tried} results over ${rounds} kills of the robot and ${rounds} of the runner (${metRunner} met it at work), seed=${seed}`);
    await robot.end('SIGTERM');
    await platform.stopCleanly();
  } finally {
    await robot?.end('SIGKILL');
    if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
    platform.remove();
  }
});
