// Bytes no honest client sends, straight into the socket.
import net from 'node:net';
import tls from 'node:tls';

const get = 'GET /api/v1/error-codes HTTP/1.1\r\nHost: localhost\r\n';
const post = (head, body = '') => `POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n\r\n${body}`;
const hidden = `${get}X-Request-Id: hidden\r\n\r\n`;
// [name, bytes, what must come]: 'refused' = one 4xx answer (or none) and the end; a number = so many answers; 'any' = no wrong turn.
export const attacks = [
  ['Content-Length is no number', post('Content-Length: abc', '{}'), 'refused'], ['Content-Length is negative', post('Content-Length: -1', '{}'), 'refused'],
  ['Content-Length with a sign', post('Content-Length: +2', `{}${hidden}`), 'refused'], ['Content-Length overflows', post('Content-Length: 99999999999999999999', '{}'), 'refused'],
  ['two Content-Lengths', post('Content-Length: 2\r\nContent-Length: 4', `{}${hidden}`), 'refused'], ['a list of lengths', post('Content-Length: 2, 2', `{}${hidden}`), 'refused'],
  ['a length in hex', post('Content-Length: 0x2', '{}'), 'refused'], ['chunked and a length', post('Content-Length: 2\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`), 'refused'],
  ['a length and chunked', post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${hidden}`), 'refused'], ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`), 'refused'],
  ['chunked, identity', post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${hidden}`), 'refused'], ['xchunked', post('Transfer-Encoding: xchunked', `0\r\n\r\n${hidden}`), 'refused'],
  ['a space before the colon', post('Transfer-Encoding : chunked', `0\r\n\r\n${hidden}`), 'refused'], ['a bad chunk size', post('Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'), 'refused'],
  ['a huge chunk size', post('Transfer-Encoding: chunked', 'ffffffffffffffff\r\n{}'), 'refused'], ['a chunk without its end', post('Transfer-Encoding: chunked', `2\r\n{}XX0\r\n\r\n${hidden}`), 'refused'],
  ['a folded header', `${get}X-A: b\r\n c: d\r\n\r\n`, 'refused'], ['a header without a colon', `${get}nonsense\r\n\r\n`, 'refused'], ['a null in a header', `${get}X-A: a\u0000b\r\n\r\n`, 'refused'],
  ['no Host', 'GET /api/v1/error-codes HTTP/1.1\r\n\r\n', 'refused'], ['two Hosts', `${get}Host: other\r\n\r\n`, 'refused'], ['a bad version', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', 'refused'], ['HTTP/0.9', 'GET /\r\n\r\n', 'refused'],
  ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'refused'], ['no request at all', '\u0016\u0003\u0001\u0002\u0000\u0001', 'any'], ['only line ends', '\r\n'.repeat(200), 'any'],
  ['an endless line', `GET /${'a'.repeat(70_000)}`, 'refused'], ['an endless header', `${get}X-A: ${'a'.repeat(70_000)}`, 'refused'], ['endless headers', `${get}${'X-A: b\r\n'.repeat(9000)}`, 'refused'],
  ['an unknown method', 'BREW /api/v1/error-codes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'refused'], ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 'refused'], ['TRACE', 'TRACE /api/v1/auth/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'refused'],
  ['OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'refused'], ['a body cut short', post('Content-Length: 100', '{"account"'), 'any'], ['a head cut short', get, 'any'], ['bytes over 127 in the path', 'GET /\u00ff\u00fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'any'],
  ['a space in the path', 'GET /api/v1/error codes HTTP/1.1\r\nHost: a\r\n\r\n', 'refused'], ['ten in a row', `${get}\r\n`.repeat(9) + `${get}Connection: close\r\n\r\n`, 10], ['the upgrade to nothing', `${get}Upgrade: x\r\nConnection: Upgrade, close\r\n\r\n`, 'any'],
  ['a websocket where there is none', `${get}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`, 'any'], ['Expect: 100-continue', post('Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close', '{}'), 'any'], ['Expect: nonsense', post('Content-Length: 2\r\nExpect: nonsense\r\nConnection: close', '{}'), 'any'],
  ['chunk after chunk', post('Transfer-Encoding: chunked\r\nConnection: close', `${'1\r\n \r\n'.repeat(500)}2\r\n{}\r\n0\r\n\r\n`), 1], ['trailers', post('Transfer-Encoding: chunked\r\nConnection: close', '2\r\n{}\r\n0\r\nX-T: 1\r\n\r\n'), 'any'],
];

// Sends `bytes` in pieces, then the end of writing; answers what came, or why that was wrong.
export async function attack(platform, random, [name, bytes, wanted]) {
  const plain = random.below(2) === 0;
  const pieces = random.pick([1, 1, 2, 5]), pause = random.below(15), cut = random.below(4) === 0;
  const socket = plain ? net.connect(platform.ports.plain, '127.0.0.1') : tls.connect({ host: '127.0.0.1', port: platform.ports.https, ca: platform.ca, servername: 'localhost' });
  const began = Date.now();
  let heard = '', over = false;
  const ended = new Promise((done) => {
    socket.on('data', (d) => (heard += d.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => { over = true; done(); });
    setTimeout(() => { if (!over) { socket.destroy(); heard += '\n(no end)'; done(); } }, 5000).unref();
  });
  await new Promise((done) => { socket.once(plain ? 'connect' : 'secureConnect', done); socket.once('close', done); });
  const all = Buffer.from(bytes, 'latin1'), size = Math.ceil(all.length / pieces);
  for (let at = 0; at < all.length && !over; at += size) {
    socket.write(all.subarray(at, at + size));
    if (pieces > 1) await new Promise((r) => setTimeout(r, pause));
  }
  if (cut) socket.destroy(); // the peer is gone in the middle
  else socket.end();
  await ended;
  const trouble = (what) => `${name} (${plain ? 'plain' : 'TLS'}, ${pieces} pieces, ${Date.now() - began} ms): ${what}: ${JSON.stringify(heard.slice(0, 600))}`;
  const statuses = [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1]));
  if (statuses.some((status) => status >= 500 && status !== 501 && status !== 503 && status !== 505)) return trouble('a failure of its own');
  if (cut) return undefined;
  if (heard.endsWith('(no end)')) return trouble('no end within 5 s');
  if (/hidden/.test(heard)) return trouble('a hidden request was answered');
  if (wanted === 'refused' && (statuses.length > 1 || statuses.some((status) => status < 400))) return trouble('it was not refused');
  if (typeof wanted === 'number' && statuses.length !== wanted) return trouble(`${wanted} answers were due`);
  for (const answer of heard.split(/(?=HTTP\/1\.1 [45]\d\d )/).filter((text) => /^HTTP\/1\.1 [45]/.test(text)))
    if (!/"code":\d{5}.*"message":".+"/s.test(answer) || !/^x-request-id: \S+/im.test(answer)) return trouble('a refusal without envelope or X-Request-Id');
  return undefined;
}
