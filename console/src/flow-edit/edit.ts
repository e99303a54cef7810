// Edits of a flow document that leave everything else as it stands: comments, order, quotes, blank lines. Text is cut and put in at the
// places the parser names, never written anew; after each edit the document has to mean exactly what the edit says, or nothing is done.
// Shared by the designer and by `quanji flow edit` (cli.ts).
import { isMap, isScalar, isSeq, parseDocument, stringify } from 'yaml';
import type { Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml';

// A place is a path: "title", "inputs/day/type", "steps/2/with/file", "steps/0".
export type Edit =
  // Sets what stands there, or adds it to its map.
  | { op: 'set'; at: string; value: unknown }
  // Takes an entry of a map or of a list away.
  | { op: 'remove'; at: string }
  // Puts an element into a list, before the one that stands there now; "-" as the last part: at its end.
  | { op: 'insert'; at: string; value: unknown }
  // Moves an element of a list to another place, of another list too, with the comments above it; the place is that before the move.
  | { op: 'move'; at: string; to: string };

export class EditProblem extends Error {
  constructor(
    readonly edit: number,
    readonly zh: string,
    readonly en: string,
  ) {
    super(`${zh} / ${en}`);
  }
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export function applyEdits(text: string, edits: readonly Edit[]): string {
  // Lines that end as on Windows do so afterwards; in between there is one kind.
  const windows = text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
  let now = windows ? text.replaceAll('\r\n', '\n') : text;
  edits.forEach((given: unknown, index) => {
    const fail = (zh: string, en: string): never => {
      throw new EditProblem(index, zh, en);
    };
    const edit = well_formed(given, fail);
    const before = read(now, fail);
    const wanted = meant(before.toJS() as Json, edit, fail);
    const after = write(now, before, edit, fail);
    const got = read(after, (zh, en) => fail(`改后读不懂：${zh}`, `after the edit it cannot be read: ${en}`));
    if (!same(got.toJS() as Json, wanted))
      fail('这处改动会牵动别的内容，没有改', 'this edit would change something else too; nothing was changed');
    now = after;
  });
  return windows ? now.replaceAll('\n', '\r\n') : now;
}

// Edits come from outside: a file, a pipe, another program.
function well_formed(given: unknown, fail: Fail): Edit {
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    return fail('一处改动应是对象：{"op":"set","at":"title","value":"…"}', 'an edit is an object: {"op":"set","at":"title","value":"…"}');
  const { op, at, to } = given as Record<string, unknown>;
  if (op !== 'set' && op !== 'remove' && op !== 'insert' && op !== 'move')
    return fail('op 应是 set、remove、insert、move 之一', '"op" is one of set, remove, insert, move');
  if (typeof at !== 'string' || at === '') return fail('at 要指明一处，如 "steps/0/title"', '"at" has to name a place: "steps/0/title"');
  if (op === 'move' && (typeof to !== 'string' || to === '')) return fail('move 要有 to，如 "steps/2"', '"move" needs "to": "steps/2"');
  if ((op === 'set' || op === 'insert') && (given as { value?: unknown }).value === undefined)
    return fail(`${op} 要有 value`, `"${op}" needs "value"`);
  return given as Edit;
}

type Fail = (zh: string, en: string) => never;

function read(text: string, fail: Fail): Document {
  // Decimals keep their digits: numbers are compared and written as they stand.
  const document = parseDocument(text, { version: '1.2', schema: 'core', intAsBigInt: false, uniqueKeys: true });
  const [problem] = document.errors;
  if (problem) fail(`不是有效的 YAML：${problem.message}`, `this is no YAML: ${problem.message}`);
  return document;
}

function parts(at: string): string[] {
  return at === '' ? [] : at.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
function index_of(part: string, length: number, fail: Fail): number {
  const index = /^\d+$/.test(part) ? Number(part) : -1;
  if (index < 0 || index >= length) fail(`没有第 ${part} 项，共 ${length} 项（从 0 数起）`, `there is no element ${part}; there are ${length}, from 0`);
  return index;
}

// ---- what an edit means ----

function meant(root: Json, edit: Edit, fail: Fail): Json {
  // Through its text: what an alias shares is two things afterwards, so that an edit that would change both is found out.
  const copy = JSON.parse(JSON.stringify(root)) as Json;
  const way = parts(edit.at);
  const last = way.pop() ?? '';
  const around_of = (steps: string[], at: string) =>
    steps.reduce<Json>((value, part) => {
      if (Array.isArray(value)) return value[index_of(part, value.length, fail)] as Json;
      if (value !== null && typeof value === 'object' && Object.hasOwn(value, part)) return value[part] as Json;
      return fail(`没有“${part}”（${at}）`, `there is no "${part}" (${at})`);
    }, copy);
  const around = around_of(way, edit.at);
  if (edit.op === 'insert' || edit.op === 'move') {
    if (!Array.isArray(around)) return fail(`${edit.at} 不在列表里`, `${edit.at} is in no list`);
    if (edit.op === 'insert') {
      around.splice(last === '-' || Number(last) === around.length ? around.length : index_of(last, around.length, fail), 0, edit.value as Json);
      return copy;
    }
    if (`${edit.to}/`.startsWith(`${edit.at}/`) && edit.to !== edit.at) return fail('不能移到自己里面', 'it cannot move into itself');
    const to = parts(edit.to);
    const place = to.pop() ?? '';
    const other = around_of(to, edit.to);
    if (!Array.isArray(other)) return fail(`${edit.to} 不在列表里`, `${edit.to} is in no list`);
    const from = index_of(last, around.length, fail);
    const target = place === '-' || Number(place) === other.length ? other.length : index_of(place, other.length, fail);
    const [moved] = around.splice(from, 1);
    other.splice(other === around && target > from ? target - 1 : target, 0, moved as Json);
    return copy;
  }
  if (Array.isArray(around)) {
    const index = index_of(last, around.length, fail);
    if (edit.op === 'remove') around.splice(index, 1);
    else around[index] = edit.value as Json;
  } else if (around !== null && typeof around === 'object') {
    if (edit.op === 'set') around[last] = edit.value as Json;
    else if (Object.hasOwn(around, last)) delete around[last];
    else return fail(`没有“${last}”（${edit.at}）`, `there is no "${last}" (${edit.at})`);
  } else {
    return fail(`${edit.at} 的上一级不是映射或列表`, `what is around ${edit.at} is no map and no list`);
  }
  return copy;
}
function same(a: Json, b: Json): boolean {
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => same(one, b[i] as Json));
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') {
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name] as Json, b[name] as Json));
  }
  return Object.is(a, b);
}

