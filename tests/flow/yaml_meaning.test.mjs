// What a document means to the engine is what it means to npm's `yaml`, with which editors and designer change it.
import assert from 'node:assert/strict'
import { createHash, randomInt } from 'node:crypto'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'

const seed = Number(process.env.QUANJI_SEED ?? randomInt(2 ** 32))
console.log(`seed=${seed}`)
let drawn = 0
const below = (bound) => createHash('sha256').update(`${seed}/${drawn++}`).digest().readUIntBE(0, 6) % bound
const one = (of) => of[below(of.length)]

const program = spawn(process.env.QUANJI_FLOW_READER, [], { stdio: ['pipe', 'pipe', 'inherit'] })
const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]()
after(() => program.stdin.end())
async function ours(text) {
  program.stdin.write(JSON.stringify(text) + '\n')
  return JSON.parse((await lines.next()).value)
}
const document = (value) => `quanji: 1\nflow: f\nsteps:\n  - set:\n${value.replace(/^(?=.)/gm, '      ')}`

const plain = (value) => JSON.parse(JSON.stringify(value)) // without -0

const texts = ['', 'a', 'a b', ' a ', '5', '1.20', 'true', 'null', '~', 'yes', 'no', 'on', '2026-11-20', '09:30:00', '12:30', '000001', '0x1F', '1e3', '.5', '-',
  '- a', '? a', ': a', 'a: b', 'a #b', '#a', '"a"', "it's", '{a}', '[a]', 'a, b', '& a', '* a', '! a', '| a', '> a', '%a', '@a', '`a`', '证券：清算', '全角　空格', '😀',
  'a\nb', 'a\n\nb\n', '\na', 'a\n', ' a\nb', 'tab\there', 'back\\slash', '"quoted" and \'single\'', 'a'.repeat(200), 'word '.repeat(40), '\u00a0', 'x\u0301', '.inf', '---', '...']
const leaf = () => one([() => one(texts), () => one(texts) + one(texts), () => below(1e6) - 5e5, () => below(1e6) / 1000, () => true, () => false, () => null])()
const value = (depth) => {
  const kind = depth > 3 ? 0 : below(4)
  if (kind < 2) return leaf()
  if (kind === 2) return Array.from({ length: below(4) }, () => value(depth + 1))
  return Object.fromEntries(Array.from({ length: below(4) }, (_, i) => [one(['k', '键', 'a b', '5', 'x: y', '-', 'true']) + i, value(depth + 1)]))
}
const styles = () => ({
  defaultStringType: one(['PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED']),
  collectionStyle: one(['any', 'block', 'flow']),
  lineWidth: one([20, 80, 0]),
  indentSeq: one([true, false]),
})

test('documents written by npm yaml mean the same here', async () => {
  let compared = 0
  for (let i = 0; i < 1500; i++) {
    const wanted = Object.fromEntries(Array.from({ length: 1 + below(4) }, (_, n) => [`v${n}`, value(0)]))
    const text = stringify({ quanji: 1, flow: 'f', steps: [{ set: wanted }] }, styles()).replace(/^(['"]?)(quanji|flow|steps)\1:/gm, '$2:')
    let meant
    try {
      meant = plain(parse(text).steps[0].set)
    } catch {
      continue
    }
    // Some styles of the writer the library itself cannot read again, or reads as something else.
    if (!isDeepStrictEqual(meant, plain(wanted))) continue
    compared++
    const { problems, set } = await ours(text)
    assert.deepEqual(problems, [], text)
    assert.deepEqual(set, meant, text)
  }
  assert.ok(compared > 1000, String(compared))
})

test('scalars written by hand mean the same, or are refused', async () => {
  const scalars = ['5', '-5', '+5', '1.', '.5', '1e3', '1E-2', '-0', '0', '0.0', '00', '007', '1_000', 'true', 'True', 'TRUE', 'tRue', 'null', 'Null', 'NULL', '~', '', 'yes', 'No',
    'on', 'y', '0x1F', '0o17', '0b1', '.inf', '-.Inf', '.nan', '2026-11-20', '2026-11-20T09:30:00Z', '12:30', '190:20:30', 'a', 'a#b', 'a:b', '-a', '?a', '600000.SH', '1.2.3', '1e', '+',
    '"a\\tb\\u4e2d"', "'it''s'", '"a\\\n  b"', '|\n  a\n  b', '>\n  a\n  b\n\n  c', '|-\n  a', '|+\n  a\n', '>-\n  a\n   b\n  c', '|2\n    a', 'a\n  b', '"a\n  b"', "'a\n\n  b'"]
  for (const scalar of scalars) {
    const text = document(`v: ${scalar}\n`)
    const meant = plain(parse(text).steps[0].set)
    const { problems, set } = await ours(text)
    if (problems.length > 0) assert.match(problems[0], /ambiguous_number/, text)
    else assert.deepEqual(set, meant, text)
  }
})
