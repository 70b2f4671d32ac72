// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StreamStatus, openStream } from '@/lib/stream';

/** An EventSource whose connection the test plays. */
class FakeSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readyState = FakeSource.CONNECTING;
  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }
  open() {
    this.readyState = FakeSource.OPEN;
    this.dispatchEvent(new Event('open'));
  }
  say(type: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }
  fail(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event('error'));
  }
  close() {
    this.readyState = FakeSource.CLOSED;
  }
}

const source = (at: number) => FakeSource.made[at] as FakeSource;
const statuses: { status: StreamStatus; sinceMs: number | undefined }[] = [];
const heard: { type: string; fresh: boolean }[] = [];
let close: () => void;
let refused = 0;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('EventSource', FakeSource);
  const window = new EventTarget();
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window));
  vi.stubGlobal('removeEventListener', window.removeEventListener.bind(window));
  FakeSource.made = [];
  statuses.length = 0;
  heard.length = 0;
  refused = 0;
  close = openStream('/live', {
    event: ({ type }, fresh) => heard.push({ type, fresh }),
    status: (status, sinceMs) => statuses.push({ status, sinceMs }),
    refused: () => refused++,
  });
});

afterEach(() => {
  close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const last = () => statuses[statuses.length - 1];

describe('openStream', () => {
  it('takes pings as a sign of life', () => {
    source(0).open();
    for (let ping = 0; ping < 10; ping++) {
      vi.advanceTimersByTime(3_000);
      source(0).say('ping', { now_ms: 1 });
    }
    expect(last()?.status).toBe('open');
    expect(FakeSource.made).toHaveLength(1);
  });

  it('calls a silent stream cut within 5 s, and opens a new one', () => {
    source(0).open();
    source(0).say('hello', { now_ms: 1, version: '1' });
    const silentSince = Date.now();
    vi.advanceTimersByTime(5_000);
    expect(last()).toEqual({ status: 'cut', sinceMs: silentSince });
    expect(source(0).readyState).toBe(FakeSource.CLOSED);
    vi.advanceTimersByTime(1_000);
    expect(FakeSource.made).toHaveLength(2);
    source(1).open();
    source(1).say('hello', { now_ms: 1, version: '1' });
    expect(last()?.status).toBe('open');
    expect(heard[heard.length - 1]).toEqual({ type: 'hello', fresh: true });
  });

  it('leaves a drop to the browser, and opens anew after a refusal', () => {
    source(0).open();
    source(0).fail(FakeSource.CONNECTING);
    expect(last()?.status).toBe('cut');
    expect(FakeSource.made).toHaveLength(1);
    source(0).fail(FakeSource.CLOSED);
    expect(refused).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(FakeSource.made).toHaveLength(2);
  });

  it('says cut when the first connection does not come', () => {
    vi.advanceTimersByTime(4_000);
    expect(last()?.status).toBe('cut');
  });

  it('is quiet after it was closed', () => {
    source(0).open();
    close();
    const before = statuses.length;
    vi.advanceTimersByTime(60_000);
    expect(statuses).toHaveLength(before);
    expect(FakeSource.made).toHaveLength(1);
  });
});
