// SPDX-License-Identifier: MIT
// A chart with its heading, legend and table.  The legend shows the values under the cursor,
// else the newest ones.
import { useState } from 'preact/hooks';
import { Amount } from '@/components/Amount';
import { ChartTable } from '@/components/chart/ChartTable';
import { type ChartData, LINE_COLOURS } from '@/components/chart/lines';
import { Plot } from '@/components/chart/Plot';
import { Icon } from '@/components/Icon';
import { latest } from '@/lib/frame';
import { instant } from '@/lib/time';

const SWATCHES = [
  'bg-line-1',
  'bg-line-2',
  'bg-line-3',
  'bg-line-4',
  'bg-line-5',
  'bg-line-6',
  'bg-line-7',
  'bg-line-8',
] as const;

interface LegendProps {
  data: ChartData;
  cursor: number | null;
  /** Seconds after which a newest value no longer counts as current. */
  fresh: number;
}

function Legend({ data, cursor, fresh }: LegendProps) {
  const valueOf = (values: (number | null)[]) =>
    cursor === null ? latest(data.times, values, fresh) : (values[cursor] ?? null);
  return (
    <ul class="flex max-h-16 flex-wrap gap-x-4 gap-y-0.5 overflow-y-auto text-xs">
      {data.lines.map(({ label, values }, i) => (
        <li key={label} class="inline-flex items-center gap-1.5">
          <span aria-hidden="true" class={`h-1 w-3 rounded-full ${SWATCHES[i % LINE_COLOURS]}`} />
          <span class="text-soft">{label}</span>
          <Amount value={valueOf(values)} unit={data.unit} class="font-semibold" />
        </li>
      ))}
    </ul>
  );
}

interface ChartProps {
  title: string;
  data: ChartData;
  fresh: number;
  /** Why there may be nothing to draw. */
  empty: string;
}

interface HeadingProps {
  title: string;
  moment: string | null;
  table: boolean;
  /** Absent when there is nothing to show either way. */
  toggle: (() => void) | null;
}

function Heading({ title, moment, table, toggle }: HeadingProps) {
  return (
    <div class="flex min-h-8 items-center gap-2">
      <h3 class="font-semibold">{title}</h3>
      {moment && <span class="text-xs text-soft">{moment}</span>}
      {toggle && (
        <button
          type="button"
          class="btn btn-quiet ml-auto min-h-8 px-2"
          aria-label={table ? `Show ${title} as a chart` : `Show ${title} as a table`}
          onClick={toggle}
        >
          <Icon name={table ? 'chart' : 'table'} />
        </button>
      )}
    </div>
  );
}

export function Chart({ title, data, fresh, empty }: ChartProps) {
  const [cursor, setCursor] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  const drawn = data.lines.some(({ values }) => values.some((value) => value !== null));
  const at = cursor === null ? undefined : data.times[cursor];
  const moment = at === undefined ? null : instant(at * 1000, data.to * 1000);
  return (
    <section class="card grid grid-cols-[minmax(0,1fr)] content-start gap-1.5 p-3" aria-label={title}>
      <Heading
        title={title}
        moment={moment}
        table={table}
        toggle={drawn ? () => setTable(!table) : null}
      />
      {drawn && <Legend data={data} cursor={cursor} fresh={fresh} />}
      {!drawn && <p class="grid min-h-[190px] place-items-center text-center text-soft">{empty}</p>}
      {drawn && table && <ChartTable title={title} data={data} />}
      {drawn && !table && <Plot data={data} onCursor={setCursor} />}
    </section>
  );
}