// ---- how it is written ----

interface Spot {
  container: YAMLMap | YAMLSeq;
  key: string;
  value: Node | null; // null: not there yet
  pair?: Pair;
}

function write(text: string, document: Document, edit: Edit, fail: Fail): string {
  const spot = find(document, edit.at, fail);
  if (edit.op === 'set') return spot.value ? replaced(text, spot, edit.value) : added(text, spot, edit.value);
  if (edit.op === 'remove') return without(text, spot, fail);
  if (edit.op === 'insert') return inserted(text, spot, edit.value, fail);
  return moved(text, spot, find(document, edit.to, fail), fail);
}

function find(document: Document, at: string, fail: Fail): Spot {
  const way = parts(at);
  const last = way.pop() ?? '';
  let node = document.contents as Node | null;
  for (const part of way) {
    const next: unknown = isMap(node) ? node.get(part, true) : isSeq(node) ? node.items[index_of(part, node.items.length, fail)] : undefined;
    if (next === undefined || next === null) fail(`没有“${part}”（${at}）`, `there is no "${part}" (${at})`);
    node = next as Node;
  }
  if (isMap(node)) {
    const pair = node.items.find((one) => isScalar(one.key) && String(one.key.value) === last);
    return pair ? { container: node, key: last, value: pair.value as Node | null, pair: pair as Pair } : { container: node, key: last, value: null };
  }
  if (isSeq(node)) return { container: node, key: last, value: (node.items[Number(last)] as Node | undefined) ?? null };
  return fail(`${at} 的上一级不是映射或列表`, `what is around ${at} is no map and no list`);
}

const line_start = (text: string, at: number) => text.lastIndexOf('\n', at - 1) + 1;
const column_of = (text: string, at: number) => at - line_start(text, at);
const next_line = (text: string, at: number) => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
};
function range(node: Node): [number, number] {
  const [from, to] = node.range ?? [0, 0, 0];
  return [from, to];
}
// In one line, as it stands inside {…} and […].
function in_line(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, schema: 'core' }).trimEnd();
}
// In lines, each with so many blanks in front but the first.
function in_lines(value: unknown, indent: number): string {
  return stringify(value, { lineWidth: 0, schema: 'core', indent: 2, indentSeq: true, blockQuote: 'literal' })
    .trimEnd()
    .split('\n')
    .map((line, i) => (i === 0 || line === '' ? line : ' '.repeat(indent) + line))
    .join('\n');
}
const is_plain = (value: unknown) => value === null || typeof value !== 'object' || Object.keys(value).length === 0;
// "|" or ">": what they hold ends with a line's end.
const is_block = (node: Node) => isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
// "key: value" in lines, the key standing at a column.
function entry(key: string, value: unknown, column: number): string {
  return in_lines({ [key]: value }, column);
}
function key_start(text: string, pair: Pair): number {
  const key = pair.key as Node;
  return range(key)[0] ?? line_start(text, 0);
}

