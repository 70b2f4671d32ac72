// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { CHARTS, METRICS } from '@/features/host/charts';
import { orderServices } from '@/features/host/services';
import type { Frame, Series } from '@/lib/frame';

const GIB = 1024 ** 3;

function frame(...series: [string, Record<string, string>, (number | null)[]][]): Frame {
  return {
    times: [1, 2],
    series: series.map(([metric, labels, values]): Series => ({ key: metric, metric, labels, values })),
  };
}

const chart = (id: string) => {
  const found = CHARTS.find((spec) => spec.id === id);
  if (found === undefined) throw new Error(id);
  return found;
};

describe('memory', () => {
  const memory = frame(
    ['node_memory_MemTotal_bytes', {}, [16 * GIB, 16 * GIB]],
    ['node_memory_MemAvailable_bytes', {}, [10 * GIB, null]],
    ['node_memory_MemFree_bytes', {}, [4 * GIB, 4 * GIB]],
  );

  it('adds up to the total, and is unknown when a part is', () => {
    const lines = chart('memory').lines(memory);
    expect(lines.map(({ label }) => label)).toEqual(['Used', 'Cached', 'Free']);
    expect(lines.map(({ values }) => values[0])).toEqual([6 * GIB, 6 * GIB, 4 * GIB]);
    expect(lines[0]?.values[1]).toBeNull();
    expect(chart('memory').top?.(memory)).toBe(16 * GIB);
  });

  it('is empty when something is missing', () => {
    expect(chart('memory').lines(frame(['node_memory_MemTotal_bytes', {}, [1, 1]]))).toEqual([]);
  });
});

describe('swap', () => {
  it('is empty on a host without any', () => {
    const none = frame(['node_memory_SwapTotal_bytes', {}, [0, 0]], ['node_memory_SwapFree_bytes', {}, [0, 0]]);
    expect(chart('swap').lines(none)).toEqual([]);
  });
});

describe('lines per label', () => {
  it('orders cores by number', () => {
    const cores = ['10', '2', '0'].map((core): [string, Record<string, string>, number[]] => [
      'sentora_cpu_core_usage_percent',
      { core },
      [1, 1],
    ]);
    expect(chart('cores').lines(frame(...cores)).map(({ label }) => label)).toEqual(['Core 0', 'Core 2', 'Core 10']);
  });

  it('names both directions of an interface and leaves loopback out', () => {
    const lines = chart('network').lines(
      frame(
        ['sentora_network_transmit_bytes_per_second', { device: 'eth0' }, [2, 2]],
        ['sentora_network_receive_bytes_per_second', { device: 'eth0' }, [1, 1]],
        ['sentora_network_receive_bytes_per_second', { device: 'lo' }, [9, 9]],
      ),
    );
    expect(lines.map(({ label }) => label)).toEqual(['eth0 received', 'eth0 sent']);
  });
});

describe('METRICS', () => {
  it('asks for each once', () => {
    expect(new Set(METRICS).size).toBe(METRICS.length);
  });
});

describe('orderServices', () => {
  const services = [
    { name: 'b.service', state: 'active' },
    { name: 'a.service', state: 'inactive' },
    { name: 'z.service', state: 'failed', description: 'Certificates' },
  ];

  it('puts failed ones first and active ones last', () => {
    expect(orderServices(services, '').map(({ name }) => name)).toEqual(['z.service', 'a.service', 'b.service']);
  });

  it('searches name, description and state', () => {
    expect(orderServices(services, 'CERT').map(({ name }) => name)).toEqual(['z.service']);
    expect(orderServices(services, 'inactive')).toHaveLength(1);
    expect(orderServices(services, 'nothing')).toEqual([]);
  });
});
