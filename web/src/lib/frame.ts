// SPDX-License-Identifier: MIT
// The table beneath a chart: one column of times (seconds), one column per series, null
// where there is nothing.  Frames are values; appending returns a new one.
import type { Grid } from '@/lib/range';
import type { LiveSamples, MatrixSeries } from '@/types/api';

export type Column = (number | null)[];

export interface Series {
  key: string;
  metric: string;
  labels: Record<string, string>;
  values: Column;
}

export interface Frame {
  times: number[];
  series: Series[];
}

/** Labels that every series of one host has in common. */
const COMMON = new Set(['__name__', 'instance', 'job']);

export function ownLabels(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !COMMON.has(name)));
}

export function seriesKey(metric: string, labels: Record<string, string>): string {
  const pairs = Object.entries(ownLabels(labels)).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${metric}{${pairs.map(([name, value]) => `${name}=${value}`).join(',')}}`;
}

function toNumber(raw: string): number | null {
  const value = Number(raw);
  return Number.isFinite(value) ? value : null;
}

export function frameOf(grid: Grid, answers: { metric: string; result: MatrixSeries[] }[]): Frame {
  const n = Math.round((grid.end - grid.start) / grid.step) + 1;
  const times = Array.from({ length: n }, (_, i) => grid.start + i * grid.step);
  const series = answers.flatMap(({ metric, result }) =>
    result.map((found): Series => {
      const values: Column = Array.from({ length: n }, () => null);
      for (const [at, raw] of found.values) {
        const i = Math.round((at - grid.start) / grid.step);
        if (i >= 0 && i < n) values[i] = toNumber(raw);
      }
      return { key: seriesKey(metric, found.metric), metric, labels: ownLabels(found.metric), values };
    }),
  );
  return { times, series };
}

type Placement = 'append' | 'gap' | 'replace' | 'drop';

/** Where a live point goes: within one step of the last settled point it replaces the newest,
 *  so that a long range does not fill up with single reports. */
function placement(times: number[], at: number, grid: Grid): Placement {
  const last = times.at(-1);
  if (last === undefined) return 'append';
  if (at <= last) return 'drop';
  if (at - last > grid.window * 1.5) return 'gap';
  const settled = times.at(-2);
  return settled !== undefined && at - settled < grid.step * 0.9 ? 'replace' : 'append';
}

function extend(values: Column, value: number | null, how: Placement): Column {
  const next = how === 'replace' ? values.slice(0, -1) : values.slice();
  if (how === 'gap') next.push(null);
  next.push(value);
  return next;
}

export function appendSamples(
  frame: Frame,
  samples: LiveSamples,
  metrics: readonly string[],
  grid: Grid,
): Frame {
  const at = samples.at_ms / 1000;
  const how = placement(frame.times, at, grid);
  if (how === 'drop') return frame;
  const fresh = new Map<string, Series & { value: number }>();
  for (const { name, labels, value } of samples.series) {
    if (!metrics.includes(name)) continue;
    const key = seriesKey(name, labels);
    fresh.set(key, { key, metric: name, labels: ownLabels(labels), values: [], value });
  }
  if (fresh.size === 0) return frame;
  const gapAt = (frame.times.at(-1) ?? at) + grid.step;
  const kept = how === 'replace' ? frame.times.slice(0, -1) : frame.times;
  const times = how === 'gap' ? [...kept, gapAt, at] : [...kept, at];
  const series = frame.series.map((old) => {
    const value = fresh.get(old.key)?.value ?? null;
    fresh.delete(old.key);
    return { ...old, values: extend(old.values, value, how) };
  });
  for (const { key, metric, labels, value } of fresh.values()) {
    const values: Column = Array.from({ length: times.length }, () => null);
    values[times.length - 1] = value;
    series.push({ key, metric, labels, values });
  }
  return trim({ times, series }, at - (grid.end - grid.start));
}

function trim(frame: Frame, from: number): Frame {
  const first = frame.times.findIndex((time) => time >= from);
  if (first <= 0) return frame;
  return {
    times: frame.times.slice(first),
    series: frame.series.map((one) => ({ ...one, values: one.values.slice(first) })),
  };
}

/** Element by element; unknown when any part is unknown. */
export function combine(columns: Column[], compute: (...values: number[]) => number): Column {
  const [first = []] = columns;
  return first.map((_, i) => {
    const values = columns.map((column) => column[i] ?? null);
    return values.every((value): value is number => value !== null) ? compute(...values) : null;
  });
}

/** The newest known value, no older than `maxAge` seconds before the last time. */
export function latest(times: number[], values: Column, maxAge: number): number | null {
  const end = times.at(-1) ?? 0;
  for (let i = values.length - 1; i >= 0 && end - (times[i] ?? 0) <= maxAge; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
