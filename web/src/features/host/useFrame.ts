// SPDX-License-Identifier: MIT
// The table behind all charts of a host: history from the store, then every report as it
// arrives.  What arrives while history loads is kept and put on top.
import { useEffect, useRef, useState } from 'preact/hooks';
import { METRICS } from '@/features/host/charts';
import { queryRange } from '@/lib/api';
import { type Frame, appendSamples, frameOf } from '@/lib/frame';
import { serverNow, useLiveEvent } from '@/lib/live';
import { type Grid, type Range, gridOf, historyQuery } from '@/lib/range';
import type { Host, LiveSamples } from '@/types/api';

const DEFAULT_INTERVAL_S = 10;
const WAITING_MAX = 600;

interface Loaded {
  hostId: number;
  grid: Grid;
  frame: Frame;
}

export interface FrameState {
  loaded: Loaded | null;
  error: unknown;
  reload: () => void;
}

async function loadHistory(host: string, grid: Grid, signal: AbortSignal): Promise<Frame> {
  const { start, end, step } = grid;
  const answers = await Promise.all(
    METRICS.map(async (metric) => ({
      metric,
      result: await queryRange({ query: historyQuery(metric, host, grid), start, end, step }, signal),
    })),
  );
  return frameOf(grid, answers);
}

export function useFrame(host: Host, range: Range): FrameState {
  const intervalS = host.interval_ms === null ? DEFAULT_INTERVAL_S : host.interval_ms / 1000;
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const waiting = useRef<LiveSamples[]>([]);
  const reload = () => setRound((count) => count + 1);

  useEffect(() => {
    const abort = new AbortController();
    const grid = gridOf(range, serverNow() / 1000, intervalS);
    waiting.current = [];
    setError(null);
    loadHistory(host.name, grid, abort.signal)
      .then((history) => {
        if (abort.signal.aborted) return;
        const frame = waiting.current.reduce(
          (so, samples) => appendSamples(so, samples, METRICS, grid),
          history,
        );
        setLoaded({ hostId: host.id, grid, frame });
      })
      .catch((reason: unknown) => abort.signal.aborted || setError(reason));
    return () => abort.abort();
  }, [host.id, host.name, range, intervalS, round]);

  useLiveEvent('samples', (samples) => {
    if (samples.host_id !== host.id) return;
    if (waiting.current.length < WAITING_MAX) waiting.current.push(samples);
    setLoaded((old) =>
      old === null ? null : { ...old, frame: appendSamples(old.frame, samples, METRICS, old.grid) },
    );
  });
  useLiveEvent('reset', reload);

  // Another range, or the interval once it is known, loads beneath the charts that are there.
  return { loaded: loaded?.hostId === host.id ? loaded : null, error, reload };
}
