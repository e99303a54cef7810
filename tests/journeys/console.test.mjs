// The console as people use it, in Debian's Chromium against a real platform and robot.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Platform, Person, programs, root } from '../platform.mjs';

const { chromium } = createRequire(join(root, 'console/package.json'))('playwright-core');
const pictures = join(root, 'build/pictures');
mkdirSync(pictures, { recursive: true });

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(() => browser.close());

// A page that fails the test on anything its console complains of.
async function open(platform, path) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'zh-CN', viewport: { width: 1320, height: 860 } });
  const page = await context.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (said) => {
    if (said.type() === 'error' && !/status of 4\d\d/.test(said.text())) page.complaints.push(said.text());
  });
  page.setDefaultTimeout(20_000);
  await page.goto(`https://localhost:${platform.ports.https}${path}`);
  return page;
}
async function withPlatform(options, journey) {
  const platform = new Platform(options);
  try {
    await platform.start();
    await journey(platform);
  } finally {
    await platform.stop();
    platform.remove();
  }
}
async function signIn(page, account, password) {
  await page.getByLabel('账号').fill(account);
  await page.getByLabel('口令', { exact: true }).fill(password);
  await page.getByRole('button', { name: /登\s*录/ }).click();
  await page.getByText(/欢迎，/).waitFor();
}

test('ThreeAdministratorsAreSetUpFromTheLinkAndOneOfThemMakesADepartment', { timeout: 120_000 }, () =>
  withPlatform({ profile: 'standard' }, async (platform) => {
    const page = await open(platform, `/setup#${platform.setUpCode}`);
    await page.getByRole('heading', { name: '首次设置' }).waitFor();
    assert.equal(new URL(page.url()).hash, '', 'the code stays in the address bar');
    const passwords = { 系统管理员: 'Correct-Horse-Battery-7', 安全管理员: 'Staple-Garden-Window-8', 审计员: 'Orange-Ladder-Kitchen-9' };
    for (const [legend, password] of Object.entries(passwords)) {
      const group = page.getByRole('group', { name: legend });
      await group.getByLabel('姓名').fill(legend);
      await group.getByLabel('口令').fill(password);
    }
    await page.screenshot({ path: join(pictures, 'set-up.png') });
    await page.getByRole('button', { name: '首次设置' }).click();
    await page.getByText('设置完成').waitFor();
    await page.getByRole('link', { name: '去登录' }).click();
    await signIn(page, 'system', passwords.系统管理员);
    await page.getByRole('menuitem', { name: '部门' }).click();
    await page.getByRole('button', { name: /新\s*建/ }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('上级部门', { exact: false }).first().fill('dep_00000000000000000000000001');
    await form.getByLabel(/名称/).first().fill('清算部');
    await form.getByRole('button', { name: /确\s*定/ }).click();
    await page.getByRole('cell', { name: '清算部', exact: true }).first().waitFor();
    await page.screenshot({ path: join(pictures, 'departments.png') });
    assert.equal(await page.getByRole('menuitem', { name: '审计日志' }).count(), 0, 'the system administrator sees the audit log in the menu');
    assert.deepEqual(page.complaints, []);
  }));

test('ARefusalIsSaidInThePlatformsOwnSentence', { timeout: 60_000 }, () =>
  withPlatform({}, async (platform) => {
    const page = await open(platform, '/');
    await page.getByLabel('账号').fill('system');
    await page.getByLabel('口令', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: /登\s*录/ }).click();
    await page.getByRole('alert').getByText(/不正确/).waitFor();
    assert.deepEqual(page.complaints, []);
  }));

test('ARobotIsSeenOnlineAndRunsAnExpressionFromThePage', { timeout: 120_000 }, () =>
  withPlatform({}, async (platform) => {
    const system = await new Person(platform, 'system', platform.accounts.system).signIn();
    const { code } = (await system.post('/robots/enrolment-codes', { name: 'desk-1' })).data;
    const file = platform.file('robot.toml');
    writeFileSync(file, `data_dir = "${platform.file('robot')}"\n[robot]\nplatform = "https://localhost:${platform.ports.robots}"\nname = "desk-1"\n`);
    const program = join(programs, 'quanji-robot');
    const joined = spawn(program, ['--config', file, 'enrol'], { stdio: ['pipe', 'ignore', 'inherit'] });
    joined.stdin.end(`${code}\n`);
    assert.equal(await new Promise((r) => joined.once('exit', r)), 0);
    const robot = spawn(program, ['--config', file, 'run'], { stdio: 'ignore' });
    try {
      const page = await open(platform, '/');
      await signIn(page, 'system', platform.accounts.system);
      await page.getByRole('menuitem', { name: '机器人' }).click();
      await page.getByRole('heading', { name: '机器人' }).waitFor();
      await page.getByRole('cell', { name: 'desk-1', exact: true }).waitFor();
      await page.getByRole('button', { name: /展开行|Expand row/ }).first().click();
      await page.getByText('在线', { exact: true }).waitFor();
      await page.getByRole('button', { name: /试\s*运\s*行/ }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Python').fill('2 ** 16');
      await dialog.getByRole('button', { name: /试\s*运\s*行/ }).click();
      assert.match(await page.getByTestId('trial-result').innerText(), /65536/);
      await page.screenshot({ path: join(pictures, 'robot.png') });
      assert.deepEqual(page.complaints, []);
    } finally {
      robot.kill('SIGTERM');
      await new Promise((r) => robot.once('exit', r));
    }
  }));

test('TheConsoleSpeaksEnglishAndTheApiPagesStandWithoutANetwork', { timeout: 90_000 }, () =>
  withPlatform({}, async (platform) => {
    const page = await open(platform, '/');
    await signIn(page, 'security', platform.accounts.security);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('Welcome,', { exact: false }).waitFor();
    await page.getByRole('menuitem', { name: 'Roles' }).click();
    await page.getByRole('cell', { name: 'system_administrator', exact: true }).waitFor();
    const foreign = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(`https://localhost:${platform.ports.https}`) && !request.url().startsWith('data:') && !request.url().startsWith('blob:')) foreign.push(request.url());
    });
    await page.goto(`https://localhost:${platform.ports.https}/docs`);
    await page.getByText('/api/v1/api-clients', { exact: true }).first().waitFor(); // what is below is drawn when it is scrolled to
    await page.screenshot({ path: join(pictures, 'api.png') });
    assert.deepEqual(foreign, []);
    assert.deepEqual(page.complaints, []);
  }));
