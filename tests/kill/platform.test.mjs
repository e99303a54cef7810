// kill -9 of the platform under load: what was acknowledged is there, what was retried happened once, and the audit log knows of each.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chance, Client, databases, liftLimits, long, Person, Platform, seed } from '../platform.mjs';

const kills = Number(process.env.QUANJI_KILLS ?? (long ? 300 : 15));
const creators = 16;

async function pages(person, path) {
  const all = [];
  for (let cursor = ''; ; ) {
    const answer = await person.get(`${path}${path.includes('?') ? '&' : '?'}pageSize=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    assert.equal(answer.status, 200, answer.raw);
    all.push(...answer.data.items);
    cursor = answer.data.nextCursor;
    if (!cursor) return all;
  }
}

for (const database of databases)
  test(`no acknowledged change is lost and none happens twice (${database})`, { timeout: long ? 3_000_000 : 300_000 }, async () => {
    const random = chance(seed);
    const platform = new Platform({ database });
    try {
      await platform.start();
      const system = await liftLimits(platform);
      const security = await new Person(platform, 'security', platform.accounts.security).signIn('token');
      const auditor = await new Person(platform, 'audit', platform.accounts.audit).signIn('token');
      const parent = (await system.post('/departments', { parentId: 'dep_00000000000000000000000001', name: '压测' })).data.id;
      const key = (await security.post('/api-clients', { name: 'load', departmentId: parent, scopes: ['department.create', 'department.read'] })).data;
      const client = new Client(platform, key.accessKey, key.secret);

      const acknowledged = new Map(); // name → id
      const asked = new Set();        // every name ever sent
      let retried = 0, repeats = 0, refused = 0, running = true, up;
      let opened = new Promise((r) => (up = r));
      const create = async (worker, name) => {
        const body = { parentId: parent, name };
        for (let attempt = 0; running; ++attempt) {
          await opened;
          if (!running) return;
          asked.add(name);
          let answer;
          try {
            const headers = { 'idempotency-key': `key-${name}` };
            answer = worker % 2 ? await client.call('POST', '/departments', body, { headers }) : await system.post('/departments', body, headers);
          } catch {
            ++retried;
            await new Promise((r) => setImmediate(r));
            continue;
          }
          if (answer.status === 401 && attempt < 200) { // a signature made in the second before the start may be refused
            await new Promise((r) => setTimeout(r, 50));
            continue;
          }
          if (answer.status === 503) { // PostgreSQL may give up a change that collided too often; the same key is tried again
            assert.equal(answer.json.reason, 'store_unavailable', answer.raw);
            ++refused;
            continue;
          }
          assert.equal(answer.status, 201, `${name}, attempt ${attempt}: ${answer.raw}`);
          assert.equal(answer.data.name, name);
          if (attempt) ++repeats;
          acknowledged.set(name, answer.data.id);
          return;
        }
      };
      let failure;
      const workers = Array.from({ length: creators }, async (_, worker) => {
        for (let n = 0; running; ++n) await create(worker, `d${worker}-${n}`);
      }).map((work) => work.catch((error) => { failure ??= error; running = false; up(); }));

      let checkedByTarget = 0;
      for (let cycle = 0; cycle < kills && !failure; ++cycle) {
        const before = acknowledged.size, known = new Set(acknowledged.keys());
        up();
        for (const began = Date.now(); acknowledged.size === before && !failure; await new Promise((r) => setTimeout(r, 1)))
          assert.ok(Date.now() - began < 20_000, `nothing was acknowledged for 20 s\n${platform.log.slice(-3000)}`);
        await new Promise((r) => setTimeout(r, random.below(600)));
        opened = new Promise((r) => (up = r)); // before the kill, so that nobody spins on a closed port
        const how = await platform.kill();
        assert.equal(how.signal, 'SIGKILL', `it ended by itself:\n${platform.log.slice(-6000)}`);
        await platform.start();

        const there = new Map();
        for (const one of await pages(system, `/departments/${parent}/children`)) {
          assert.ok(!there.has(one.name), `${one.name} exists twice after kill ${cycle + 1}, seed=${seed}`);
          assert.ok(asked.has(one.name), `nobody asked for ${one.name}`);
          there.set(one.name, one.id);
        }
        for (const [name, id] of acknowledged) assert.equal(there.get(name), id, `${name} was acknowledged and is lost after kill ${cycle + 1}, seed=${seed}`);
        const fresh = [...acknowledged].filter(([name]) => !known.has(name)).sort(() => random.next() - 0.5).slice(0, 20);
        for (const [name, id] of fresh) {
          const rows = (await auditor.get(`/audit?target=${id}`)).data.items;
          assert.deepEqual(rows.map((row) => [row.audit, row.targetName, row.result]), [['department.created', `总部/压测/${name}`, 0]], name);
          ++checkedByTarget;
        }
      }
      const lastPass = Date.now();
      up();
      while (Date.now() - lastPass < 500 && !failure) await new Promise((r) => setTimeout(r, 20));
      running = false;
      await Promise.all(workers);
      if (failure) throw failure;

      const created = new Map();
      for (const row of await pages(auditor, '/audit?audit=department.created'))
        if (row.result === 0) created.set(row.target, (created.get(row.target) ?? 0) + 1);
      for (const [name, id] of acknowledged) assert.equal(created.get(id), 1, `audit rows of ${name}, seed=${seed}`);
      // Two seconds for the sealer to close the last rows into a block, then all blocks from the first.
      await new Promise((r) => setTimeout(r, 2100));
      for (let from = 1, last; ; from = last + 1) {
        const verified = (await auditor.post('/audit/verify', { fromBlock: from, toBlock: from + 499 }));
        assert.equal(verified.status, 200, verified.raw);
        assert.ok(verified.data.clean && verified.data.found === 0, JSON.stringify(verified.data.faults));
        last = verified.data.toBlock;
        if (from === 1) assert.ok(verified.data.rows > 0, 'blocks with rows were checked');
        if (last < from + 499 && verified.data.blocks < 500) break;
      }
      assert.ok(retried > 0, 'the kills met requests under way');
      console.log(`verified ${acknowledged.size} acknowledged changes over ${kills} kills, seed=${seed} (${database}; ${retried} broken off, ${refused} answered 503, ${repeats} acknowledged on a later try, ${checkedByTarget} audit rows by target)`);
      await platform.stopCleanly();
    } finally {
      if (platform.child?.exitCode === null && platform.child.signalCode === null) await platform.kill();
      platform.remove();
    }
  });
