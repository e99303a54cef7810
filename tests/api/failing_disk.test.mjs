// A disk that fails to sync under a commit: the program stops at once, and the next start has everything that was acknowledged.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { Person, Platform } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';

test('a disk that fails to sync ends the program, and the next start has every acknowledged change', async () => {
  const flag = (platform) => platform.file('failing');
  const platform = new Platform();
  Object.assign(platform.options, { env: { QUANJI_TEST_FAILING_SYNC: flag(platform), LD_PRELOAD: process.env.QUANJI_TEST_FAILING_SYNC_LIBRARIES } });
  try {
    await platform.start();
    const create = (person, number) => person.post('/departments', { parentId: top, name: `部门 ${number}` }, { 'idempotency-key': `number-${number}` });
    let system = await new Person(platform, 'system', platform.accounts.system).signIn('token');
    const acknowledged = new Map();
    for (let number = 0; number < 20; ++number) {
      const answer = await create(system, number);
      assert.equal(answer.status, 201, answer.raw);
      acknowledged.set(number, answer.data.id);
    }
    writeFileSync(flag(platform), '');
    // Several at once: every one of the group must learn that nobody knows whether it was kept.
    const answers = await Promise.all([20, 21, 22, 23].map((number) => create(system, number).catch((error) => error)));
    for (const answer of answers) {
      if (answer instanceof Error) continue; // the program was gone before it could answer
      assert.equal(answer.status, 503, answer.raw);
      assert.equal(answer.json.reason, 'store_unavailable', answer.raw);
    }
    const { code, signal } = await platform.ended;
    assert.equal(signal, null);
    assert.notEqual(code, 0, 'an end by a failing disk is no clean end: systemd must start it again');
    assert.match(platform.log, /store_stopped/);

    rmSync(flag(platform));
    platform.agent.destroy();
    await platform.start();
    system = await new Person(platform, 'system', platform.accounts.system).signIn('token');
    for (const [number, id] of acknowledged) assert.equal((await system.get(`/departments/${id}`)).data.name, `部门 ${number}`);
    for (const number of [20, 21, 22, 23]) assert.equal((await create(system, number)).status, 201);
    const listed = (await system.get('/departments?pageSize=200')).data.items.filter(({ name }) => name.startsWith('部门'));
    assert.equal(listed.length, 24, 'each once, whatever became of the first try');
    await platform.stopCleanly();
  } catch (error) {
    error.message += `\nplatform log:\n${platform.log.split('\n').slice(-15).join('\n')}`;
    throw error;
  } finally {
    if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
    platform.remove();
  }
});
