'use strict'
// Workbooks of ours opened by LibreOffice and saved again: values, days and the results of formulas are what we meant. Skipped where
// LibreOffice is not installed.
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const test = require('node:test')
const { spawnSync } = require('node:child_process')
const { draw, program, letters, seed_of } = require('./cross.js')

const there = spawnSync('soffice', ['--version']).status === 0
const skip = there ? false : 'machine: LibreOffice (libreoffice-calc-nogui) is not installed'
const seed = seed_of(process.argv)
console.log(`seed=${seed}`)
const { value, below } = draw(seed)
const ours = program(process.env.WORKBOOK_CROSS)

const convert = (folder, from, to) => {
  // A profile of its own: nothing of the user's is touched, and two runs do not meet.
  const run = spawnSync('soffice', [`-env:UserInstallation=file://${folder}/profile`, '--headless', '--norestore', '--convert-to', to, '--outdir', path.join(folder, 'out'), path.join(folder, from)],
    { encoding: 'utf8', timeout: 120000, env: { ...process.env, HOME: folder } })
  assert.equal(run.status, 0, run.stderr)
  return path.join(folder, 'out', `${path.parse(from).name}.${to.split(':')[0]}`)
}
const in_folder = (work) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'libreoffice-'))
  try { work(folder) } finally { fs.rmSync(folder, { recursive: true, force: true }) }
}
const cells_of = (rows) => {
  const cells = {}
  rows.forEach((row, r) => row.forEach((one, c) => { if (one !== null) cells[`${letters(c + 1)}${r + 2}`] = one }))
  return cells
}
const compare = (got, want) => {
  for (const [at, one] of Object.entries(want)) {
    if (one.t === 'decimal' || one.t === 'integer') assert.equal(got[at] && got[at].v.replace(/^(-?)\./, '$10.'), one.v, at)
    else assert.deepEqual(got[at], one, at)
  }
}

test('AWorkbookOfOursSavedByLibreOfficeHoldsTheSameValues', { skip }, () => in_folder((folder) => {
  const rows = Array.from({ length: 200 }, () => Array.from({ length: 8 }, value))
  ours(['write', path.join(folder, 'ours.xlsx')], { sheets: [{ name: '数据', columns: 'abcdefgh'.split(''), rows }] })
  const saved = convert(folder, 'ours.xlsx', 'xlsx:Calc MS Excel 2007 XML')
  const { sheets } = JSON.parse(ours(['read', saved]))
  compare(sheets[0].cells, cells_of(rows))
}))

test('TextThatLooksLikeACodedCharacterStaysText', { skip }, () => in_folder((folder) => {
  const texts = ['_x1_x', '_x12_', '_x123_', '_x1234_', '_x12345_', '_xg_', '_x_', '_x5F_', '_x005F_x', '_x0_', '_xD800_', 'a_x41_b', '_x005F_x41_b', '_x1_x2_']
  const rows = texts.map((v) => [{ t: 'text', v }])
  ours(['write', path.join(folder, 'ours.xlsx')], { sheets: [{ name: 'S', columns: ['a'], rows }] })
  compare(JSON.parse(ours(['read', convert(folder, 'ours.xlsx', 'xlsx:Calc MS Excel 2007 XML')])).sheets[0].cells, cells_of(rows))
}))

test('FormulasOfOursAreWorkedOut', { skip }, () => in_folder((folder) => {
  const numbers = Array.from({ length: 10 }, () => below(100000))
  const rows = numbers.map((n, i) => [{ t: 'integer', v: String(n) }, { t: 'formula', v: `A${i + 2}*2` }])
  ours(['write', path.join(folder, 'f.xlsx')], { sheets: [{ name: 'S', columns: ['n', 'twice'], rows }] })
  ours(['edit', path.join(folder, 'f.xlsx'), path.join(folder, 'g.xlsx')], { sheet: 'S', cells: { A2: { t: 'integer', v: '7' } }, append: [[null, { t: 'formula', v: 'SUM(B2:B11)' }]] })
  numbers[0] = 7
  const csv = fs.readFileSync(convert(folder, 'g.xlsx', 'csv'), 'utf8').trim().split(/\r?\n/)
  assert.deepEqual(csv.slice(1), [...numbers.map((n) => `${n},${n * 2}`), `,${2 * numbers.reduce((a, b) => a + b)}`])
}))

test('AFileOfLibreOfficeIsReadAndEdited', { skip }, () => in_folder((folder) => {
  const lines = ['code,amount,day', '600000,12.34,2026-11-20', '600001,-0.05,2026-01-05']
  fs.writeFileSync(path.join(folder, 'in.csv'), lines.join('\n') + '\n')
  const made = convert(folder, 'in.csv', 'xlsx:Calc MS Excel 2007 XML')
  const read = (file) => JSON.parse(ours(['read', file])).sheets[0].cells
  const cells = read(made)
  assert.deepEqual(cells.A2, { t: 'integer', v: '600000' })
  assert.deepEqual(cells.B3, { t: 'decimal', v: '-0.05' })
  assert.deepEqual(cells.C2, { t: 'date', v: '2026-11-20' })
  const edited = path.join(folder, 'edited.xlsx')
  ours(['edit', made, edited], { sheet: '1', cells: { B2: { t: 'decimal', v: '9.95' } }, append: [[{ t: 'integer', v: '600002' }, { t: 'decimal', v: '1.5' }, { t: 'date', v: '2026-12-31' }]] })
  const again = read(convert(folder, 'edited.xlsx', 'xlsx:Calc MS Excel 2007 XML'))
  assert.deepEqual(again.B2, { t: 'decimal', v: '9.95' })
  assert.deepEqual(again.C4, { t: 'date', v: '2026-12-31' })
  assert.deepEqual(again.C3, { t: 'date', v: '2026-01-05' })
}))
