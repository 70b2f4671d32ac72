// SPDX-License-Identifier: MIT
// The charts of a host page: what each one reads and how its lines come out of it.
import type { Line } from '@/components/chart/lines';
import { type Column, type Frame, type Series, combine } from '@/lib/frame';
import type { Unit } from '@/lib/units';

export interface ChartSpec {
  id: string;
  title: string;
  unit: Unit;
  metrics: readonly string[];
  lines: (frame: Frame) => Line[];
  top?: (frame: Frame) => number;
  stacked?: boolean;
  empty: string;
}

const compare = new Intl.Collator(undefined, { numeric: true }).compare;
const GIB = 1024 ** 3;

const seriesOf = (frame: Frame, metric: string): Series[] =>
  frame.series.filter((series) => series.metric === metric);

const columnOf = (frame: Frame, metric: string): Column | null =>
  seriesOf(frame, metric)[0]?.values ?? null;

const labelOf = (series: Series, label: string): string => series.labels[label] ?? '';

function single(metric: string, label: string): (frame: Frame) => Line[] {
  return (frame) => {
    const values = columnOf(frame, metric);
    return values === null ? [] : [{ label, values }];
  };
}

/** One line per value of a label. */
function perLabel(metric: string, label: string, prefix = ''): (frame: Frame) => Line[] {
  return (frame) =>
    seriesOf(frame, metric)
      .map((series) => ({ label: prefix + labelOf(series, label), values: series.values }))
      .sort((a, b) => compare(a.label, b.label));
}

/** Two directions per device, side by side. */
function perDevice(inward: [string, string], outward: [string, string]): (frame: Frame) => Line[] {
  return (frame) =>
    [inward, outward]
      .flatMap(([metric, word]) =>
        seriesOf(frame, metric)
          .filter((series) => labelOf(series, 'device') !== 'lo')
          .map((series) => ({ label: `${labelOf(series, 'device')} ${word}`, values: series.values })),
      )
      .sort((a, b) => compare(a.label, b.label));
}

const TOTAL = 'node_memory_MemTotal_bytes';
const AVAILABLE = 'node_memory_MemAvailable_bytes';
const FREE = 'node_memory_MemFree_bytes';
const SWAP_TOTAL = 'node_memory_SwapTotal_bytes';
const SWAP_FREE = 'node_memory_SwapFree_bytes';

/** Used is what nobody else can have; cached is what the kernel gives back on demand. */
function memoryLines(frame: Frame): Line[] {
  const [total, available, free] = [TOTAL, AVAILABLE, FREE].map((name) => columnOf(frame, name));
  if (!total || !available || !free) return [];
  return [
    { label: 'Used', values: combine([total, available], (all, left) => Math.max(0, all - left)) },
    { label: 'Cached', values: combine([available, free], (left, idle) => Math.max(0, left - idle)) },
    { label: 'Free', values: free },
  ];
}

function highest(frame: Frame, metric: string): number {
  return (columnOf(frame, metric) ?? []).reduce((top: number, value) => Math.max(top, value ?? 0), 0);
}

function swapLines(frame: Frame): Line[] {
  const total = columnOf(frame, SWAP_TOTAL);
  const free = columnOf(frame, SWAP_FREE);
  if (total === null || free === null || highest(frame, SWAP_TOTAL) === 0) return [];
  return [{ label: 'Used', values: combine([total, free], (all, left) => Math.max(0, all - left)) }];
}

const LOADS = [
  ['node_load1', '1 min'],
  ['node_load5', '5 min'],
  ['node_load15', '15 min'],
] as const;

const CPU = 'sentora_cpu_usage_percent';
const CORE = 'sentora_cpu_core_usage_percent';
const DISK = 'sentora_disk_usage_percent';
const READ = 'sentora_disk_read_bytes_per_second';
const WRITE = 'sentora_disk_write_bytes_per_second';
const RECEIVE = 'sentora_network_receive_bytes_per_second';
const TRANSMIT = 'sentora_network_transmit_bytes_per_second';
const NOTHING = 'Nothing was reported in this time.';
const hundred = () => 100;

export const CHARTS: readonly ChartSpec[] = [
  { id: 'cpu', title: 'CPU', unit: 'percent', metrics: [CPU], lines: single(CPU, 'Usage'), top: hundred, empty: NOTHING },
  { id: 'cores', title: 'CPU per core', unit: 'percent', metrics: [CORE], lines: perLabel(CORE, 'core', 'Core '), top: hundred, empty: NOTHING },
  { id: 'memory', title: 'Memory', unit: 'bytes', metrics: [TOTAL, AVAILABLE, FREE], lines: memoryLines, top: (frame) => highest(frame, TOTAL), stacked: true, empty: NOTHING },
  { id: 'swap', title: 'Swap', unit: 'bytes', metrics: [SWAP_TOTAL, SWAP_FREE], lines: swapLines, top: (frame) => highest(frame, SWAP_TOTAL) || GIB, empty: 'This host has no swap, or reported none in this time.' },
  { id: 'load', title: 'Load', unit: 'load', metrics: LOADS.map(([metric]) => metric), lines: (frame) => LOADS.flatMap(([metric, label]) => single(metric, label)(frame)), empty: NOTHING },
  { id: 'disks', title: 'Disk usage', unit: 'percent', metrics: [DISK], lines: perLabel(DISK, 'mountpoint'), top: hundred, empty: NOTHING },
  { id: 'io', title: 'Disk I/O', unit: 'rate', metrics: [READ, WRITE], lines: perDevice([READ, 'read'], [WRITE, 'written']), empty: NOTHING },
  { id: 'network', title: 'Network', unit: 'rate', metrics: [RECEIVE, TRANSMIT], lines: perDevice([RECEIVE, 'received'], [TRANSMIT, 'sent']), empty: NOTHING },
];

export const METRICS: readonly string[] = [...new Set(CHARTS.flatMap(({ metrics }) => metrics))];
