'use strict'
// Workbooks of ours read by npm's exceljs, workbooks of exceljs read by us, and workbooks of exceljs edited by us, with values drawn from a
// seed. Usage: node exceljs.test.js PROGRAM [--seed N]
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const ExcelJS = require('exceljs')
const { draw, program, letters, seed_of } = require('./cross.js')

const seed = seed_of(process.argv)
console.log(`seed=${seed}`)
const { below, value, text } = draw(seed)
const ours = program(process.argv[2])
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'exceljs-'))
const file = (name) => path.join(folder, name)

const table = (rows, columns) => ({
  columns: Array.from({ length: columns }, (_, i) => `列${i}`),
  rows: Array.from({ length: rows }, () => Array.from({ length: columns }, value)),
})
// What exceljs holds in a cell, as we would say it.
const said = (cell) => {
  let held = cell.value
  if (held && held.richText) held = held.richText.map((run) => run.text).join('')
  if (held === null || held === undefined) return null
  if (held instanceof Date) {
    const text = new Date(Math.round(held.getTime() / 1000) * 1000).toISOString().slice(0, 19)
    return text.endsWith('T00:00:00') ? { t: 'date', v: text.slice(0, 10) } : { t: 'datetime', v: text }
  }
  if (typeof held === 'number') return { t: 'number', v: held }
  if (typeof held === 'boolean') return { t: 'bool', v: String(held) }
  return { t: 'text', v: held }
}
const same = (theirs, want, where) => {
  if (want === null) return assert.equal(theirs, null, where)
  if (want.t === 'integer' || want.t === 'decimal') return assert.deepEqual(theirs, { t: 'number', v: Number(want.v) }, where)
  assert.deepEqual(theirs, want, where)
}

async function ours_read_by_them() {
  for (let round = 0; round < 5; round++) {
    const sheets = [1, 2].map((n) => ({ name: `表 ${n}'&`, ...table(20 + below(60), 1 + below(12)) }))
    ours(['write', file('ours.xlsx')], { sheets })
    const book = new ExcelJS.Workbook()
    await book.xlsx.readFile(file('ours.xlsx'))
    assert.deepEqual(book.worksheets.map((sheet) => sheet.name), sheets.map((sheet) => sheet.name))
    for (const sheet of sheets) {
      const theirs = book.getWorksheet(sheet.name)
      sheet.columns.forEach((name, i) => assert.equal(theirs.getCell(1, i + 1).value, name))
      sheet.rows.forEach((row, r) => row.forEach((want, c) => same(said(theirs.getCell(r + 2, c + 1)), want, `${sheet.name} ${letters(c + 1)}${r + 2}`)))
    }
  }
}

