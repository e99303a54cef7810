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
