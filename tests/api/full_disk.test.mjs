// A disk that is really full: what lowers risk is recorded and done on the reserve, everything else is refused until there is room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Person, Platform } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw);
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};
// Room for the reserve (64 MiB), twice its low water and the database, and no more than that.
const size = 112;

// Writes until the disk is full.
function fillUp(path) {
  const file = openSync(path, 'w');
  for (let bytes = 1 << 20; bytes >= 4096;) {
    try {
      writeSync(file, Buffer.alloc(bytes, 1));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
      bytes >>= 1;
    }
  }
  closeSync(file);
}

test('a full disk', async (t) => {
  const platform = new Platform();
  mkdirSync(platform.data);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m`, 'tmpfs', platform.data], { stdio: 'pipe' });
  } catch {
    platform.remove();
    return t.skip('machine: a file system of its own cannot be mounted here (it takes root)');
  }
  try {
    await platform.start();
    const system = await new Person(platform, 'system', platform.accounts.system).signIn('token');
    const auditor = await new Person(platform, 'audit', platform.accounts.audit).signIn('token');
    const create = (account) => system.post('/users', { account, name: account, departmentId: top });
    const zhang = is(await create('zhang'), 201);
    const filler = join(platform.data, 'filler');
    fillUp(filler);
    // Whether the once-a-second look or the change itself meets the full disk first, the answers are these.
    const refused = await create('li');
    is(refused, 503, 'audit_unavailable');
    assert.equal(refused.json.code, 90001);
    assert.equal(is(await system.post(`/users/${zhang.id}/disable`, { reason: '离职' }), 200).state, 'disabled');
    const [row] = is(await auditor.get(`/audit?target=${zhang.id}`), 200).items;
    assert.equal(row.operation, 'user.disable');
    is(await create('li'), 503, 'audit_unavailable');
    rmSync(filler);
    let again;
    for (const began = Date.now(); Date.now() - began < 20_000 && again?.status !== 201;) again = await create('li');
    is(again, 201);
    await platform.stopCleanly();
  } catch (error) {
    error.message += `\nplatform log:\n${platform.log.split('\n').slice(-15).join('\n')}`;
    throw error;
  } finally {
    if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
    execFileSync('umount', [platform.data]);
    platform.remove();
  }
});