// Cells as exceljs takes them.
const put = (cell, want) => {
  if (want === null) return
  if (want.t === 'integer' || want.t === 'decimal') cell.value = Number(want.v)
  else if (want.t === 'bool') cell.value = want.v === 'true'
  else if (want.t === 'date' || want.t === 'datetime') {
    cell.value = new Date(want.t === 'date' ? `${want.v}T00:00:00Z` : `${want.v}Z`)
    cell.numFmt = want.t === 'date' ? 'yyyy/m/d' : 'yyyy-mm-dd hh:mm:ss'
  } else cell.value = want.v
}
const theirs_made = async (name, date1904) => {
  const book = new ExcelJS.Workbook()
  book.properties.date1904 = date1904
  const sheet = book.addWorksheet('数据')
  const { rows } = table(30 + below(40), 2 + below(8))
  rows.forEach((row, r) => row.forEach((want, c) => put(sheet.getCell(r + 1, c + 1), want)))
  const other = book.addWorksheet('hidden', { state: 'hidden' })
  other.getCell('A1').value = { formula: 'SUM(B1:B2)', result: 3 }
  other.getCell('B1').value = 1
  other.getCell('B2').value = 2
  other.getCell('C1').value = { error: '#N/A' }
  other.getCell('D1').value = { richText: [{ text: 'ri', font: { bold: true } }, { text: 'ch' }] }
  other.mergeCells('A3:B5')
  other.getCell('A3').value = 'merged'
  other.getCell('E1').value = 5
  other.getCell('E1').font = { bold: true, color: { argb: 'FFFF0000' } }
  await book.xlsx.writeFile(file(name))
  return rows
}
const compare_rows = (sheet, rows, changed = {}) => {
  const want = {}
  rows.forEach((row, r) => row.forEach((one, c) => { if (one !== null) want[`${letters(c + 1)}${r + 1}`] = one }))
  for (const [at, one] of Object.entries(changed)) if (one === null) delete want[at]; else want[at] = one
  assert.deepEqual(Object.keys(sheet.cells).sort(), Object.keys(want).sort())
  for (const [at, one] of Object.entries(want)) {
    const got = sheet.cells[at]
    if (one.t === 'decimal') assert.equal(Number(got.v), Number(one.v), at)
    assert.deepEqual(got.t === 'decimal' ? { t: 'decimal', v: got.v } : got, one.t === 'datetime' || one.t !== 'decimal' ? one : { t: 'decimal', v: got.v }, at)
  }
}
async function theirs_read_by_us() {
  for (const date1904 of [false, true]) {
    const rows = await theirs_made('theirs.xlsx', date1904)
    const { sheets } = JSON.parse(ours(['read', file('theirs.xlsx')]))
    assert.deepEqual(sheets.map((sheet) => [sheet.name, sheet.state]), [['数据', 'visible'], ['hidden', 'hidden']])
    compare_rows(sheets[0], rows)
    assert.deepEqual(sheets[1].merged, ['A3:B5'])
    assert.deepEqual(sheets[1].cells, {
      A1: { t: 'integer', v: '3' }, B1: { t: 'integer', v: '1' }, C1: { t: 'text', v: '#N/A' }, D1: { t: 'text', v: 'rich' }, E1: { t: 'integer', v: '5' },
      B2: { t: 'integer', v: '2' }, A3: { t: 'text', v: 'merged' },
    })
    assert.equal(ours(['formula', file('theirs.xlsx'), 'hidden', 'A1']).trim(), 'SUM(B1:B2)')
  }
}

async function theirs_edited_by_us() {
  for (let round = 0; round < 6; round++) {
    const rows = await theirs_made('theirs.xlsx', round % 2 === 1)
    const cells = {}
    for (let n = 0; n < 25; n++) cells[`${letters(1 + below(12))}${1 + below(rows.length)}`] = value()
    // The appended row comes below the last cell with something in it.
    const last = rows.length - [...rows].reverse().findIndex((row, i) => row.some((one, c) => one !== null) || Object.keys(cells).some((at) => at.replace(/[A-Z]+/, '') === String(rows.length - i)))
    const appended = [{ t: 'text', v: text() }, { t: 'date', v: '2026-11-20' }, { t: 'decimal', v: '9.95' }]
    ours(['edit', file('theirs.xlsx'), file('edited.xlsx')], { sheet: '数据', cells, append: [appended] })
    const changed = { ...cells }
    appended.forEach((one, c) => { changed[`${letters(c + 1)}${last + 1}`] = one })
    const { sheets } = JSON.parse(ours(['read', file('edited.xlsx')]))
    compare_rows(sheets[0], rows, changed)
    const book = new ExcelJS.Workbook()
    await book.xlsx.readFile(file('edited.xlsx'))
    const sheet = book.getWorksheet('数据')
    for (const [at, want] of Object.entries(changed)) same(said(sheet.getCell(at)), want, at)
    const other = book.getWorksheet('hidden')
    assert.equal(other.getCell('E1').font.color.argb, 'FFFF0000')
    assert.equal(other.getCell('A1').formula, 'SUM(B1:B2)')
    assert.equal(other.getCell('B4').master.address, 'A3')
  }
}

;(async () => {
  for (const part of [ours_read_by_them, theirs_read_by_us, theirs_edited_by_us]) {
    await part()
    console.log(`${part.name}: agree`)
  }
})().catch((error) => {
  console.error(error)
  process.exitCode = 1
}).finally(() => fs.rmSync(folder, { recursive: true }))
