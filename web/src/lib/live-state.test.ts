// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { initialLive, loadLive, reduceLive } from '@/lib/live-state';
import type { Alert, Host, Outage } from '@/types/api';

const host = (id: number, change: Partial<Host> = {}) => ({ id, name: `h${id}`, state: 'up', ...change }) as Host;
const alert = (id: number, change: Partial<Alert> = {}) =>
  ({ id, host_id: 1, state: 'firing', acked_ms: null, ...change }) as Alert;
const outage = (id: number, change: Partial<Outage> = {}) =>
  ({ id, host_id: 1, ended_ms: null, cleared_ms: null, ...change }) as Outage;

const loaded = loadLive(initialLive, {
  hosts: [host(1), host(2)],
  alerts: [alert(1), alert(2, { host_id: 2 })],
  outages: [outage(1)],
});

describe('loadLive', () => {
  it('keeps firing alerts and uncleared outages only', () => {
    const state = loadLive(initialLive, {
      hosts: [],
      alerts: [alert(1), alert(2, { state: 'resolved' })],
      outages: [outage(1, { cleared_ms: 5 }), outage(2)],
    });
    expect([...state.alerts.keys()]).toEqual([1]);
    expect([...state.outages.keys()]).toEqual([2]);
    expect(state.loaded).toBe(true);
  });

  it('forgets what the new snapshot does not have', () => {
    const state = loadLive(loaded, { hosts: [host(2)], alerts: [], outages: [] });
    expect([...state.hosts.keys()]).toEqual([2]);
    expect(state.alerts.size).toBe(0);
  });
});

describe('reduceLive', () => {
  it("learns the server's clock from hello", () => {
    const state = reduceLive(loaded, { type: 'hello', data: { now_ms: 5_000, version: '1' } }, 2_000);
    expect(state.offsetMs).toBe(3_000);
  });

  it('replaces a host and adds a new one, without touching the old state', () => {
    const state = reduceLive(loaded, { type: 'host', data: host(1, { state: 'down' }) }, 0);
    expect(state.hosts.get(1)?.state).toBe('down');
    expect(loaded.hosts.get(1)?.state).toBe('up');
    expect(reduceLive(state, { type: 'host', data: host(9) }, 0).hosts.size).toBe(3);
  });

  it('removes a host with its alerts, and leaves its outages', () => {
    const state = reduceLive(loaded, { type: 'host_removed', data: { id: 1 } }, 0);
    expect([...state.hosts.keys()]).toEqual([2]);
    expect([...state.alerts.keys()]).toEqual([2]);
    expect(state.outages.size).toBe(1);
  });

  it('follows an alert from firing over acknowledged to resolved', () => {
    const fired = reduceLive(loaded, { type: 'alert', data: alert(7) }, 0);
    const acked = reduceLive(fired, { type: 'alert', data: alert(7, { acked_ms: 3 }) }, 0);
    const over = reduceLive(acked, { type: 'alert', data: alert(7, { state: 'resolved' }) }, 0);
    expect(fired.alerts.has(7)).toBe(true);
    expect(acked.alerts.get(7)?.acked_ms).toBe(3);
    expect(over.alerts.has(7)).toBe(false);
  });

  it('is unchanged by the end of an alert it never saw, and by pending ones', () => {
    expect(reduceLive(loaded, { type: 'alert', data: alert(8, { state: 'resolved' }) }, 0)).toBe(loaded);
    expect(reduceLive(loaded, { type: 'alert', data: alert(8, { state: 'pending' }) }, 0)).toBe(loaded);
  });

  it('keeps an outage that is over until it is cleared', () => {
    const over = reduceLive(loaded, { type: 'outage', data: outage(1, { ended_ms: 4 }) }, 0);
    expect(over.outages.get(1)?.ended_ms).toBe(4);
    expect(reduceLive(over, { type: 'outage', data: outage(1, { cleared_ms: 5 }) }, 0).outages.size).toBe(0);
  });

  it('leaves samples, reports, resets and pings to their listeners', () => {
    const samples = { type: 'samples', data: { host_id: 1, at_ms: 1, series: [] } } as const;
    expect(reduceLive(loaded, { ...samples, data: { ...samples.data, series: [] } }, 0)).toBe(loaded);
    expect(reduceLive(loaded, { type: 'reset', data: {} }, 0)).toBe(loaded);
    expect(reduceLive(loaded, { type: 'ping', data: { now_ms: 1 } }, 0)).toBe(loaded);
  });
});
