// screenshots.mjs FILE: a platform and a robot of their own, some honest work, then the home page as the system administrator sees it.
import { execFileSync, spawn } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Person, Platform, programs, root } from '../../../tests/platform.mjs';

const [picture] = process.argv.slice(2);
const most = 300 * 1024;
const { chromium } = createRequire(join(root, 'console/package.json'))('playwright-core');
if (!execFileSync('fc-list', [':lang=zh-cn', 'family'], { encoding: 'utf8' }).trim()) {
  console.error('没有中文字体，截图会缺字 · no Chinese font: ./do setup --test');
  process.exit(1);
}
const robots = [];
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(100)) {
    const found = await what();
    if (found) return found;
  }
  throw new Error(`nothing came within ${seconds} s`);
}
async function joinRobot(platform, system, name) {
  const { code } = (await system.post('/robots/enrolment-codes', { name })).data;
  const file = platform.file(`${name}.toml`);
  writeFileSync(file, `data_dir = "${platform.file(name)}"\n[robot]\nplatform = "https://localhost:${platform.ports.robots}"\nname = "${name}"\n`);
  const enrol = spawn(join(programs, 'quanji-robot'), ['--config', file, 'enrol'], { stdio: ['pipe', 'ignore', 'inherit'] });
  enrol.stdin.end(`${code}\n`);
  const ended = await new Promise((resolve) => enrol.once('exit', resolve));
  if (ended !== 0) throw new Error(`${name} did not enrol: ${ended}`);
  robots.push(spawn(join(programs, 'quanji-robot'), ['--config', file, 'run'], { stdio: 'ignore' }));
  return until(async () => (await system.get(`/robots?name=${name}`)).data.items.find((robot) => robot.connected));
}
async function trial(person, robot, expression) {
  const begun = await person.post(`/robots/${robot.id}/trial-runs`, { expression });
  if (!begun.data) throw new Error(`the trial run did not begin: ${begun.raw}`);
  const { task } = begun.data;
  await until(async () => ['finished', 'refused'].includes((await person.get(`/robots/${robot.id}/trial-runs/${task}`)).data.state));
}

const platform = new Platform();
let browser;
try {
  await platform.start();
  const system = await new Person(platform, 'system', platform.accounts.system).signIn();
  for (const name of ['qingsuan-1', 'qingsuan-2', 'guzhi-1']) {
    const robot = await joinRobot(platform, system, name);
    await trial(system, robot, 'sum(range(1, 101))');
  }
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', viewport: { width: 1366, height: 768 } });
  const page = await context.newPage();
  await page.goto(`https://localhost:${platform.ports.https}/`);
  await page.getByLabel('账号').fill('system');
  await page.getByLabel('口令', { exact: true }).fill(platform.accounts.system);
  await page.getByRole('button', { name: /登\s*录/ }).click();
  await page.getByRole('cell', { name: 'qingsuan-1', exact: true }).waitFor();
  await page.getByText('试运行').first().waitFor();
  await page.mouse.move(5, 760);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: picture, animations: 'disabled' });
  const size = statSync(picture).size;
  if (size > most) throw new Error(`${picture} has ${size} bytes, more than ${most}`);
  console.log(`${picture}: ${Math.round(size / 1024)} KiB`);
} finally {
  await browser?.close();
  for (const robot of robots) {
    robot.kill('SIGTERM');
    if (robot.exitCode === null) await new Promise((resolve) => robot.once('exit', resolve));
  }
  await platform.stop();
  platform.remove();
}
