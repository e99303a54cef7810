'use strict'
// What both comparisons share: values drawn from a seed, and our program.
const crypto = require('node:crypto')
const { execFileSync } = require('node:child_process')

exports.draw = (seed) => {
  // Bytes from the seed: SHA-256 in counter mode.
  let drawn = 0
  const below = (bound) => crypto.createHash('sha256').update(`${seed}/${drawn++}`).digest().readUIntBE(0, 6) % bound
  const pick = (list) => list[below(list.length)]
  const pieces = ['a', 'Z', '中', '文', '𠮷', '&', '<', '>', '"', "'", ' ', '\n', '=', '1', '_x', 'é', ';', ',']
  const text = () => {
    let out = ''
    for (let n = 1 + below(8); n > 0; n--) out += pick(pieces)
    return out
  }
  // A decimal of at most 15 digits, in its own digits.
  const decimal = () => {
    const digits = String(below(10 ** (1 + below(13))) + 1)
    const places = 1 + below(8)
    const padded = digits.padStart(places + 1, '0')
    const number = `${below(2) ? '-' : ''}${padded.slice(0, -places)}.${padded.slice(-places)}`.replace(/0+$/, '').replace(/\.$/, '.5')
    return /^-?0\.$/.test(number) ? '0.5' : number
  }
  const two = (n) => String(n).padStart(2, '0')
  const date = () => `${1970 + below(80)}-${two(1 + below(12))}-${two(1 + below(28))}`
  const value = () => {
    switch (below(7)) {
      case 0: return null
      case 1: return { t: 'integer', v: String(below(2e12) - 1e12) }
      case 2: return { t: 'decimal', v: decimal() }
      case 3: return { t: 'text', v: text() }
      case 4: return { t: 'bool', v: below(2) ? 'true' : 'false' }
      case 5: return { t: 'date', v: date() }
      default: {
        const time = `${two(below(24))}:${two(below(60))}:${two(1 + below(59))}`
        return { t: 'datetime', v: `${date()}T${time}` }
      }
    }
  }
  return { below, pick, text, decimal, date, value }
}

exports.program = (path) => (words, input) =>
  execFileSync(path, words, { input: input === undefined ? undefined : JSON.stringify(input), encoding: 'utf8', maxBuffer: 1 << 28 })

exports.letters = (column) => {
  let out = ''
  for (; column > 0; column = Math.floor((column - 1) / 26)) out = String.fromCharCode(65 + ((column - 1) % 26)) + out
  return out
}

exports.seed_of = (argv) => {
  const at = argv.indexOf('--seed')
  return Number(at < 0 ? process.env.QUANJI_SEED || crypto.randomInt(2 ** 32) : argv[at + 1])
}
