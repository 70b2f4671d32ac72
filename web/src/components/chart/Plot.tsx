// SPDX-License-Identifier: MIT
// The one place that holds a uPlot.  It is made anew when its lines or the theme change; new
// points only go into it.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { readColours } from '@/components/chart/colours';
import type { ChartData } from '@/components/chart/lines';
import { CHART_HEIGHT, optionsOf, toAligned } from '@/components/chart/options';
import { useTheme } from '@/lib/theme';

interface PlotProps {
  data: ChartData;
  onCursor: (index: number | null) => void;
}

function show(plot: uPlot, data: ChartData): void {
  plot.batch(() => {
    plot.setData(toAligned(data), false);
    plot.setScale('x', { min: data.from, max: data.to });
  });
}

export function Plot({ data, onCursor }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ data, onCursor });
  latest.current = { data, onCursor };
  const { dark } = useTheme();
  const shape = JSON.stringify([data.unit, data.stacked, data.top, data.lines.map(({ label }) => label)]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const cursor = (index: number | null) => latest.current.onCursor(index);
    const options = optionsOf(latest.current.data, readColours(), element.clientWidth, cursor);
    const made = new uPlot(options, [[]], element);
    plot.current = made;
    show(made, latest.current.data);
    const resized = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: CHART_HEIGHT }),
    );
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, dark]);

  useEffect(() => {
    if (plot.current !== null) show(plot.current, data);
  }, [data]);

  return <div ref={box} class="min-h-[190px] w-full overflow-hidden" aria-hidden="true" />;
}
