// SPDX-License-Identifier: MIT
// A time range of charts, and the PromQL that fills it.
//
// Up to two and a half reporting intervals per step, a step shows the newest sample; over
// longer steps it shows their average.  Both look back only that far, so a host that was
// silent leaves a gap instead of the five minutes of flat line that a bare selector draws.

export const RANGES = ['15m', '1h', '6h', '24h', '7d'] as const;
export type Range = (typeof RANGES)[number];

export const RANGE_NAMES: Record<Range, string> = {
  '15m': '15 min',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
  '7d': '7 d',
};

const RANGE_S: Record<Range, number> = {
  '15m': 900,
  '1h': 3600,
  '6h': 6 * 3600,
  '24h': 24 * 3600,
  '7d': 7 * 24 * 3600,
};

const POINTS = 720;
const REACH = 2.5; /* intervals that may pass before a sample counts as missing */

export interface Grid {
  start: number;
  end: number;
  step: number;
  /** How far a point looks back, and the widest distance that is drawn as a line. */
  window: number;
  averaged: boolean;
}

export const rangeSeconds = (range: Range): number => RANGE_S[range];

/** `now` and `interval` in seconds. */
export function gridOf(range: Range, now: number, interval: number): Grid {
  const length = RANGE_S[range];
  const every = Math.max(1, interval);
  const step = Math.max(Math.ceil(length / POINTS), Math.ceil(every));
  const end = Math.floor(now / step) * step;
  const averaged = step > REACH * every;
  const window = averaged ? step : Math.ceil(REACH * every);
  return { start: end - length, end, step, window: Math.max(window, step), averaged };
}

export function quoteLabel(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

export function historyQuery(metric: string, host: string, grid: Grid): string {
  const fn = grid.averaged ? 'avg_over_time' : 'last_over_time';
  return `${fn}(${metric}{instance=${quoteLabel(host)}}[${grid.window}s])`;
}
