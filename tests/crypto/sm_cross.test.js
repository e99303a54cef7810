'use strict'
// Compares our SM2, SM3 and SM4-GCM with npm's sm-crypto, which shares no code with ours: each side signs, verifies, encrypts and decrypts
// for the other. Usage: node sm_cross.test.js PROGRAM [--seed N] [--cases N]. The library draws its own scalars; the seed fixes the inputs.
const { spawn } = require('node:child_process')
const crypto = require('node:crypto')
const readline = require('node:readline')
const assert = require('node:assert/strict')
const { sm2, sm3, sm4 } = require('sm-crypto')

const option = (name, fallback) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const seed = option('--seed', crypto.randomInt(2 ** 32))
const cases = option('--cases', 60)
console.log(`seed=${seed}`)

// Bytes from the seed: SHA-256 in counter mode.
let drawn = 0
const bytes = (size) => {
  const parts = []
  for (let have = 0; have < size; have += 32) parts.push(crypto.createHash('sha256').update(`${seed}/${drawn++}`).digest())
  return Buffer.concat(parts).subarray(0, size)
}
const below = (bound) => bytes(6).readUIntBE(0, 6) % bound
const hex = (buffer) => (buffer.length === 0 ? '-' : Buffer.from(buffer).toString('hex'))

const program = spawn(process.argv[2], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = readline.createInterface({ input: program.stdout })[Symbol.asyncIterator]()
const ask = async (...words) => {
  program.stdin.write(words.join(' ') + '\n')
  const { value, done } = await lines.next()
  assert.ok(!done, `no answer to ${words[0]}`)
  return value
}

// GCM (NIST SP 800-38D) over the library's SM4 block cipher.
const R = 0xe1n << 120n
const number = (buffer) => BigInt('0x' + buffer.toString('hex'))
const times = (x, y) => {
  let z = 0n
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) z ^= y
    y = y & 1n ? (y >> 1n) ^ R : y >> 1n
  }
  return z
}
const block = (key, input) => Buffer.from(sm4.encrypt([...input], key.toString('hex'), { padding: 'none', output: 'array' }))
const gcm = (key, nonce, associated, input, sealing) => {
  const h = number(block(key, Buffer.alloc(16)))
  const counter = (n) => {
    const c = Buffer.alloc(16)
    nonce.copy(c)
    c.writeUInt32BE(n, 12)
    return block(key, c)
  }
  const output = Buffer.from(input)
  for (let i = 0; i < output.length; i += 16) {
    const mask = counter(2 + i / 16)
    for (let j = 0; j < 16 && i + j < output.length; j++) output[i + j] ^= mask[j]
  }
  const ciphertext = sealing ? output : input
  const padded = (b) => Buffer.concat([b, Buffer.alloc((16 - (b.length % 16)) % 16)])
  const lengths = Buffer.alloc(16)
  lengths.writeBigUInt64BE(BigInt(associated.length) * 8n, 0)
  lengths.writeBigUInt64BE(BigInt(ciphertext.length) * 8n, 8)
  const hashed = Buffer.concat([padded(associated), padded(ciphertext), lengths])
  let y = 0n
  for (let i = 0; i < hashed.length; i += 16) y = times(y ^ number(hashed.subarray(i, i + 16)), h)
  const tag = Buffer.from((y ^ number(counter(1))).toString(16).padStart(32, '0'), 'hex')
  return { output, tag }
}

const default_id = '1234567812345678'
const sizes = [0, 1, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 127, 128]
const message = (least) => bytes(Math.max(least, below(3) === 0 ? sizes[below(sizes.length)] : below(300)))
const flipped = (buffer) => {
  const other = Buffer.from(buffer)
  other[below(other.length)] ^= 1 << below(8)
  return other
}

