// SPDX-License-Identifier: MIT
// A number with its unit set smaller, and a bar for shares of a whole.
import { type Unit, quantity } from '@/lib/units';

interface AmountProps {
  value: number | null | undefined;
  unit: Unit;
  class?: string;
}

export function Amount({ value, unit, class: extra = '' }: AmountProps) {
  const { number, unit: suffix } = quantity(value, unit);
  return (
    <span class={`whitespace-nowrap ${extra}`}>
      {number}
      {suffix && <span class="text-[0.85em] text-soft"> {suffix}</span>}
    </span>
  );
}

/** Decoration: the number stands beside it. */
export function Bar({ percent }: { percent: number | null }) {
  const width = percent === null ? 0 : Math.min(100, Math.max(0, percent));
  return (
    <svg class="block h-1.5 w-full overflow-hidden rounded-full" aria-hidden="true">
      <rect width="100%" height="100%" class="fill-well" />
      <rect width={`${width}%`} height="100%" class="fill-edge" rx="3" />
    </svg>
  );
}
