// SPDX-License-Identifier: MIT
// Our charts in uPlot's words.
import type uPlot from 'uplot';
import { type Colours, translucent } from '@/components/chart/colours';
import { type ChartData, axisTop, isolated, stack } from '@/components/chart/lines';
import type { Column } from '@/lib/frame';
import { type Unit, format } from '@/lib/units';

export const CHART_HEIGHT = 190;
const FONT = '12px system-ui, sans-serif';
const SYNC = 'host';

export function toAligned(data: ChartData): uPlot.AlignedData {
  const columns = data.stacked ? stack(data.lines) : data.lines.map(({ values }) => values);
  return [data.times, ...columns];
}

function seriesOf(data: ChartData, colours: Colours): uPlot.Series[] {
  return data.lines.map(({ label }, i) => {
    const colour = colours.lines[i % colours.lines.length] ?? colours.text;
    const filled = data.lines.length === 1 || (data.stacked === true && i === 0);
    return {
      label,
      stroke: colour,
      width: 1.5,
      dash: i >= colours.lines.length ? [6, 4] : [],
      spanGaps: false,
      ...(filled ? { fill: translucent(colour, data.stacked ? 0.4 : 0.12) } : {}),
      points: {
        show: false,
        size: 4,
        filter: (plot, index, show) => (show ? null : isolated(plot.data[index] as Column)),
      },
    };
  });
}

/** The area between a stacked line and the one below it. */
function bandsOf(data: ChartData, colours: Colours): uPlot.Band[] {
  if (!data.stacked) return [];
  return data.lines.slice(1).map((_, i) => ({
    series: [i + 2, i + 1],
    fill: translucent(colours.lines[(i + 1) % colours.lines.length] ?? colours.text, 0.25),
  }));
}

/** Sizes count in 1024s, so round marks are powers of two. */
const BINARY_STEPS = Array.from({ length: 60 }, (_, power) => 2 ** power);

/** An idle network is a flat line at the bottom of a scale that a person can read. */
const LEAST_TOP: Partial<Record<Unit, number>> = { rate: 1000, bytes: 1024 };

/** An axis needs no decimals that say nothing: "50 %", not "50.0 %". */
function tickText(value: number, unit: Unit): string {
  return format(value, unit).replace(/\.0+(?= |$)/, '');
}

function axesOf(data: ChartData, colours: Colours): uPlot.Axis[] {
  const look = {
    stroke: colours.text,
    font: FONT,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
  };
  return [
    { ...look, space: 64, size: 28 },
    {
      ...look,
      size: 72,
      space: 34,
      values: (_plot, ticks) => ticks.map((tick) => tickText(tick, data.unit)),
      ...(data.unit === 'bytes' ? { incrs: BINARY_STEPS } : {}),
    },
  ];
}

/** Hours and minutes, 24 h, with the date where a day begins. */
const TIME_TICKS: uPlot.Axis.Values = [
  [86400, '{D} {MMM}', null, null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
];

export function optionsOf(
  data: ChartData,
  colours: Colours,
  width: number,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const [x = {}, y = {}] = axesOf(data, colours);
  return {
    width,
    height: CHART_HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: SYNC }, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: true },
      y: { range: (_plot, _min, max) => [0, axisTop(max, data.top ?? 0, LEAST_TOP[data.unit])] },
    },
    axes: [{ ...x, size: 40, values: TIME_TICKS }, y],
    series: [{}, ...seriesOf(data, colours)],
    bands: bandsOf(data, colours),
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}
