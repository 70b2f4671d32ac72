// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { type Frame, appendSamples, combine, frameOf, latest, ownLabels, seriesKey } from '@/lib/frame';
import type { Grid } from '@/lib/range';
import type { LiveSamples } from '@/types/api';

const grid: Grid = { start: 100, end: 140, step: 10, window: 25, averaged: false };
const CPU = 'cpu';

const matrix = (pairs: [number, string][], labels = {}) => ({
  metric: CPU,
  result: [{ metric: { __name__: CPU, instance: 'a', ...labels }, values: pairs }],
});

const samples = (at: number, value: number, labels = {}): LiveSamples => ({
  host_id: 1,
  at_ms: at * 1000,
  series: [{ name: CPU, labels, value }],
});

const values = (frame: Frame, i = 0) => frame.series[i]?.values;

describe('frameOf', () => {
  it('puts points on the grid and leaves gaps empty', () => {
    const frame = frameOf(grid, [matrix([[100, '1'], [110, '2'], [140, '5']])]);
    expect(frame.times).toEqual([100, 110, 120, 130, 140]);
    expect(values(frame)).toEqual([1, 2, null, null, 5]);
  });

  it('drops what lies outside and what is no number', () => {
    const frame = frameOf(grid, [matrix([[90, '9'], [110, 'NaN'], [120, '+Inf'], [150, '9']])]);
    expect(values(frame)).toEqual([null, null, null, null, null]);
  });
});

describe('seriesKey', () => {
  it('is the same with and without the labels of the host, in any order', () => {
    expect(seriesKey('x', { b: '2', a: '1', instance: 'h', job: 'node', __name__: 'x' })).toBe(
      seriesKey('x', { a: '1', b: '2' }),
    );
    expect(ownLabels({ instance: 'h', device: 'eth0' })).toEqual({ device: 'eth0' });
  });
});

describe('appendSamples', () => {
  const base = frameOf(grid, [matrix([[100, '1'], [110, '2'], [120, '3'], [130, '4'], [140, '5']])]);

  it('appends a live point and forgets what left the range', () => {
    const frame = appendSamples(base, samples(150, 6), [CPU], grid);
    expect(frame.times).toEqual([110, 120, 130, 140, 150]);
    expect(values(frame)).toEqual([2, 3, 4, 5, 6]);
    expect(values(base)).toEqual([1, 2, 3, 4, 5]);
  });

  it('draws a silence as a gap', () => {
    const frame = appendSamples(base, samples(200, 6), [CPU], { ...grid, start: 0 });
    expect(frame.times.slice(-3)).toEqual([140, 150, 200]);
    expect(values(frame)?.slice(-3)).toEqual([5, null, 6]);
  });

  it('keeps one newest point within a step', () => {
    const wide = { ...grid, step: 10, window: 25 };
    const once = appendSamples(base, samples(141, 6), [CPU], { ...wide, start: 0 });
    const twice = appendSamples(once, samples(142, 7), [CPU], { ...wide, start: 0 });
    expect(twice.times.slice(-2)).toEqual([140, 142]);
    expect(values(twice)?.slice(-2)).toEqual([5, 7]);
  });

  it('ignores points that are old, and reports without its metrics', () => {
    expect(appendSamples(base, samples(140, 9), [CPU], grid)).toBe(base);
    expect(appendSamples(base, samples(150, 9), ['other'], grid)).toBe(base);
  });

  it('starts a series that was not there before', () => {
    const frame = appendSamples(base, samples(150, 6, { core: '1' }), [CPU], grid);
    expect(values(frame, 0)?.at(-1)).toBeNull();
    expect(values(frame, 1)).toEqual([null, null, null, null, 6]);
  });

  it('fills a frame that is empty', () => {
    const frame = appendSamples({ times: [], series: [] }, samples(150, 6), [CPU], grid);
    expect(frame).toMatchObject({ times: [150], series: [{ values: [6] }] });
  });
});

describe('combine', () => {
  it('is unknown where a part is', () => {
    expect(combine([[5, null, 7], [1, 2, null]], (a, b) => a - b)).toEqual([4, null, null]);
    expect(combine([], () => 0)).toEqual([]);
  });
});

describe('latest', () => {
  it('is the newest known value, unless that is too old', () => {
    expect(latest([0, 10, 20], [1, 2, null], 10)).toBe(2);
    expect(latest([0, 10, 20], [1, null, null], 10)).toBeNull();
    expect(latest([], [], 10)).toBeNull();
  });
});
