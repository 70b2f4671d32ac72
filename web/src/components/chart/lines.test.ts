// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { axisTop, isolated, stack } from '@/components/chart/lines';

describe('stack', () => {
  it('sums from the bottom, unknown above what is unknown', () => {
    const lines = [
      { label: 'a', values: [1, null, 3] },
      { label: 'b', values: [10, 20, null] },
      { label: 'c', values: [100, 200, 300] },
    ];
    expect(stack(lines)).toEqual([
      [1, null, 3],
      [11, null, null],
      [111, null, null],
    ]);
    expect(stack([])).toEqual([]);
  });
});

describe('axisTop', () => {
  it('stays at the given top until a value goes over it', () => {
    expect(axisTop(12, 100)).toBe(100);
    expect(axisTop(130, 100)).toBe(200);
  });

  it('is a round number otherwise, and never zero', () => {
    expect(axisTop(0.34, 0)).toBeCloseTo(0.5);
    expect(axisTop(1700, 0)).toBe(2000);
    expect(axisTop(null, 0)).toBe(1);
    expect(axisTop(0, 0, 1000)).toBe(1000);
    expect(axisTop(300, 0, 1000)).toBe(1000);
    expect(axisTop(1700, 0, 1000)).toBe(2000);
  });
});

describe('isolated', () => {
  it('finds points that no line reaches', () => {
    expect(isolated([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(isolated([null, null])).toEqual([]);
    expect(isolated([7])).toEqual([0]);
  });
});
