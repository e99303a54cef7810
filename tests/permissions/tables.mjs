// The two hand-written tables, what was settled about them, and the operations as contracts/ publishes them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../platform.mjs';

const folder = join(root, 'tests/permissions');
export function readTable(name) {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split('\n').map((line) => line.split('\t'));
  return lines.map((cells, i) => {
    if (cells.length !== head.length) throw new Error(`${name}:${i + 2}: ${cells.length} columns, not ${head.length}`);
    return Object.fromEntries(head.map((column, c) => [column, cells[c]]));
  });
}

export const roles = ['system_administrator', 'security_administrator', 'auditor', 'operator', 'flow_developer', 'department_head', 'business_user', 'checker', 'inspection_account'];
const columns = ['permission', 'scope', ...roles, 'client'];
export const expected = readTable('expected.tsv');
export const relations = readTable('relations.tsv');
// Where an expectation was a misreading of the pages: `ours` stands instead. A row that the platform no longer needs fails the test.
export const settled = readTable('settled.tsv');
export const settledFor = (call, column) => settled.find((row) => row.call === call && row.column === column);

// What is wanted of a cell, after what was settled.
export const wanted = (row, column) => settledFor(row.call, column)?.ours ?? row[column];

export function wrongTables() {
  const wrong = [];
  const calls = new Set();
  for (const row of expected) {
    if (calls.has(row.call)) wrong.push(`expected.tsv names ${row.call} twice`);
    calls.add(row.call);
    for (const column of [...roles, 'client']) if (!['yes', 'no'].includes(row[column])) wrong.push(`expected.tsv: ${row.call} ${column} is ${row[column]}`);
    if (!['platform', 'department', 'self', 'list'].includes(row.scope)) wrong.push(`expected.tsv: ${row.call} scope is ${row.scope}`);
  }
  const once = new Set();
  for (const row of settled) {
    const meant = expected.find((one) => one.call === row.call);
    if (once.has(`${row.call} ${row.column}`)) wrong.push(`settled.tsv names ${row.call} ${row.column} twice`);
    once.add(`${row.call} ${row.column}`);
    if (!meant || !columns.includes(row.column)) wrong.push(`settled.tsv: ${row.call} ${row.column} is no cell of expected.tsv`);
    else if (meant[row.column] !== row.expected) wrong.push(`settled.tsv: ${row.call} ${row.column} is expected to be ${meant[row.column]}, not ${row.expected}`);
    if (row.expected === row.ours || !row.reason) wrong.push(`settled.tsv: ${row.call} ${row.column} settles nothing, or gives no reason`);
  }
  return wrong;
}

// call → { id, permission } of contracts/permissions.md.
export const published = new Map(readFileSync(join(root, 'contracts/permissions.md'), 'utf8').split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^(GET|POST|PATCH|DELETE) \//.test(cells[2] ?? ''))
  .map((cells) => [cells[2], cells[3]]));
// call → the platform's own name of the operation, dotted: openapi.json writes its first point as `_`.
export const operations = new Map(Object.entries(JSON.parse(readFileSync(join(root, 'contracts/openapi.json'), 'utf8')).paths)
  .flatMap(([path, verbs]) => Object.entries(verbs).map(([verb, operation]) => [`${verb.toUpperCase()} ${path}`, operation.operationId])));
