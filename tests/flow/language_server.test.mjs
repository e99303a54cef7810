// Our JSON Schemas in the language server that editors use: what it proposes, what it complains about.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)
const rpc = require('vscode-jsonrpc/node')
const reader = process.env.QUANJI_FLOW_READER
const folder = mkdtempSync(join(tmpdir(), 'quanji-schema-'))
const schemas = {}
for (const name of ['flow', 'package']) {
  const file = join(folder, `${name}.schema.json`)
  writeFileSync(file, execFileSync(reader, ['schema', name]))
  schemas[pathToFileURL(file).href] = name === 'flow' ? ['*.flow.yaml'] : ['package.yaml']
}

// What is shipped: the schemas as they are committed, with the real catalogue.
const contracts = process.env.QUANJI_CONTRACTS
schemas[pathToFileURL(join(contracts, 'flow.schema.json')).href] = ['*.shipped.yaml']

let server, connection, opened = 0
const waiting = new Map()

before(async () => {
  server = spawn(process.execPath, [require.resolve('yaml-language-server/bin/yaml-language-server'), '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  connection = rpc.createMessageConnection(new rpc.StreamMessageReader(server.stdout), new rpc.StreamMessageWriter(server.stdin))
  connection.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }) => waiting.get(uri)?.(diagnostics))
  connection.onRequest('client/registerCapability', () => null)
  const settings = { yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false }, schemas } }
  const configured = new Promise((resolve) =>
    connection.onRequest('workspace/configuration', ({ items }) => {
      setImmediate(resolve)
      return items.map(({ section }) => settings[section] ?? {})
    }),
  )
  connection.listen()
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: {
      workspace: { configuration: true },
      textDocument: { completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } }, publishDiagnostics: {} },
    },
  })
  connection.sendNotification('initialized', {})
  connection.sendNotification('workspace/didChangeConfiguration', { settings })
  await configured
})
after(async () => {
  const ended = once(server, 'exit')
  await connection.sendRequest('shutdown')
  await connection.sendNotification('exit')
  await ended
  connection.dispose()
  rmSync(folder, { recursive: true })
})

function open(text, name = `${++opened}.flow.yaml`) {
  const uri = pathToFileURL(join(folder, name)).href
  const diagnostics = new Promise((resolve) => waiting.set(uri, resolve))
  connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } })
  return { uri, diagnostics }
}
// What is proposed where | stands.
async function proposals(text, name) {
  const before = text.slice(0, text.indexOf('|')).split('\n')
  const { uri } = open(text.replace('|', ''), name)
  const answer = await connection.sendRequest('textDocument/completion', {
    textDocument: { uri },
    position: { line: before.length - 1, character: before.at(-1).length },
  })
  return answer.items ?? answer
}
const labels = (items) => items.map((item) => item.label)
const head = 'quanji: 1\nflow: f\n'

test('at the top: the words of a document', async () => {
  const items = labels(await proposals(head + '|\nsteps: []\n'))
  for (const word of ['title', 'inputs', 'outputs', 'needs']) assert.ok(items.includes(word), `${word} in ${items}`)
  assert.ok(!items.includes('flow'), 'what is there is not proposed again')
})
test('in a step: the acts, and what they mean in both languages', async () => {
  const items = await proposals(head + 'steps:\n  - |\n')
  for (const word of ['do', 'set', 'if', 'for', 'try', 'call', 'python', 'each_item']) assert.ok(labels(items).includes(word), `${word} in ${labels(items)}`)
  const one = items.find((item) => item.label === 'each_item')
  assert.match(JSON.stringify(one.documentation), /队列[\s\S]*queue/)
})
test('after do: the activities', async () => {
  const items = labels(await proposals(head + 'steps:\n  - do: |\n'))
  assert.deepEqual(items.filter((item) => item.startsWith('dbf.')), ['dbf.read_table'])
  assert.ok(items.includes('log.write'))
})
test('inside with: the inputs of that activity and of no other', async () => {
  const items = await proposals(head + 'steps:\n  - do: dbf.read_table\n    with:\n      |\n')
  for (const word of ['file', 'encoding', 'rows']) assert.ok(labels(items).includes(word), `${word} in ${labels(items)}`)
  assert.ok(!labels(items).includes('message') && !labels(items).includes('url'), String(labels(items)))
  assert.match(JSON.stringify(items.find((item) => item.label === 'encoding').documentation), /编码[\s\S]*Encoding/)
})
test('at an input with choices: the choices', async () => {
  const items = labels(await proposals(head + 'steps:\n  - do: dbf.read_table\n    with:\n      file: a.dbf\n      encoding: |\n'))
  for (const word of ['gb18030', 'gbk', 'utf-8']) assert.ok(items.includes(word), `${word} in ${items}`)
})
test('at effect: its three words', async () => {
  const items = labels(await proposals(head + 'steps:\n  - do: log.write\n    with: {message: a}\n    effect: |\n'))
  for (const word of ['none', 'repeatable', 'once']) assert.ok(items.includes(word), `${word} in ${items}`)
})
test('in a nested step: the same', async () => {
  const items = labels(await proposals(head + 'steps:\n  - if: =1 < 2\n    then:\n      - do: |\n'))
  assert.ok(items.includes('browser.click'), String(items))
})