async function digests() {
  for (let i = 0; i < cases * 2; i++) {
    const text = i < sizes.length ? bytes(sizes[i]) : message(0)
    assert.equal(await ask('sm3', hex(text)), sm3([...text]))
    const key = bytes(1 + below(100))
    assert.equal(await ask('hmac', hex(key), hex(text)), sm3([...text], { mode: 'hmac', key: [...key] }))
  }
}
async function signatures() {
  for (let i = 0; i < cases; i++) {
    const pair = sm2.generateKeyPairHex()
    const secret = pair.privateKey.padStart(64, '0')
    assert.equal(await ask('public', secret), pair.publicKey)
    const id = below(2) === 0 ? default_id : 'id-' + below(1e6)
    const id_hex = hex(Buffer.from(id))
    const text = message(1)
    const ours = await ask('sign', secret, id_hex, hex(text))
    assert.ok(sm2.doVerifySignature([...text], ours, pair.publicKey, { hash: true, userId: id }), 'ours is not verified by theirs')
    assert.ok(!sm2.doVerifySignature([...text], ours, pair.publicKey, { hash: true, userId: id + 'x' }), 'the id does not count')
    const theirs = sm2.doSignature([...text], secret, { hash: true, publicKey: pair.publicKey, userId: id })
    assert.equal(await ask('verify', pair.publicKey, id_hex, hex(text), theirs), 'holds')
    assert.equal(await ask('verify', pair.publicKey, hex(Buffer.from(id + 'x')), hex(text), theirs), 'refused')
    assert.equal(await ask('verify', pair.publicKey, id_hex, hex(flipped(text)), theirs), 'refused')
    assert.equal(await ask('verify', pair.publicKey, id_hex, hex(text), hex(flipped(Buffer.from(theirs, 'hex')))), 'refused')
  }
}
async function encryption() {
  for (let i = 0; i < cases; i++) {
    const pair = sm2.generateKeyPairHex()
    const secret = pair.privateKey.padStart(64, '0')
    const text = message(1)
    // Theirs leaves away the 04 of the point.
    const ours = await ask('encrypt', pair.publicKey, hex(text))
    assert.ok(ours.startsWith('04'))
    assert.deepEqual(Buffer.from(sm2.doDecrypt(ours.slice(2), secret, 1, { output: 'array' })), text)
    const theirs = '04' + sm2.doEncrypt([...text], pair.publicKey, 1)
    assert.equal(await ask('decrypt', secret, theirs), hex(text))
    assert.equal(await ask('decrypt', secret, hex(flipped(Buffer.from(theirs, 'hex')))), 'refused')
  }
}
async function sealing() {
  for (let i = 0; i < cases; i++) {
    const [key, associated, text] = [bytes(16), message(0), message(0)]
    const [nonce, sealed] = (await ask('seal', hex(key), hex(associated), hex(text))).split(' ').map((word) => Buffer.from(word, 'hex'))
    const theirs = gcm(key, nonce, associated, sealed.subarray(0, -16), false)
    assert.deepEqual(theirs.output, text)
    assert.deepEqual(theirs.tag, sealed.subarray(-16))
    const other_nonce = bytes(12)
    const other = gcm(key, other_nonce, associated, text, true)
    const whole = Buffer.concat([other.output, other.tag])
    assert.equal(await ask('open', hex(key), hex(associated), hex(other_nonce), hex(whole)), hex(text))
    assert.equal(await ask('open', hex(key), hex(associated), hex(other_nonce), hex(flipped(whole))), 'refused')
  }
}

;(async () => {
  assert.equal(sm4.encrypt([...Buffer.from('0123456789abcdeffedcba9876543210', 'hex')], '0123456789abcdeffedcba9876543210', { padding: 'none' }), '681edf34d206965e86b3e94f536e4246', 'GB/T 32907, A.1')
  for (const part of [digests, signatures, encryption, sealing]) {
    await part()
    console.log(`${part.name}: agree`)
  }
  program.stdin.end()
  const code = await new Promise((resolve) => program.on('close', resolve))
  assert.equal(code, 0)
})().catch((error) => {
  console.error(error)
  program.kill()
  process.exitCode = 1
})
