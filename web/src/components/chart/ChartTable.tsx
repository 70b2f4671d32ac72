// SPDX-License-Identifier: MIT
// A chart as a table, newest first: for screen readers, and for reading exact values.
import type { ChartData } from '@/components/chart/lines';
import { instant } from '@/lib/time';
import { format } from '@/lib/units';

const ROWS = 60;

function newestRows({ times, lines }: ChartData): number[] {
  const rows: number[] = [];
  for (let i = times.length - 1; i >= 0 && rows.length < ROWS; i--)
    if (lines.some(({ values }) => (values[i] ?? null) !== null)) rows.push(i);
  return rows;
}

export function ChartTable({ title, data }: { title: string; data: ChartData }) {
  const now = data.to * 1000;
  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="max-h-56 overflow-auto" role="region" aria-label={`${title} as a table`} tabIndex={0}>
      <table class="cells w-full text-xs">
        <thead class="sticky top-0 bg-sheet">
          <tr>
            <th scope="col">Time</th>
            {data.lines.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newestRows(data).map((row) => (
            <tr key={data.times[row]}>
              <th scope="row" class="whitespace-nowrap">
                {instant((data.times[row] ?? 0) * 1000, now)}
              </th>
              {data.lines.map(({ label, values }) => (
                <td key={label} class="whitespace-nowrap">
                  {format(values[row], data.unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
