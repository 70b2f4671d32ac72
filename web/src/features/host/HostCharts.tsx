// SPDX-License-Identifier: MIT
// All charts of a host under one choice of time range and one crosshair.
import { useMemo } from 'preact/hooks';
import { Chart } from '@/components/chart/Chart';
import { Segments } from '@/components/Form';
import { ErrorNotice, Loading } from '@/components/Notice';
import { Section } from '@/components/Page';
import { CHARTS, type ChartSpec } from '@/features/host/charts';
import { useFrame } from '@/features/host/useFrame';
import { useNow } from '@/lib/hooks';
import type { Frame } from '@/lib/frame';
import { type Grid, RANGES, RANGE_NAMES, rangeSeconds } from '@/lib/range';
import { useParam } from '@/lib/router';
import { span } from '@/lib/time';
import { choiceCodec } from '@/lib/url-state';
import type { Host } from '@/types/api';

const RANGE = choiceCodec(RANGES, '15m');
const OPTIONS = RANGES.map((range) => [range, RANGE_NAMES[range]] as const);

interface OneProps {
  spec: ChartSpec;
  frame: Frame;
  grid: Grid;
  from: number;
  to: number;
}

function OneChart({ spec, frame, grid, from, to }: OneProps) {
  const data = useMemo(
    () => ({
      times: frame.times,
      lines: spec.lines(frame),
      unit: spec.unit,
      from,
      to,
      top: spec.top?.(frame) ?? 0,
      stacked: spec.stacked === true,
    }),
    [spec, frame, from, to],
  );
  return <Chart title={spec.title} data={data} fresh={grid.window * 1.5} empty={spec.empty} />;
}

function precision(grid: Grid): string {
  const step = span(grid.step * 1000);
  return grid.averaged ? `Averages over ${step}` : `One point every ${step}`;
}

export function HostCharts({ host }: { host: Host }) {
  const [range, setRange] = useParam('range', RANGE);
  const { loaded, error, reload } = useFrame(host, range);
  const length = rangeSeconds(range);
  const tick = Math.max(1, Math.floor(length / 720));
  const clock = Math.ceil(useNow(tick * 1000) / 1000 / tick) * tick;
  const to = Math.max(clock, loaded?.frame.times.at(-1) ?? 0);
  return (
    <Section
      title="Charts"
      lead={loaded === null ? 'Loading history' : precision(loaded.grid)}
      actions={<Segments label="Time range" value={range} options={OPTIONS} onChange={setRange} />}
    >
      <ErrorNotice error={error} retry={reload} />
      {loaded === null && error === null && <Loading rows={4} label="Loading the charts" />}
      {loaded !== null && (
        <div class="grid grid-cols-[minmax(0,1fr)] gap-3 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
          {CHARTS.map((spec) => (
            <OneChart
              key={spec.id}
              spec={spec}
              frame={loaded.frame}
              grid={loaded.grid}
              from={to - length}
              to={to}
            />
          ))}
        </div>
      )}
    </Section>
  );
}
