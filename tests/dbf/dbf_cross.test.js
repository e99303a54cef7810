'use strict'
// Compares our DBF files with npm's dbffile, which shares no code with ours: each side reads what the other wrote, and both read market files
// where they are. Usage: node dbf_cross.test.js PROGRAM [--seed N] [--cases N].
const { execFileSync } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const assert = require('node:assert/strict')
const { DBFFile, DELETED } = require('dbffile')

const option = (name, fallback) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const seed = option('--seed', Number(process.env.QUANJI_SEED ?? crypto.randomInt(2 ** 31)))
const cases = option('--cases', 40)
console.log(`seed=${seed}`)

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'quanji-dbffile-'))
const ask = (...words) => {
  const lines = execFileSync(process.argv[2], words, { encoding: 'utf8', maxBuffer: 1 << 30 }).split('\n').filter((line) => line !== '')
  const [head, ...rows] = lines.map((line) => JSON.parse(line))
  return { fields: head.fields, rows }
}

// A cell as we tell it and as dbffile does, in one form: numbers as numbers, days as yyyy-mm-dd, marks such as -.--- as no value.
const one_form = (type, value) => {
  if (value === null || value === undefined || Number.isNaN(value)) return null
  if (type === 'N' || type === 'F') return Number(value) + 0
  if (type === 'D') return value instanceof Date ? (Number.isNaN(value.getTime()) ? null : value.toISOString().slice(0, 10)) : value
  if (type === 'C') return value.replace(/[ \0]+$/, '')
  return value
}
const compare = (ours, fields, records, name) => {
  assert.deepEqual(fields.map((f) => [f.name, f.type, f.size, f.decimalPlaces ?? 0]), ours.fields.map((f) => (f[1] === 'C' ? [f[0], f[1], f[2], 0] : f)), name)
  assert.equal(records.length, ours.rows.length, name)
  records.forEach((record, r) => {
    const [deleted, ...cells] = ours.rows[r]
    assert.equal(record[DELETED] === true, deleted, `${name}: row ${r}`)
    ours.fields.forEach(([field, type], c) =>
      assert.equal(one_form(type, cells[c]), one_form(type, record[field]), `${name}: row ${r}, field ${field}`))
  })
}
const read_theirs = async (file) => {
  const dbf = await DBFFile.open(file, { encoding: 'gb18030', includeDeletedRecords: true })
  return { fields: dbf.fields, records: await dbf.readRecords() }
}

async function ours_read_by_theirs() {
  for (let i = 0; i < cases; i++) {
    const file = path.join(folder, `ours${i}.dbf`)
    const ours = ask('write', file, String(seed + i))
    const { fields, records } = await read_theirs(file)
    compare(ours, fields, records, `seed ${seed + i}`)
  }
}

async function theirs_read_by_ours() {
  for (let i = 0; i < cases; i++) {
    const made = ask('write', path.join(folder, `model${i}.dbf`), String(seed + i))
    const file = path.join(folder, `theirs${i}.dbf`)
    const dbf = await DBFFile.create(file, made.fields.map(([name, type, size, decimalPlaces]) => ({ name, type, size, decimalPlaces })), { encoding: 'gb18030' })
    const rows = made.rows.map(([, ...cells]) => Object.fromEntries(made.fields.map(([name, type], c) => {
      const value = one_form(type, cells[c])
      return [name, type === 'D' && value !== null ? new Date(value + 'T00:00:00Z') : value]
    })))
    if (rows.length > 0) await dbf.appendRecords(rows)
    const ours = ask('read', file)
    made.rows.forEach((row) => { row[0] = false })  // dbffile deletes nothing
    assert.deepEqual(ours.fields, made.fields)
    ours.rows.forEach((row, r) => made.fields.forEach(([field, type], c) =>
      assert.equal(one_form(type, row[c + 1]), one_form(type, made.rows[r][c + 1]), `seed ${seed + i}: row ${r}, field ${field}`)))
    assert.equal(ours.rows.length, made.rows.length)
  }
}

async function market_files() {
  const files = execFileSync(process.argv[2], ['files'], { encoding: 'utf8' }).split('\n').filter((line) => line !== '')
  if (files.length === 0) console.log('data: ../shared/data is not there, no market files compared')
  for (const file of files) {
    const ours = ask('read', file)
    const { fields, records } = await read_theirs(file)
    compare(ours, fields, records, path.basename(file))
    console.log(`${path.basename(file)}: ${records.length} rows`)
  }
}

;(async () => {
  for (const part of [ours_read_by_theirs, theirs_read_by_ours, market_files]) {
    await part()
    console.log(`${part.name}: agree`)
  }
})()
  .catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
  .finally(() => fs.rmSync(folder, { recursive: true, force: true }))
