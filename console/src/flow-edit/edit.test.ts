import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { applyEdits, EditProblem } from './edit';
import type { Edit } from './edit';

const flow = `# 清算核对
quanji: 1
flow: reconcile   # 名字
title: "清算核对"

inputs:
  day: {type: date, title: 业务日期}   # 由调度给出
  inbox:
    type: text
steps:
  # 先取文件
  - do: file.wait_stable
    with:
      file: '=f"{inbox}/a.dbf"'
    timeout: 20m

  - set: {total: 0}
  # 再核对
  - do: log.write
    with: {message: done}   # 说一声
`;
const lines = (text: string) => text.split('\n');
// Lines that are in one text and not in the other, by place.
function changed(before: string, after: string): string[] {
  const a = lines(before);
  const b = lines(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return [...a.slice(head, a.length - tail).map((line) => `-${line}`), ...b.slice(head, b.length - tail).map((line) => `+${line}`)];
}
const edited = (...edits: Edit[]) => changed(flow, applyEdits(flow, edits));

describe('an edit of a flow', () => {
  it('changes nothing when there is nothing to change', () => {
    expect(applyEdits(flow, [])).toBe(flow);
  });
  it('sets a value where it stands and leaves the comment beside it', () => {
    expect(edited({ op: 'set', at: 'flow', value: 'reconcile_all' })).toEqual(['-flow: reconcile   # 名字', '+flow: reconcile_all   # 名字']);
    expect(edited({ op: 'set', at: 'steps/0/timeout', value: '30m' })).toEqual(['-    timeout: 20m', '+    timeout: 30m']);
    expect(edited({ op: 'set', at: 'inputs/day/title', value: '交易日' })).toEqual([
      '-  day: {type: date, title: 业务日期}   # 由调度给出',
      '+  day: {type: date, title: 交易日}   # 由调度给出',
    ]);
  });
  it('quotes what YAML would take for something else', () => {
    expect(edited({ op: 'set', at: 'title', value: '000001' })[1]).toMatch(/^\+title: ["']000001["']$/);
    expect(edited({ op: 'set', at: 'steps/2/with/message', value: '=f"{total}: {day}"' })[1]).toContain('# 说一声');
  });
  it('adds what is not there yet', () => {
    expect(edited({ op: 'set', at: 'steps/2/title', value: '通知' })).toEqual(['+    title: 通知']);
    expect(edited({ op: 'set', at: 'inputs/day/required', value: false })).toEqual([
      '-  day: {type: date, title: 业务日期}   # 由调度给出',
      '+  day: {type: date, title: 业务日期, required: false}   # 由调度给出',
    ]);
    expect(edited({ op: 'set', at: 'outputs', value: { total: { type: 'decimal' } } })).toEqual(['+outputs:', '+  total:', '+    type: decimal']);
  });
  it('puts a step in, moves one with its lines, takes one away', () => {
    expect(edited({ op: 'insert', at: 'steps/1', value: { do: 'file.exists', with: { file: 'a' } } })).toEqual([
      '+  - do: file.exists',
      '+    with:',
      '+      file: a',
    ]);
    expect(edited({ op: 'insert', at: 'steps/-', value: { return: {} } })).toEqual(['+  - return: {}']);
    const without = applyEdits(flow, [{ op: 'remove', at: 'steps/1' }]);
    expect(changed(flow, without)).toEqual(['-  - set: {total: 0}']);
    const moved = applyEdits(flow, [{ op: 'move', at: 'steps/2', to: 'steps/0' }]);
    expect((parse(moved) as { steps: { do?: string }[] }).steps.map((step) => step.do)).toEqual(['log.write', 'file.wait_stable', undefined]);
    for (const comment of ['# 先取文件', '# 再核对', '# 说一声']) expect(moved).toContain(comment);
  });
  it('refuses what is not there and says what is', () => {
    expect(() => applyEdits(flow, [{ op: 'set', at: 'steps/9/title', value: 'x' }])).toThrow(/没有第 9 项，共 3 项.*there is no element 9; there are 3/);
    expect(() => applyEdits(flow, [{ op: 'remove', at: 'steps/0/none' }])).toThrow(EditProblem);
    expect(() => applyEdits('a: [', [{ op: 'set', at: 'a', value: 1 }])).toThrow(/this is no YAML/);
  });
});

const nested = `# 头
steps:
  - python: |   # 计算
      a = 1
      # 块里的井号
      b = 2
    save: x
  # 判断
  - if: =x
    then:
      # 里面的
      - set: {q: 1}   # 尾
      - python: >-
          one
          two
  - set: {z: 1}
# 末
`;
describe('an edit of steps inside steps', () => {
  it('sets lines of code as lines of code and leaves the comment behind their bar', () => {
    const code = applyEdits(nested, [{ op: 'set', at: 'steps/0/python', value: 'a = 2\n\nif a:\n    b = 3\n' }]);
    expect(changed(nested, code)).toEqual(['-      a = 1', '-      # 块里的井号', '-      b = 2', '+      a = 2', '+', '+      if a:', '+          b = 3']);
    const short = applyEdits(nested, [{ op: 'set', at: 'steps/0/python', value: 'module:function' }]);
    expect(short).toContain('  - python: module:function   # 计算\n    save: x\n');
    expect(applyEdits('a: "q" # d\nb: 1\n', [{ op: 'set', at: 'a', value: 'x\ny\n' }])).toBe('a: | # d\n  x\n  y\nb: 1\n');
  });
  it('moves a step into another list and out again, with the comment above it', () => {
    const inside = applyEdits(nested, [{ op: 'move', at: 'steps/1/then/0', to: 'steps/0' }]);
    expect(inside).toContain('steps:\n  # 里面的\n  - set: {q: 1}   # 尾\n  - python: |   # 计算\n');
    expect(applyEdits(inside, [{ op: 'move', at: 'steps/0', to: 'steps/2/then/0' }])).toBe(nested);
    const deeper = applyEdits(nested, [{ op: 'move', at: 'steps/0', to: 'steps/1/then/-' }]);
    expect(deeper).toContain('      - python: |   # 计算\n          a = 1\n          # 块里的井号\n          b = 2\n        save: x\n  - set: {z: 1}\n');
    expect(() => applyEdits(nested, [{ op: 'move', at: 'steps/1', to: 'steps/1/then/0' }])).toThrow(/into itself/);
  });
  it('puts a step above the comment of the one that stood there', () => {
    expect(applyEdits(nested, [{ op: 'insert', at: 'steps/1', value: { set: { n: 1 } } }])).toContain('  - set:\n      n: 1\n  # 判断\n  - if: =x\n');
  });
  it('ends lines as the file does', () => {
    const windows = nested.replaceAll('\n', '\r\n');
    const edits: Edit[] = [
      { op: 'insert', at: 'steps/1', value: { python: 'a\nb\n' } },
      { op: 'set', at: 'steps/3/title', value: '末步' },
    ];
    expect(applyEdits(windows, [])).toBe(windows);
    expect(applyEdits(windows, edits)).toBe(applyEdits(nested, edits).replaceAll('\n', '\r\n'));
  });
});
describe('an edit that is none', () => {
  it.each([
    [null, /an edit is an object/],
    ['set', /an edit is an object/],
    [{ op: 'frob', at: 'title' }, /one of set, remove, insert, move/],
    [{ op: 'set', value: 1 }, /has to name a place/],
    [{ op: 'set', at: 3, value: 1 }, /has to name a place/],
    [{ op: 'set', at: 'title' }, /needs "value"/],
    [{ op: 'move', at: 'steps/0' }, /needs "to"/],
    [{ op: 'remove', at: 'toString' }, /there is no "toString"/],
    [{ op: 'set', at: '__proto__', value: 1 }, /nothing was changed/],
  ])('is refused with what to mend: %j', (edit, message) => {
    expect(() => applyEdits(flow, [edit as Edit])).toThrow(EditProblem);
    expect(() => applyEdits(flow, [edit as Edit])).toThrow(message);
  });
  it('is refused where an alias would carry it elsewhere', () => {
    expect(() => applyEdits('a: &k {x: 1}\nb: *k\n', [{ op: 'set', at: 'a/x', value: 3 }])).toThrow(/nothing was changed/);
  });
});

// What edits mean, said once more and otherwise: the judge of the property below.
type Plain = null | string | number | boolean | Plain[] | { [name: string]: Plain };
function judged(root: Plain, edit: Edit): Plain {
  const copy = structuredClone(root);
  const parent = (at: string): [Plain, string] => {
    const way = at.split('/');
    const last = way.pop() ?? '';
    let here = copy;
    for (const part of way) here = (here as Record<string, Plain>)[part] as Plain;
    return [here, last];
  };
  const [around, key] = parent(edit.at);
  if (edit.op === 'set') (around as Record<string, Plain>)[key] = edit.value as Plain;
  if (edit.op === 'insert') (around as Plain[]).splice(Number(key), 0, edit.value as Plain);
  if (edit.op === 'move') {
    const [other, place] = parent(edit.to);
    const element = (around as Plain[])[Number(key)] as Plain;
    // A mark stands where it goes, then it goes there.
    const mark: Plain = { mark: true };
    (other as Plain[]).splice(Number(place), 0, mark);
    (around as Plain[]).splice((around as Plain[]).indexOf(element), 1);
    (other as Plain[])[(other as Plain[]).indexOf(mark)] = element;
  }
  return copy;
}
describe('any edits of steps inside steps', () => {
  it('mean what an independent judge says and lose no comment', () => {
    const comments = ['# 头', '# 计算', '# 判断', '# 里面的', '# 尾', '# 末'];
    const values = ['text', 7, false, null, '=a + 1', '# none', 'a: b', { k: [1, { c: 'x' }] }, [], '多行\n文本\n', 'x\n  y', '\n', '- a'];
    let done = 0;
    for (let seed = 1; seed <= 300; seed += 1) {
      const chance = random(seed);
      let text = nested;
      for (let i = 0; i < 4; i += 1) {
        const before = parse(text) as { steps: { then?: unknown[] }[] };
        const lists = ['steps', ...before.steps.flatMap((step, at) => (step.then ? [`steps/${at}/then`] : []))];
        const list = lists[chance(lists.length)] ?? 'steps';
        const other = lists[chance(lists.length)] ?? 'steps';
        const length = (at: string) => (at === 'steps' ? before.steps : (before.steps[Number(at.split('/')[1])]?.then ?? [])).length;
        const value = values[chance(values.length)];
        const edits: Edit[] = [
          { op: 'set', at: `${list}/${chance(length(list))}/title`, value },
          { op: 'set', at: `${list}/${chance(length(list))}/python`, value },
          { op: 'insert', at: `${list}/${chance(length(list) + 1)}`, value: { python: value } },
          { op: 'move', at: `${list}/${chance(length(list))}`, to: `${other}/${chance(length(other) + 1)}` },
          { op: 'move', at: `${list}/${chance(length(list))}`, to: `${list}/${chance(length(list) + 1)}` },
        ];
        const edit = edits[chance(edits.length)] as Edit;
        let after: string;
        try {
          after = applyEdits(text, [edit]);
        } catch (problem) {
          if (!(problem instanceof EditProblem)) throw problem;
          continue;
        }
        const why = `seed ${seed}: ${JSON.stringify(edit)}\n${text}\n=>\n${after}`;
        expect(parse(after), why).toEqual(judged(before as unknown as Plain, edit));
        for (const comment of comments) expect(after.includes(comment), `${comment} is lost; ${why}`).toBe(true);
        text = after;
        done += 1;
      }
    }
    expect(done).toBeGreaterThan(900);
  }, 60_000);
});

// Chance from a seed.
function random(seed: number) {
  let state = seed;
  return (most: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % most;
  };
}
describe('any edits', () => {
  it('keep every comment and mean what they say, or are refused', () => {
    // That of the last step may go with what it stands beside.
    const comments = ['# 清算核对', '# 名字', '# 由调度给出', '# 先取文件', '# 再核对'];
    let done = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const chance = random(seed);
      let text = flow;
      for (let i = 0; i < 4; i += 1) {
        const count = (parse(text) as { steps: unknown[] }).steps.length;
        const values = ['text', 12, true, null, '=a + 1', '# no comment', 'a: b', { a: 1, b: [1, { c: 'x' }] }, [], {}, '多行\n文本', '12.30'];
        const value = values[chance(values.length)];
        const step = chance(count);
        const edits: Edit[] = [
          { op: 'set', at: `steps/${step}/title`, value },
          { op: 'set', at: `steps/${step}/with`, value },
          { op: 'set', at: `inputs/day/default`, value },
          { op: 'set', at: `inputs/extra${chance(3)}`, value },
          { op: 'insert', at: `steps/${chance(count + 1)}`, value: { set: { a: value } } },
          { op: 'move', at: `steps/${step}`, to: `steps/${chance(count + 1)}` },
          { op: 'set', at: 'title', value },
        ];
        const edit = edits[chance(edits.length)] as Edit;
        try {
          text = applyEdits(text, [edit]);
          done += 1;
        } catch (problem) {
          if (!(problem instanceof EditProblem)) throw problem;
          continue;
        }
        for (const comment of comments) expect(text.includes(comment), `seed ${seed}: ${comment} after ${JSON.stringify(edit)}\n${text}`).toBe(true);
      }
    }
    expect(done).toBeGreaterThan(200);
  }, 60_000);
});