function replaced(text: string, spot: Spot, value: unknown): string {
  const node = spot.value as Node;
  const [from, to] = range(node);
  const empty = from === to;
  const many_lines = typeof value === 'string' && value.trimEnd().includes('\n');
  if (!spot.container.flow && (is_block(node) || many_lines)) return block_replaced(text, node, value, spot);
  if (is_plain(value) || spot.container.flow) return text.slice(0, from) + (empty ? ' ' : '') + in_line(value) + text.slice(to);
  if (spot.pair) {
    const start = key_start(text, spot.pair);
    const own_line = from > start && !text.slice(start, from).includes('\n');
    const written = entry(spot.key, value, column_of(text, start));
    return text.slice(0, start) + written + (own_line || is_scalar_node(node) ? text.slice(trimmed(text, to)) : `\n${text.slice(next_line(text, to - 1))}`);
  }
  return text.slice(0, from) + in_lines(value, column_of(text, from)) + text.slice(trimmed(text, to));
}
const is_scalar_node = (node: Node) => isScalar(node);
// A value of many lines comes, or goes, or both. A comment behind "|" stays on its line.
function block_replaced(text: string, node: Node, value: unknown, spot: Spot): string {
  const [from, to] = range(node);
  const end = is_block(node) ? trimmed(text, to) : to;
  const head = text.slice(from, next_line(text, from)).trimEnd();
  const comment = is_block(node) ? (/\s+#.*$/.exec(head)?.[0] ?? '') : '';
  const rest_of_line = text.slice(end, next_line(text, end)).trimEnd();
  const column = spot.pair ? column_of(text, key_start(text, spot.pair)) : column_of(text, dash(text, node));
  // The value as it stands behind a key of that column; the key is cut off again.
  const [first = '', ...lines] = entry('k', value, column).slice('k:'.length).split('\n');
  const beside = is_block(node) ? comment : rest_of_line;
  const before = text.slice(0, from).replace(/[ \t]+$/, '');
  const after = is_block(node) ? text.slice(end) : text.slice(end + (lines.length > 0 ? rest_of_line.length : 0));
  return before + first + (is_block(node) || lines.length > 0 ? beside : '') + lines.map((line) => `\n${line}`).join('') + after;
}
// A block ends behind its line end: back to it.
function trimmed(text: string, to: number): number {
  let end = to;
  while (end > 0 && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return end;
}

function added(text: string, spot: Spot, value: unknown): string {
  const container = spot.container as YAMLMap;
  const items = container.items;
  if (container.flow) {
    const end = range(container)[1] - 1;
    const inside = trimmed(text, end);
    return `${text.slice(0, inside)}${items.length > 0 ? ', ' : ''}${in_line({ [spot.key]: value }).replace(/^\{\s*/, '').replace(/\s*\}$/, '')}${text.slice(inside)}`;
  }
  const first = items[0] as Pair;
  const column = column_of(text, key_start(text, first));
  return after(text, container, ' '.repeat(column) + entry(spot.key, value, column));
}
// A line behind all a block holds.
function after(text: string, container: Node, line: string): string {
  const end = trimmed(text, range(container)[1]);
  const at = next_line(text, end);
  const before = text.slice(0, at);
  return `${before}${before.endsWith('\n') || before === '' ? '' : '\n'}${line}\n${text.slice(at)}`;
}

// The comments right above an element, at its dash's column, are its own: the line where they begin.
function with_comments(text: string, start: number, column: number): number {
  let begin = start;
  while (begin > 0) {
    const above = line_start(text, begin - 1);
    if (!text.slice(above, begin).startsWith(`${' '.repeat(column)}#`)) break;
    begin = above;
  }
  return begin;
}
// Where an element of a list begins: its dash.
function dash(text: string, node: Node): number {
  return text.lastIndexOf('-', range(node)[0]);
}
function block_of(text: string, container: YAMLSeq, index: number): [number, number] {
  const start = line_start(text, dash(text, container.items[index] as Node));
  const following = container.items[index + 1] as Node | undefined;
  // Comments above the following element are its own.
  const end = next_line(text, trimmed(text, range(container.items[index] as Node)[1]) - 1);
  return [start, following ? Math.min(end, line_start(text, dash(text, following))) : end];
}

function without(text: string, spot: Spot, fail: Fail): string {
  const { container } = spot;
  if (container.flow || !spot.value) return in_flow_without(text, spot, fail);
  if (isSeq(container)) {
    if (container.items.length === 1) return fail('列表里只剩这一项，不能删空；删掉整个列表', 'it is the last of its list: remove the list');
    const [from, to] = block_of(text, container, Number(spot.key));
    return text.slice(0, from) + text.slice(to);
  }
  if (container.items.length === 1) return fail('映射里只剩这一项；删掉整个映射', 'it is the last of its map: remove the map');
  const pair = spot.pair as Pair;
  const from = key_start(text, pair);
  const end = next_line(text, Math.max(from, trimmed(text, range(spot.value)[1]) - 1));
  const first = container.items[0] === pair;
  if (!first || text.slice(line_start(text, from), from).trim() === '') return text.slice(0, line_start(text, from)) + text.slice(end);
  // The first of an element stands behind its dash: the next one takes its place.
  const second = key_start(text, container.items[1] as Pair);
  return text.slice(0, from) + text.slice(second);
}
function in_flow_without(text: string, spot: Spot, fail: Fail): string {
  const items = spot.container.items as unknown[];
  const index = isSeq(spot.container) ? Number(spot.key) : items.indexOf(spot.pair);
  if (!spot.container.flow || index < 0) return fail('这一项没有值，不能这样删', 'it has no value and cannot be removed like this');
  const bounds = (i: number): [number, number] => {
    const one = items[i];
    if (isSeq(spot.container)) return range(one as Node);
    const pair = one as Pair;
    return [key_start(text, pair), pair.value ? range(pair.value as Node)[1] : range(pair.key as Node)[1]];
  };
  const [from, to] = bounds(index);
  if (index + 1 < items.length) return text.slice(0, from) + text.slice(bounds(index + 1)[0]);
  if (index > 0) return text.slice(0, bounds(index - 1)[1]) + text.slice(to);
  return text.slice(0, from) + text.slice(to);
}

function inserted(text: string, spot: Spot, value: unknown, fail: Fail): string {
  const container = spot.container;
  if (!isSeq(container)) return fail('只能插到列表里', 'an element is put into a list');
  const index = spot.key === '-' ? container.items.length : Number(spot.key);
  if (container.flow) {
    const [from, to] = range(container);
    if (container.items.length === 0) return `${text.slice(0, from)}[${in_line(value)}]${text.slice(to)}`;
    if (index >= container.items.length) {
      const end = range(container.items[container.items.length - 1] as Node)[1];
      return `${text.slice(0, end)}, ${in_line(value)}${text.slice(end)}`;
    }
    const at = range(container.items[index] as Node)[0];
    return `${text.slice(0, at)}${in_line(value)}, ${text.slice(at)}`;
  }
  const column = column_of(text, dash(text, container.items[0] as Node));
  const line = `${' '.repeat(column)}- ${in_lines(value, column + 2)}`;
  if (index >= container.items.length) return after(text, container, line);
  const at = with_comments(text, line_start(text, dash(text, container.items[index] as Node)), column);
  return `${text.slice(0, at)}${line}\n${text.slice(at)}`;
}

function moved(text: string, spot: Spot, to: Spot, fail: Fail): string {
  const { container } = spot;
  if (!isSeq(container) || container.flow || !isSeq(to.container) || to.container.flow)
    return fail('只能在成行的列表之间移动', 'elements move between lists that are written in lines');
  if (container !== to.container && container.items.length === 1)
    return fail('列表里只剩这一项，不能移空；删掉整个列表，再插入这一项', 'it is the last of its list: remove the list and insert it there');
  const column = (list: YAMLSeq) => column_of(text, dash(text, list.items[0] as Node));
  const bounds = (list: YAMLSeq, index: number): [number, number] => {
    const [start, end] = block_of(text, list, index);
    return [with_comments(text, start, column(list)), end];
  };
  const last = to.container.items.length;
  const target = to.key === '-' ? last : Number(to.key);
  const [start, end] = bounds(container, Number(spot.key));
  const place = target >= last ? bounds(to.container, last - 1)[1] : bounds(to.container, target)[0];
  if (place >= start && place <= end && container === to.container) return text;
  const ended = (piece: string) => (piece === '' || piece.endsWith('\n') ? piece : `${piece}\n`);
  const shift = column(to.container) - column(container);
  const block = ended(text.slice(start, end))
    .split('\n')
    .map((line) => (line === '' || shift === 0 ? line : shift > 0 ? ' '.repeat(shift) + line : line.slice(Math.min(-shift, /^ */.exec(line)?.[0].length ?? 0))))
    .join('\n');
  return place <= start
    ? text.slice(0, place) + block + text.slice(place, start) + text.slice(end)
    : ended(text.slice(0, start) + text.slice(end, place)) + block + text.slice(place);
}
