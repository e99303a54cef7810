import { describe, expect, test } from 'vitest';
import { heading, milliseconds, short, time } from './format';

describe('what a person reads', () => {
  test('ATimeIsShownInTheZoneItCameIn', () => {
    expect(time('2026-11-24T11:44:28.876+08:00')).toBe('2026-11-24 11:44:28');
    expect(short('2026-11-24T11:44:28.876+08:00')).toBe('2026-11-24 11:44:28');
  });
  test('NothingIsADashAndAnEmptyListToo', () => {
    for (const nothing of [null, undefined, '', []]) expect(short(nothing)).toBe('—');
    expect(short(0)).toBe('0');
    expect(short(['a', null])).toBe('a、—');
  });
  test('AHeadingIsTheNameWithoutItsRule', () => {
    expect(heading('登录名，不分大小写唯一，不可更改')).toBe('登录名');
    expect(heading('是否预置（预置角色不可更改）')).toBe('是否预置');
    expect(heading('次序：优先级再先后')).toBe('次序');
    expect(heading('Account, unique')).toBe('Account');
    expect(heading('（无名）')).toBe('（无名）');
  });
  test('ADurationKeepsTheDigitsThatMatter', () => {
    expect(milliseconds(38)).toBe('0.04 ms');
    expect(milliseconds(14248)).toBe('14.2 ms');
    expect(milliseconds(142745)).toBe('143 ms');
  });
});
