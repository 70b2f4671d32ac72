// SPDX-License-Identifier: MIT
// A canvas knows no CSS variables: this asks the browser what they stand for right now.
import { LINE_COLOURS } from '@/components/chart/lines';

export interface Colours {
  text: string;
  grid: string;
  lines: string[];
}

export function readColours(): Colours {
  const probe = document.createElement('span');
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--color-${name})`;
    return getComputedStyle(probe).color;
  };
  const lines = Array.from({ length: LINE_COLOURS }, (_, i) => read(`line-${i + 1}`));
  const colours = { text: read('soft'), grid: read('line'), lines };
  probe.remove();
  return colours;
}

/** "rgb(1, 2, 3)" with transparency. */
export function translucent(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
