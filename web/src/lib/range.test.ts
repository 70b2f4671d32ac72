// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { RANGES, gridOf, historyQuery, quoteLabel, rangeSeconds } from '@/lib/range';

describe('gridOf', () => {
  it.each(RANGES)('covers %s in whole steps and at most 721 points', (range) => {
    const grid = gridOf(range, 1_700_000_003.4, 1);
    expect(grid.end % grid.step).toBe(0);
    expect(grid.end).toBeLessThanOrEqual(1_700_000_003.4);
    expect(grid.end - grid.start).toBe(rangeSeconds(range));
    expect((grid.end - grid.start) / grid.step).toBeLessThanOrEqual(720);
  });

  it('never asks for more points than were reported', () => {
    expect(gridOf('15m', 1_700_000_000, 10).step).toBe(10);
    expect(gridOf('15m', 1_700_000_000, 1).step).toBe(2);
  });

  it('shows samples on short ranges and averages on long ones', () => {
    expect(gridOf('15m', 1_700_000_000, 10)).toMatchObject({ averaged: false, window: 25 });
    expect(gridOf('7d', 1_700_000_000, 10)).toMatchObject({ averaged: true, step: 840, window: 840 });
  });

  it('looks back at least one step, so that no sample falls between two points', () => {
    for (const interval of [0.5, 1, 2, 10, 60])
      for (const range of RANGES) {
        const grid = gridOf(range, 1_700_000_000, interval);
        expect(grid.window).toBeGreaterThanOrEqual(grid.step);
      }
  });
});

describe('historyQuery', () => {
  it('names the host and looks back over the window', () => {
    const grid = gridOf('15m', 1_700_000_000, 10);
    expect(historyQuery('node_load1', 'web-1', grid)).toBe('last_over_time(node_load1{instance="web-1"}[25s])');
    expect(historyQuery('node_load1', 'web-1', gridOf('24h', 1_700_000_000, 10))).toBe(
      'avg_over_time(node_load1{instance="web-1"}[120s])',
    );
  });

  it('quotes what would end the string', () => {
    expect(quoteLabel('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
  });
});