test('a right document has no complaints', async () => {
  const text = `quanji: 1
flow: reconcile
title: 清算核对
inputs:
  trade_date: {type: date, title: 业务日期, default: =calendar.today("SSE")}
  inbox: {type: text}
  page: {type: browser, required: false}
outputs: {breaks: {type: table}}
needs: {credentials: [counter_db], capabilities: [files], network: none}
steps:
  - do: dbf.read_table
    with:
      file: =f"{inbox}/SJSMX1{trade_date:%m%d}.DBF"
      encoding: gb18030
      rows: =10
    save: trades
  - for: row
    in: =trades.rows
    index: i
    steps:
      - if: =row["MXSFJE"] < 0
        then:
          - fail: {kind: business, code: sign_mismatch, message: =row}
        elif:
          - if: true
            then: [continue]
        else:
          - break
  - try:
      - do: browser.click
        with: {target: {role: button, name: 提交}}
        timeout: 30s
        retry: {times: 3, wait: 2s, factor: 2, error: [element_not_found, timeout]}
    catch:
      - error: popup_unknown
        save: problem
        steps:
          - do: human.ask
            with: {form: unknown_popup, picture: =problem.screenshot}
            save: {answer: answer}
    finally: []
  - do: browser.open
    as: page
    steps:
      - do: file.wait_stable
        with: {file: a, quiet: 5s, on: 2026-11-20}
  - parallel:
      - steps: [checkpoint]
      - title: 二
        steps: [checkpoint]
  - each_item: breaks
    limit: 10
    steps:
      - set: {a: 1, b: [1, '=a']}
      - python: |
          return 1
      - call: other
        with: {x: 1}
  - return: {breaks: =trades}
`
  assert.deepEqual(await open(text).diagnostics, [])
})
test('a wrong document is told of at its lines', async () => {
  const text = `quanji: 2
flow: Wrong Name
steps:
  - do: dbf.read_tabel
  - do: dbf.read_table
    with: {file: a, encoding: latin1, rows: many}
  - do: log.write
  - if: =1 < 2
  - set: {a: 1}
    on_error: ignore
  - retrun: {}
`
  const lines = new Set((await open(text).diagnostics).map((one) => one.range.start.line))
  for (const line of [0, 1, 3, 5, 6, 7, 9, 10]) assert.ok(lines.has(line), `line ${line} in ${[...lines]}`)
})
test('package.yaml is completed and checked', async () => {
  const right = 'quanji: 1\nname: settlement\nversion: 1.2.0\ntitle: 清算核对\nentry: [reconcile]\nrobot: ">=0.3"\nneeds: {assets: [], capabilities: [files], network: none}\n'
  assert.deepEqual(await open(right, 'package.yaml').diagnostics, [])
})

const shipped = () => `${++opened}.shipped.yaml`
const catalogue = JSON.parse(readFileSync(join(contracts, 'activities.json'), 'utf8'))

test('contracts/flow.schema.json proposes every activity there is', async () => {
  const items = await proposals(head + 'steps:\n  - do: |\n', shipped())
  for (const { id } of catalogue.activities) assert.ok(labels(items).includes(id), `${id} in ${labels(items)}`)
  assert.ok(catalogue.activities.length > 2)
})
test('contracts/flow.schema.json proposes the inputs of each activity, and the choices where there are some', async () => {
  for (const { id, inputs } of catalogue.activities) {
    if (inputs.length === 0) continue
    const items = labels(await proposals(head + `steps:\n  - do: ${id}\n    with:\n      |\n`, shipped()))
    for (const { name } of inputs) assert.ok(items.includes(name), `${name} of ${id} in ${items}`)
  }
  const { inputs } = catalogue.activities.find((one) => one.id === 'log.write')
  const levels = labels(await proposals(head + 'steps:\n  - do: log.write\n    with:\n      message: a\n      level: |\n', shipped()))
  const { choices } = inputs.find((one) => one.name === 'level')
  for (const { word } of choices) assert.ok(levels.includes(word), `${word} in ${levels}`)
})
test('contracts/flow.schema.json takes the example of every activity and refuses a wrong word in it', async () => {
  // All in one document: the server takes its time for each.
  const steps = catalogue.activities.map(({ example }) => example.replace(/^(?=.)/gm, '  ')).join('')
  const text = head + 'steps:\n' + steps
  const complaints = (await open(text, shipped()).diagnostics).map((one) => `${text.split('\n')[one.range.start.line]}: ${one.message}`)
  assert.deepEqual(complaints, [])
  const wrong = await open(head + 'steps:\n  - do: log.write\n    with: {messag: a}\n', shipped()).diagnostics
  assert.ok(wrong.length > 0)
})
test('contracts/package.schema.json is the one that was tried here', () => {
  assert.equal(readFileSync(join(contracts, 'package.schema.json'), 'utf8'), execFileSync(reader, ['schema', 'package'], { encoding: 'utf8' }))
})
