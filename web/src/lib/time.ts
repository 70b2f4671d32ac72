// SPDX-License-Identifier: MIT
// Instants and spans as text.  Pure: "now" is always given, and it is the server's.
import type { Millis } from '@/types/api';
import { UNKNOWN } from '@/lib/units';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The two largest parts: "12 s", "3 min 5 s", "2 h 10 min", "4 d 1 h". */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const size = Math.max(0, ms);
  if (size < MINUTE) return `${Math.floor(size / SECOND)} s`;
  if (size < HOUR) return parts(size, MINUTE, 'min', SECOND, 's');
  if (size < DAY) return parts(size, HOUR, 'h', MINUTE, 'min');
  return parts(size, DAY, 'd', HOUR, 'h');
}

function parts(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  const head = `${Math.floor(ms / big)} ${bigName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}

/** "just now", "12 s ago", "14 min ago", "2 h 10 min ago", "never". */
export function ago(at: Millis | null | undefined, now: Millis): string {
  if (at === null || at === undefined) return 'never';
  const age = now - at;
  if (age < SECOND) return 'just now';
  const calm = age < HOUR && age >= MINUTE ? age - (age % MINUTE) : age;
  return `${span(calm)} ago`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const yearFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** "14:03:22" today, "19 Nov, 14:03:22" this year, with the year before that. */
export function instant(at: Millis | null | undefined, now: Millis): string {
  if (at === null || at === undefined) return UNKNOWN;
  const then = new Date(at);
  const today = new Date(now);
  const clock = clockFormat.format(then);
  if (then.toDateString() === today.toDateString()) return clock;
  const day = then.getFullYear() === today.getFullYear() ? dayFormat : yearFormat;
  return `${day.format(then)}, ${clock}`;
}

export function isoInstant(at: Millis): string {
  return new Date(at).toISOString();
}

/** A duration in seconds as thresholds have it: "at once", "90 s", "5 min". */
export function duration(seconds: number): string {
  return seconds === 0 ? 'at once' : span(seconds * SECOND);
}
