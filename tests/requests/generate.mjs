// Makes request n of a seed: an operation, somebody who calls it, and what is wrong with the call.
import { chance } from '../platform.mjs';
import { operations } from './contract.mjs';

const texts = ['', ' ', '\u0000', 'a\u0000b', '\ud800', '\udfff\ud800', '😀'.repeat(40), '‮abc', '\u200b', 'é', 'é', '清算', 'a'.repeat(64), 'a'.repeat(5000), "' or 1=1 --", '%_\\', '../../etc/passwd', '<script>', '${7*7}', '=1+1', '\r\nX-A: b', '\u007f', '\uffff', 'NaN', 'null', '-1', '2026-02-30', '9999-12-31T23:59:59.999+14:00'];
const numbers = [0, -1, 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 0.1, -0];
const rawNumbers = ['1e400', '9223372036854775807', '9223372036854775808', '-9223372036854775809', '00', '.5', '+1', '0x10', 'NaN', 'Infinity', '1e99999999999', `${'9'.repeat(2000)}`];
const garbageIds = ['x', 'dep_', 'dep_0', 'dep_00000000000000000000000000', 'dep_ZZZZZZZZZZZZZZZZZZZZZZZZZZ', 'dep_01arYZ6S41TSV4RRFFQ69G5FAV', 'usr_01ARYZ6S41TSV4RRFFQ69G5FAV', '%00', '%ff%fe', '%', '%2e%2e%2f', '..', '.', '%E6%B8%85', 'a'.repeat(3000), '%2F', ';x=1', '*', 'dep_01ARYZ6S41TSV4RRFFQ69G5FAV%20', '-1', '0'];
// Settings whose change does not blind the rest of the run.
const settings = ['approvals.after_check_hours', 'approvals.expiry_hours', 'security.password_days', 'security.password_history'];
export const callers = ['system', 'security', 'audit', 'operator', 'developer', 'checker', 'nobody', 'client'];
const slow = new Set(['auth_login', 'auth_password', 'auth_totp_enrol', 'auth_totp_disable', 'auth_totp_recovery', 'session_unlock']);
const ends = new Set(['auth_logout', 'auth_revoke', 'session_delete']);

const collections = { departments: 'dep', users: 'usr', roles: 'rol', 'api-clients': 'key', approvals: 'apr', sessions: 'ses', robots: 'rob', audit: 'aud', queues: 'que', 'human-tasks': 'hum', assets: 'ast', credentials: 'cre', files: 'fil', folders: 'fol' };
// What names a thing in a path.
const named = (path, name) => (path.includes('/uploads/{id}') && name === 'id' ? 'upl' : name === 'id' ? collections[path.split('/')[3]] : { task: 'tsk', grant_id: 'grt', grant: 'grt', item: 'qit' }[name]);

// Ids seen in answers, by prefix; those the run itself stands on are kept apart and only read.
export class Seen {
  constructor(guarded) {
    this.guarded = new Set(guarded);
    this.ids = new Map();
  }
  learn(value) {
    if (typeof value === 'string') {
      const prefix = /^([a-z]{3})_[0-9A-HJKMNP-TV-Z]{26}$/.exec(value)?.[1];
      if (!prefix) return;
      const list = this.ids.get(prefix) ?? [];
      this.ids.set(prefix, list);
      if (list.length < 300 && !list.includes(value)) list.push(value);
    } else if (value && typeof value === 'object') for (const one of Object.values(value)) this.learn(one);
  }
  one(random, prefix, reading) {
    const list = (this.ids.get(prefix) ?? []).filter((id) => reading || !this.guarded.has(id));
    return list.length ? random.pick(list) : `${prefix}_01ARYZ6S41TSV4RRFFQ69G5FAV`;
  }
}

const wrongValue = (random) => random.pick([null, true, [], {}, [[]], random.pick(numbers), random.pick(texts), [random.pick(texts)], { a: random.pick(texts) }]);
const fresh = (random) => Array.from({ length: 8 }, () => 'abcdefghijkmnpqrstuvwxyz'[random.below(24)]).join('');

