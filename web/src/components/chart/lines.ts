// SPDX-License-Identifier: MIT
// What a chart draws: named lines over one column of times, as pure data.
import type { Column } from '@/lib/frame';
import type { Unit } from '@/lib/units';

export interface Line {
  label: string;
  values: Column;
}

export interface ChartData {
  times: number[];
  lines: Line[];
  unit: Unit;
  /** Seconds; what the x axis spans. */
  from: number;
  to: number;
  /** The top of the y axis is at least this. */
  top?: number;
  /** Lines lie on each other, the first at the bottom. */
  stacked?: boolean;
}

export const LINE_COLOURS = 8;

/** Running sums from the bottom up; unknown where any part below is unknown. */
export function stack(lines: Line[]): Column[] {
  let below: Column | null = null;
  return lines.map(({ values }) => {
    const base: Column | null = below;
    below = values.map((value, i) => {
      const under = base === null ? 0 : (base[i] ?? null);
      return value === null || under === null ? null : value + under;
    });
    return below;
  });
}

const NICE = [1, 2, 2.5, 5, 10];

/** The given top while the values stay below it; else a round number at or above the highest
 *  value, so that the axis does not jump about; at least `least`, below which the marks of an
 *  axis would all read alike ("0 B/s, 0 B/s, 1 B/s"). */
export function axisTop(highest: number | null, top: number, least = 0): number {
  const value = highest ?? 0;
  if (top > 0 && value <= top * 1.001) return top;
  if (value <= least) return least > 0 ? least : 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = NICE.find((nice) => nice * power >= value * 0.999) ?? 10;
  return step * power;
}

/** Known points whose neighbours are unknown: a line cannot show them. */
export function isolated(values: Column): number[] {
  const known = (i: number) => values[i] !== null && values[i] !== undefined;
  return values.flatMap((_, i) => (known(i) && !known(i - 1) && !known(i + 1) ? [i] : []));
}
