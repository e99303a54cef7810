// Prints the headers of a signed request: node sign.mjs KEY_FILE METHOD TARGET [BODY_FILE]. Node only, no packages.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const hashes = { 'QJ1-HMAC-SHA256': 'sha256', 'QJ1-HMAC-SM3': 'sm3' };

// Byte by byte: a query may hold bytes that are not UTF-8. "+" is a space; broken escapes are refused by the platform.
function encodedAgain(text) {
  const bytes = [];
  const sent = Buffer.from(text);
  for (let i = 0; i < sent.length; i++) {
    if (sent[i] === 0x25) bytes.push(parseInt(sent.toString('latin1', i + 1, (i += 2) + 1), 16));
    else bytes.push(sent[i] === 0x2b ? 0x20 : sent[i]);
  }
  return bytes.map((b) => (/[A-Za-z0-9._~-]/.test(String.fromCharCode(b)) ? String.fromCharCode(b) : `%${b.toString(16).toUpperCase().padStart(2, '0')}`)).join('');
}

export function canonicalQuery(query) {
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const at = piece.indexOf('=');
      return at < 0 ? [encodedAgain(piece), ''] : [encodedAgain(piece.slice(0, at)), encodedAgain(piece.slice(at + 1))];
    })
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function signedHeaders(accessKey, secret, method, target, body = Buffer.alloc(0), { algorithm = 'QJ1-HMAC-SHA256', onBehalfOf = '', timestamp, nonce } = {}) {
  timestamp ||= String(Math.floor(Date.now() / 1000));
  nonce ||= randomBytes(24).toString('base64url');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const digest = createHash(hashes[algorithm]).update(body).digest('hex');
  const text = [algorithm, method, path, canonicalQuery(query), timestamp, nonce, onBehalfOf, digest].join('\n');
  const tag = createHmac(hashes[algorithm], secret).update(text).digest('hex');
  return { 'X-Access-Key': accessKey, 'X-Timestamp': timestamp, 'X-Nonce': nonce, 'X-Signature': `${algorithm} ${tag}`, ...(onBehalfOf ? { 'X-On-Behalf-Of': onBehalfOf } : {}) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [keyFile, method, target, bodyFile] = process.argv.slice(2);
  if (!target) {
    console.error('usage: sign.mjs KEY_FILE METHOD TARGET [BODY_FILE]');
    process.exit(2);
  }
  const [accessKey, secret] = readFileSync(keyFile, 'utf8').trim().split(/\s+/);
  const env = process.env;
  const headers = signedHeaders(accessKey, secret, method, target, bodyFile ? readFileSync(bodyFile) : undefined, { algorithm: env.QJ_ALGORITHM || undefined, onBehalfOf: env.QJ_ON_BEHALF_OF || '', timestamp: env.QJ_TIMESTAMP, nonce: env.QJ_NONCE });
  for (const [name, value] of Object.entries(headers)) console.log(`${name}: ${value}`);
}