// The example with ids that exist and names of its own.
function valid(random, seen, operation, reading) {
  const body = structuredClone(operation.example ?? {});
  const walk = (at) => {
    for (const [key, value] of Object.entries(at)) {
      if (value && typeof value === 'object') walk(value);
      else if (typeof value === 'string') {
        const prefix = /^([a-z]{3})_[0-9A-Z]{26}$/.exec(value)?.[1];
        if (prefix && random.below(2)) at[key] = seen.one(random, prefix, reading);
        else if (['name', 'account', 'employeeNo', 'code'].includes(key) && operation.example?.[key] === value) at[key] = fresh(random);
      }
    }
  };
  walk(body);
  return body;
}
function mutateBody(random, operation, body) {
  const known = Object.keys(operation.schema?.properties ?? {});
  for (let n = 1 + random.below(2); n--; ) {
    const keys = Object.keys(body), key = keys.length && random.below(3) ? random.pick(keys) : known.length ? random.pick(known) : 'x';
    switch (random.below(5)) {
      case 0: body[key] = wrongValue(random); break;
      case 1: delete body[key]; break;
      case 2: body[random.pick(['x', '__proto__', 'id', 'revision', 'createdAt', key.toUpperCase(), `${key} `, '', '\u0000'])] = wrongValue(random); break;
      case 3: body[key] = random.pick(texts); break;
      case 4: body[key] = random.pick(numbers); break;
    }
  }
  return body;
}
function bodyText(random, body) {
  const text = JSON.stringify(body);
  const half = Math.floor(text.length / 2);
  switch (random.below(16)) {
    case 0: return text.slice(0, random.below(text.length + 1));
    case 1: return `${text}${random.pick(['x', '{}', ',', '\u0000', ' '.repeat(10_000)])}`;
    case 2: return `\ufeff${text}`;
    case 3: return text.replace(/^\{"(\w+)":/, (all, key) => `{"${key}":null,${all.slice(1)}`); // a key twice
    case 4: return text.replace(/:("[^"]*"|\d+)/, `:${random.pick(rawNumbers)}`);
    case 5: return `${'['.repeat(random.pick([40, 5000, 200_000]))}`;
    case 6: return `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`;
    case 7: return Buffer.concat([Buffer.from(text.slice(0, half)), Buffer.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80]), Buffer.from(text.slice(half))]);
    case 8: return JSON.stringify({ ...body, remark: '长'.repeat(random.pick([501, 20_000, 300_000])) });
    case 9: return random.pick(['', 'null', '[]', '"x"', '1', 'true', '{', '}', '{"":0}', 'undefined', "{'a':1}"]);
    case 10: return text.replace(/"(\w)/, '"\\u0000$1');
    case 11: return text.replace(/"(\w)/, '"\\ud800$1');
    default: return text;
  }
}

export function generate(seed, n, seen) {
  const random = chance(Math.imul(seed, 2654435761) + n);
  let operation = random.pick(operations);
  // The whole log once it is long: seldom, or a long run would do little else.
  const long = (id) => id === 'audit_export' && n > 10_000;
  while ((slow.has(operation.id) && random.below(4)) || (ends.has(operation.id) && random.below(8)) || (long(operation.id) && random.below(20))) operation = random.pick(operations);
  const reading = operation.verb === 'get' || /read_many|explain|verify|introspect/.test(operation.id);
  const who = random.below(3) ? random.pick(callers) : random.pick(['system', 'security', 'operator']);
  const language = random.pick([undefined, 'zh-CN', 'en', 'en-GB,en;q=0.9', 'fr, en;q=0.9, zh;q=0.1']);
  const headers = {};
  if (language) headers['accept-language'] = language;
  let untidy = '';

  let path = operation.path.replace(/\{(\w+)\}/g, (all, name) => {
    if (random.below(10) === 0) { untidy += ' id'; return random.pick(garbageIds); }
    if (name === 'name') return random.pick(settings);
    if (name === 'number') return String(1 + random.below(3));
    return seen.one(random, named(operation.path, name), reading);
  });
  let method = operation.method;
  if (method === 'PATCH' && random.below(6) === 0) method = 'POST', path += '/update';
  if (method === 'DELETE' && random.below(6) === 0) method = 'POST', path += '/delete';

  const query = [];
  for (const parameter of operation.query) {
    if (!parameter.required && random.below(5)) continue;
    const { schema } = parameter;
    const id = /\^(\w{3})_/.exec(schema.pattern ?? '')?.[1];
    const value = random.below(4) === 0 ? (untidy += ' query', random.pick([...texts.filter((t) => t.isWellFormed?.() ?? !/[\ud800-\udfff]/.test(t)), ...numbers.map(String)]))
      : id ? seen.one(random, id, reading) : schema.enum ? random.pick(schema.enum) : /sort/.test(parameter.name) ? random.pick(['createdAt', '-createdAt', 'name', '-path', 'at'])
      : schema.format === 'date-time' ? ({ from: '2026-11-20T15:30:00.000+08:00', to: '2026-11-21T15:30:00.000+08:00' })[parameter.name] ?? random.pick(['2026-11-20T15:30:00.000+08:00', '2020-01-01T00:00:00Z']) : schema.type === 'integer' ? String(1 + random.below(200)) : schema.type === 'boolean' ? 'true' : fresh(random);
    query.push(`${parameter.name}=${encodeURIComponent(value)}`);
  }
  if (random.below(25) === 0) untidy += ' query', query.push(random.pick(['x=1', '%zz', 'a&&b', '=', 'pageSize=20&pageSize=30', 'cursor=AAAA', 'cursor=%00', 'sort=', `keyword=${'k'.repeat(3000)}`, 'page=0', 'page=10001', '%ff=%ff', 'a[]=1', 'name', '+']));
  if (query.length) path += `?${query.join('&')}`;

  let body;
  if (operation.takesBody) {
    body = valid(random, seen, operation, reading);
    if (random.below(2)) untidy += ' body', body = mutateBody(random, operation, body);
    body = random.below(4) ? JSON.stringify(body) : (untidy += ' text', bodyText(random, body));
  } else if (operation.takesBytes) {
    body = random.pick([fresh(random), fresh(random).repeat(5000), '', '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n--x--\r\n', '--x\r\n\r\n']);
    headers['content-type'] = random.pick(['application/octet-stream', 'application/octet-stream', 'multipart/form-data; boundary=x', 'multipart/form-data', 'text/plain', '']);
  } else if (method === 'POST') body = random.below(2) ? '{}' : undefined;
  else if (random.below(60) === 0) untidy += ' body', body = 'unasked';
  if (body !== undefined && random.below(400) === 0) untidy += ' huge', body = JSON.stringify({ name: 'x'.repeat(10_500_000) });

  if (random.below(8) === 0) {
    untidy += ' headers';
    Object.assign(headers, random.pick([
      { 'x-request-id': random.pick(['a', 'x'.repeat(65), 'a b', '../x', 'ok-1.2_3']) }, { 'idempotency-key': random.pick(['k'.repeat(129), ' ', 'same', fresh(random)]) },
      { 'if-match': random.pick(['"1"', '1', '*', 'W/"1"', 'x'.repeat(2000), '"-1"', '"99999999999999999999"']) }, { traceparent: random.pick(['00-0-0-0', 'x', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']) },
      { authorization: random.pick(['Bearer', 'Bearer ', 'Bearer x', 'Basic eDp5', `Bearer qjt_${'A'.repeat(43)}`, 'Bearer '.repeat(50)]) }, { cookie: random.pick(['=', ';;;', '__Host-quanji=x', `a=${'b'.repeat(4000)}`]) },
      { 'x-access-key': 'QJAKAAAAAAAAAAAAAAAAAAAA', 'x-signature': 'QJ1-HMAC-SHA256 00', 'x-timestamp': '1', 'x-nonce': 'n' }, { 'x-signature': 'x' }, { 'x-on-behalf-of': 'usr_x' },
      { 'content-type': random.pick(['text/plain', 'application/json; charset=gbk', 'multipart/form-data', 'application/xml', '']) }, { 'content-encoding': 'gzip' }, { accept: 'text/html' }, { range: 'bytes=0-1' },
      { 'x-http-method-override': 'DELETE' }, { 'accept-language': random.pick(['*', ';;q=1', 'x'.repeat(3000), 'en;q=nan']) }, { 'x-forwarded-for': '1.2.3.4' }, { 'x-csrf-token': 'x' }, Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x-a${i}`, 'v'])), { 'x-long': 'l'.repeat(20_000) },
    ]));
  }
  return { n, operation, who, method, path, body, headers, untidy: untidy.trim() };
}
