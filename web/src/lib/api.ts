// SPDX-License-Identifier: MIT
// The API as functions: paths, bodies and envelopes are written here and nowhere else.
import { API, request } from '@/lib/request';
import type {
  Alert,
  AlertDetail,
  Channel,
  ChannelChange,
  Host,
  HostDetail,
  Install,
  Letter,
  MatrixSeries,
  Millis,
  Outage,
  Session,
  TestResult,
  Threshold,
  ThresholdChange,
  Token,
} from '@/types/api';

type Signal = AbortSignal | undefined;
const get = <T>(path: string, signal?: Signal) => request<T>('GET', API + path, { signal });
const post = <T>(path: string, body?: unknown) => request<T>('POST', API + path, { body });
const put = <T>(path: string, body: unknown) => request<T>('PUT', API + path, { body });
const del = <T = null>(path: string) => request<T>('DELETE', API + path);

export const session = {
  read: () => get<Session>('/session'),
  openLink: (link: string) => post<Session>('/session/link', { link }),
  signIn: (email: string, password: string) => post<Session>('/session', { email, password }),
  signOut: () => del('/session'),
  setPassword: (body: { email: string; password: string; name?: string; current_password?: string }) =>
    post<Session>('/session/password', body),
};

const overrides = (id: number) => `/hosts/${id}/thresholds`;

export const hosts = {
  list: (signal?: Signal) => get<{ hosts: Host[]; now_ms: Millis }>('/hosts', signal),
  read: (id: number, signal?: Signal) => get<HostDetail>(`/hosts/${id}`, signal),
  remove: (id: number) => del(`/hosts/${id}`),
  thresholds: async (id: number, signal?: Signal) =>
    (await get<{ thresholds: Threshold[] }>(overrides(id), signal)).thresholds,
  setThreshold: (id: number, key: string, change: ThresholdChange) =>
    put<Threshold>(`${overrides(id)}/${encodeURIComponent(key)}`, change),
  resetThreshold: (id: number, key: string) =>
    del<Threshold>(`${overrides(id)}/${encodeURIComponent(key)}`),
};

export interface AlertFilter {
  state: 'open' | 'all';
  host?: number;
  hours?: number;
  limit?: number;
}

function searchOf(filter: object): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) search.set(key, String(value));
  return search.toString();
}

export const alerts = {
  list: async (filter: AlertFilter, signal?: Signal) =>
    (await get<{ alerts: Alert[] }>(`/alerts?${searchOf(filter)}`, signal)).alerts,
  read: (id: number, signal?: Signal) => get<AlertDetail>(`/alerts/${id}`, signal),
  acknowledge: (id: number, comment: string) =>
    post<Alert>(`/alerts/${id}/acknowledge`, { comment }),
};

export const outages = {
  list: async (cleared: boolean, signal?: Signal) =>
    (await get<{ outages: Outage[] }>(`/outages?cleared=${cleared}&limit=200`, signal)).outages,
  clear: (id: number) => post<Outage>(`/outages/${id}/clear`),
};

export const thresholds = {
  list: async (signal?: Signal) =>
    (await get<{ thresholds: Threshold[] }>('/thresholds', signal)).thresholds,
  set: (key: string, change: ThresholdChange) =>
    put<Threshold>(`/thresholds/${encodeURIComponent(key)}`, change),
};

export const channels = {
  list: async (signal?: Signal) =>
    (await get<{ channels: Channel[] }>('/channels', signal)).channels,
  create: (channel: ChannelChange) => post<Channel>('/channels', channel),
  change: (id: number, change: ChannelChange) => put<Channel>(`/channels/${id}`, change),
  remove: (id: number) => del(`/channels/${id}`),
  test: (id: number) => post<TestResult>(`/channels/${id}/test`),
  failed: async (id: number, signal?: Signal) =>
    (await get<{ messages: Letter[] }>(`/channels/${id}/messages?state=failed&limit=20`, signal)).messages,
  resend: (id: number) => post<{ queued: number }>(`/channels/${id}/resend`, {}),
};

export const tokens = {
  list: async (signal?: Signal) => (await get<{ tokens: Token[] }>('/tokens', signal)).tokens,
  create: (kind: 'enrol' | 'read' | 'user', name: string) =>
    post<Token & { token: string }>('/tokens', { kind, name }),
  remove: (id: number) => del(`/tokens/${id}`),
};

export const install = () => get<Install>('/install');

/** Whether the server answers at all. */

export interface RangeQuery {
  query: string;
  start: number;
  end: number;
  step: number;
}

export async function queryRange(range: RangeQuery, signal?: Signal): Promise<MatrixSeries[]> {
  const path = `/prometheus/api/v1/query_range?${searchOf(range)}`;
  const answer = await request<{ data: { result: MatrixSeries[] } }>('GET', path, { signal });
  return answer.data.result;
}
