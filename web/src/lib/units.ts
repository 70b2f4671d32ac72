// SPDX-License-Identifier: MIT
// Numbers as people read them: three digits or so, and always their unit.  A value that is
// not known is a dash, never a zero.

export interface Quantity {
  number: string;
  unit: string;
}

export type Unit = 'percent' | 'bytes' | 'rate' | 'plain' | 'load' | 'celsius';

export const UNKNOWN = '—';

const known = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && Number.isFinite(value);

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

function scaled(value: number, base: number, units: readonly string[]): Quantity {
  let size = value;
  let step = 0;
  while (Math.abs(size) >= base * 0.9995 && step < units.length - 1) {
    size /= base;
    step++;
  }
  return { number: step === 0 ? size.toFixed(0) : digits(size), unit: units[step] ?? '' };
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const RATES = ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'] as const;

/** Sizes count in 1024s, as memory and disks are made; rates in 1000s, as links are sold. */
export function quantity(value: number | null | undefined, unit: Unit): Quantity {
  if (!known(value)) return { number: UNKNOWN, unit: '' };
  switch (unit) {
    case 'percent':
      return { number: value.toFixed(1), unit: '%' };
    case 'bytes':
      return scaled(value, 1024, SIZES);
    case 'rate':
      return scaled(value, 1000, RATES);
    case 'celsius':
      return { number: value.toFixed(1), unit: '°C' };
    case 'load':
      return { number: value.toFixed(2), unit: '' };
    case 'plain':
      return { number: Number.isInteger(value) ? String(value) : digits(value), unit: '' };
  }
}

export function format(value: number | null | undefined, unit: Unit): string {
  const { number, unit: suffix } = quantity(value, unit);
  return suffix === '' ? number : `${number} ${suffix}`;
}

/** A value with the unit's own name, as thresholds and alerts carry it ("%", "B/s", ""). */
export function withUnit(value: number | null | undefined, unit: string): string {
  if (!known(value)) return UNKNOWN;
  const number = String(Number(digits(value)));
  return unit === '' ? number : `${number} ${unit}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
