// Files from the wire to the disk and back, on both databases: large bodies, forms, parts, ranges, tickets, archives, and a kill in between.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { Client, eachDatabase, liftLimits, noteSuccess, Person } from '../platform.mjs';

const top = 'dep_00000000000000000000000001';
const is = (answer, status, reason) => {
  assert.equal(answer.status, status, answer.raw?.slice(0, 2000));
  if (reason) assert.equal(answer.json.reason, reason, answer.raw);
  return answer.data;
};
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const sm3 = (bytes) => createHash('sm3').update(bytes).digest('hex');
const plain = { 'content-type': 'application/octet-stream' };
const stored = (platform) => readdirSync(join(platform.data, 'blobs'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile() && e.name !== 'lock').length;
const staged = (platform) => readdirSync(join(platform.data, 'tmp')).length;

function form(fields, file) {
  const boundary = randomBytes(12).toString('hex');
  const parts = Object.entries(fields).map(([name, value]) => Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  if (file) parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: text/csv; charset=utf-8\r\n\r\n`), file.bytes, Buffer.from('\r\n'));
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { body: Buffer.concat(parts), headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}
// A download as it is: the bytes.
function fetch(platform, method, path, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = https.request({ host: '127.0.0.1', port: platform.ports.https, method, path: `/api/v1${path}`, agent: platform.agent, servername: 'localhost', headers: body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers } : headers }, (answer) => {
      const parts = [];
      answer.on('data', (d) => parts.push(d));
      answer.on('error', reject);
      if (answer.statusCode < 300) noteSuccess(method, `/api/v1${path}`);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

await eachDatabase(test, 'files', async (t, platform) => {
  await liftLimits(platform);
  const person = (account) => new Person(platform, account, platform.accounts[account]).signIn('token');
  const self = await person('operator'), auditor = await person('audit');
  const upload = (query, bytes, headers = {}) => self.call('POST', `/files?${new URLSearchParams(query)}`, bytes, { ...plain, ...headers });
  const content = (id, headers = {}) => fetch(platform, 'GET', `/files/${id}/content`, { headers: { ...self.headers, ...headers } });

  await t.test('bytes come in whole, larger than a body may be, and go out with their digests', async () => {
    const bytes = randomBytes(24 << 20);
    const file = is(await upload({ name: '行情.dat', departmentId: top, kind: 'input', businessDate: '2026-11-20' }, bytes), 201);
    assert.deepEqual([file.size, file.sha256, file.sm3, file.businessDate], [bytes.length, sha256(bytes), sm3(bytes), '2026-11-20']);
    const got = await content(file.id);
    assert.equal(got.status, 200);
    assert.ok(got.bytes.equals(bytes));
    assert.equal(got.headers['content-length'], String(bytes.length));
    assert.equal(got.headers['x-digest-sha256'], file.sha256);
    assert.equal(got.headers['x-digest-sm3'], file.sm3);
    assert.match(got.headers['content-disposition'], /^attachment; .*filename\*=UTF-8''%E8%A1%8C/);
    assert.equal((await content(file.id, { 'if-none-match': got.headers.etag })).status, 304);
    assert.equal(staged(platform), 0);
    is(await self.get(`/files/${file.id}`), 200);
    assert.equal(is(await self.get(`/files?sha256=${file.sha256}`), 200).items.length, 1);
    assert.deepEqual(is(await self.post('/files/read-many', { ids: [file.id] }), 200).items.map((f) => f.id), [file.id]);
  });

  await t.test('ranges are cut where they were asked for', async () => {
    const bytes = randomBytes(300_000), { id } = is(await upload({ name: 'r', departmentId: top }, bytes), 201);
    const etag = `"${sha256(bytes)}"`;
    for (const [asked, from, to] of [['bytes=0-0', 0, 1], ['bytes=65530-131080', 65530, 131081], ['bytes=299990-', 299990, 300000], ['bytes=-5', 299995, 300000], ['bytes=10-999999', 10, 300000]]) {
      const got = await content(id, { range: asked });
      assert.equal(got.status, 206, asked);
      assert.equal(got.headers['content-range'], `bytes ${from}-${to - 1}/300000`);
      assert.ok(got.bytes.equals(bytes.subarray(from, to)), asked);
    }
    const beyond = await content(id, { range: 'bytes=300000-' });
    assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */300000']);
    assert.equal((await content(id, { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200);
    assert.equal((await content(id, { range: 'bytes=0-1', 'if-range': etag })).status, 206);
    assert.equal((await content(id, { range: 'lines=1-2' })).status, 200);
  });

  await t.test('a form brings its fields and its file', async () => {
    const made = form({ departmentId: top, kind: 'report' }, { name: 'a b.csv', bytes: Buffer.from('1,2') });
    const file = is(await self.call('POST', '/files', made.body, made.headers), 201);
    assert.deepEqual([file.name, file.kind, file.contentType, file.sha256], ['a b.csv', 'report', 'text/csv', sha256('1,2')]);
    for (const [fields, part, status, reason] of [
      [{ nonsense: 'x' }, { name: 'a', bytes: Buffer.from('1') }, 422, 'unknown_field'], [{ kind: 'A B' }, { name: 'a', bytes: Buffer.from('1') }, 422, 'invalid_field'],
      [{ departmentId: top }, undefined, 422, 'invalid_field'], [{ departmentId: top }, { name: '.. ', bytes: Buffer.from('1') }, 422, 'invalid_field'],
    ]) {
      const bad = form(fields, part);
      is(await self.call('POST', '/files', bad.body, bad.headers), status, reason);
    }
    is(await self.call('POST', '/files', made.body.subarray(0, -20), made.headers), 400, 'unreadable_body');
    is(await self.call('POST', '/files', made.body, { 'content-type': 'multipart/form-data' }), 422, 'invalid_field');
    assert.equal(staged(platform), 0);
  });

  await t.test('what is too large, of a refused type, without a name or promised otherwise is refused and leaves nothing staged', async () => {
    is(await upload({ name: 'x.exe', departmentId: top }, 'x'), 422, 'invalid_field');
    is(await upload({ departmentId: top }, 'x'), 422, 'invalid_field');
    is(await upload({ name: '../x', departmentId: top }, 'x'), 422, 'invalid_field');
    is(await upload({ name: 'x', departmentId: top, other: '1' }, 'x'), 422, 'unknown_field');
    is(await upload({ name: 'x', departmentId: top, sha256: sha256('y') }, 'x'), 422, 'invalid_field');
    const big = await upload({ name: 'x', departmentId: top }, Buffer.alloc(1), { 'content-length': String(1 << 30) }).catch((error) => ({ status: 413, error }));
    assert.equal(big.status, 413);
    is(await platform.request('POST', `/api/v1/files?name=x&departmentId=${top}`, { body: 'x', headers: plain }), 401, 'not_signed_in');
    assert.equal(staged(platform), 0);
  });

  await t.test('the same key and content is one file, another content under the key a conflict', async () => {
    const key = { 'idempotency-key': randomBytes(8).toString('hex') };
    const one = is(await upload({ name: 'once', departmentId: top }, 'same', key), 201);
    assert.equal(is(await upload({ name: 'once', departmentId: top }, 'same', key), 201).id, one.id);
    is(await upload({ name: 'once', departmentId: top }, 'else', key), 409, 'idempotency_conflict');
  });

  await t.test('a signed upload is held to the digest it announced', async () => {
    const security = await person('security');
    const key = is(await security.post('/api-clients', { name: 'uploader', departmentId: top, scopes: ['file.*'] }), 201);
    for (const [family, hash] of [['QJ1-HMAC-SHA256', sha256], ['QJ1-HMAC-SM3', sm3]]) {
      const client = new Client(platform, key.accessKey, key.secret, family), target = `/api/v1/files?departmentId=${top}&name=signed`;
      const send = (signed, sent, announce = true) => platform.request('POST', target, { body: Buffer.from(sent), headers: { ...client.sign('POST', target, signed), ...plain, ...(announce ? { 'x-body-digest': hash(signed) } : {}) } });
      assert.equal(is(await send('signed', 'signed'), 201).sha256, sha256('signed'));
      is(await send('signed', 'other!'), 401, 'bad_signature');
      assert.equal(is(await send('held', 'held', false), 201).sha256, sha256('held'), 'a small one needs no announcement');
      is(await send('held', 'else', false), 401, 'bad_signature');
    }
    assert.ok(createHmac);
  });

  await t.test('parts come in any order, outlive a kill, and are completed when all are there', async () => {
    const bytes = randomBytes(300_000), part = (n) => bytes.subarray((n - 1) * 131072, n * 131072);
    const begun = is(await self.post('/files/uploads', { name: 'parts.dat', size: bytes.length, partBytes: 131072, departmentId: top, sha256: sha256(bytes), sm3: sm3(bytes) }), 201);
    const put = (n, body = part(n), query = '') => self.call('POST', `/files/uploads/${begun.id}/parts/${n}${query}`, body, plain);
    is(await put(3), 200);
    is(await put(1, part(1), `?sha256=${sha256(part(1))}`), 200);
    is(await put(2, part(1).subarray(1)), 422, 'invalid_field');
    is(await self.post(`/files/uploads/${begun.id}/complete`), 409, 'wrong_state');
    await platform.kill();
    await platform.start();
    await self.signIn('token');
    const { missing, parts } = is(await self.get(`/files/uploads/${begun.id}`), 200);
    assert.deepEqual([missing, parts.map((p) => [p.number, p.sha256])], [[2], [[1, sha256(part(1))], [3, sha256(part(3))]]]);
    is(await put(2), 200);
    const key = { 'idempotency-key': randomBytes(8).toString('hex') };
    const file = is(await self.post(`/files/uploads/${begun.id}/complete`, {}, key), 201);
    assert.equal(is(await self.post(`/files/uploads/${begun.id}/complete`, {}, key), 201).id, file.id, 'a retry finds its answer');
    assert.ok((await content(file.id)).bytes.equals(bytes));
    is(await self.get(`/files/uploads/${begun.id}`), 404, 'not_found');
    const gone = is(await self.post('/files/uploads', { name: 'gone', size: 1, departmentId: top }), 201);
    is(await self.del(`/files/uploads/${gone.id}`), 200);
  });

  await t.test('a kill in the middle of an upload leaves nothing behind and nothing half', async () => {
    const before = stored(platform);
    const sent = https.request({ host: '127.0.0.1', port: platform.ports.https, method: 'POST', path: `/api/v1/files?name=half&departmentId=${top}`, agent: platform.agent, servername: 'localhost', headers: { ...self.headers, ...plain, 'content-length': String(8 << 20) } });
    sent.on('error', () => {});
    sent.write(randomBytes(4 << 20));
    for (const began = Date.now(); staged(platform) === 0; await new Promise((r) => setTimeout(r, 10))) assert.ok(Date.now() - began < 20_000, 'it was never staged');
    await platform.kill();
    await platform.start();
    await self.signIn('token');
    assert.equal(staged(platform), 0);
    assert.equal(stored(platform), before);
    assert.equal(is(await self.get('/files?name=half'), 200).items.length, 0);
  });

  await t.test('a ticket is one download without signing in', async () => {
    const { id } = is(await upload({ name: 'ticket.txt', departmentId: top }, 'for you'), 201);
    const { ticket } = is(await self.post(`/files/${id}/tickets`), 201);
    const use = () => fetch(platform, 'POST', '/files/use-ticket', { body: JSON.stringify({ ticket }) });
    const got = await use();
    assert.deepEqual([got.status, got.bytes.toString()], [200, 'for you']);
    assert.equal((await use()).status, 401);
    assert.ok(!platform.log.includes(ticket));
  });

  await t.test('several files are one archive that another program reads', async () => {
    const one = is(await upload({ name: 'one.txt', departmentId: top }, '1'), 201), two = is(await upload({ name: 'one.txt', departmentId: top }, randomBytes(200_000)), 201);
    const got = await fetch(platform, 'POST', '/files/zip', { headers: self.headers, body: JSON.stringify({ ids: [one.id, two.id] }) });
    assert.equal(got.status, 200);
    writeFileSync(platform.file('all.zip'), got.bytes);
    const names = execFileSync('/usr/bin/python3', ['-c', 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(*z.namelist(),sep="|")', platform.file('all.zip')], { encoding: 'utf8' }).trim();
    assert.equal(names, 'one.txt|one (2).txt');
    is(await self.post('/files/zip', { ids: ['fil_01ARYZ6S41TSV4RRFFQ69G5FAV'] }), 404, 'not_found');
  });

  await t.test('folders hold files, move and are deleted when empty; files are changed, moved and deleted', async () => {
    const folder = is(await self.post('/folders', { departmentId: top, name: '日终' }), 201), other = is(await self.post('/folders', { parentId: folder.id, name: '明细' }), 201);
    const file = is(await upload({ name: 'f.txt', folderId: folder.id }, 'f'), 201);
    is(await upload({ name: 'f.txt', folderId: folder.id }, 'g'), 409, 'name_taken');
    assert.equal(is(await self.patch(`/files/${file.id}`, { name: 'g.txt', businessDate: '2026-11-23' }), 200).name, 'g.txt');
    assert.equal(is(await self.post(`/files/${file.id}/move`, { folderId: other.id }), 200).folderId, other.id);
    assert.equal(is(await self.get(`/files?folderId=${other.id}`), 200).items.length, 1);
    assert.equal(is(await self.patch(`/folders/${other.id}`, { name: '清单' }), 200).path, '日终/清单');
    assert.equal(is(await self.get(`/folders?parentId=${folder.id}`), 200).items.length, 1);
    assert.equal(is(await self.post(`/folders/${other.id}/move`), 200).path, '清单');
    assert.equal(is(await self.get(`/folders/${other.id}`), 200).depth, 0);
    is(await self.del(`/folders/${other.id}`), 409, 'still_referenced');
    is(await self.del(`/files/${file.id}`), 200);
    is(await self.del(`/folders/${other.id}`), 200);
    assert.ok(is(await auditor.get('/audit?audit=file.deleted'), 200).items.some((row) => row.target === file.id));
  });
});
