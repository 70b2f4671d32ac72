// SPDX-License-Identifier: MIT
// A moment, as an age that ticks; the exact time is in the tooltip.
import { ago, instant, isoInstant } from '@/lib/time';
import { useNow } from '@/lib/hooks';
import type { Millis } from '@/types/api';

export function Ago({ at }: { at: Millis | null }) {
  const now = useNow();
  if (at === null) return <span>never</span>;
  return (
    <time dateTime={isoInstant(at)} title={instant(at, now)}>
      {ago(at, now)}
    </time>
  );
}

export function When({ at }: { at: Millis | null }) {
  const now = useNow(60_000);
  if (at === null) return <span>—</span>;
  return (
    <time dateTime={isoInstant(at)} title={isoInstant(at)} class="whitespace-nowrap">
      {instant(at, now)}
    </time>
  );
}
