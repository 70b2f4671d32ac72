// SPDX-License-Identifier: MIT
// Every address of the dashboard, in one table.
import type { ComponentChild } from 'preact';
import { type Lazy, lazy } from '@/app/lazy';

const overview = lazy(async () => (await import('@/features/hosts/OverviewPage')).OverviewPage);
const addHost = lazy(async () => (await import('@/features/hosts/AddHostPage')).AddHostPage);
const host = lazy(async () => (await import('@/features/host/HostPage')).HostPage);
const alerts = lazy(async () => (await import('@/features/alerts/AlertsPage')).AlertsPage);
const alert = lazy(async () => (await import('@/features/alerts/AlertPage')).AlertPage);
const outages = lazy(async () => (await import('@/features/outages/OutagesPage')).OutagesPage);
const thresholds = lazy(
  async () => (await import('@/features/thresholds/ThresholdsPage')).ThresholdsPage,
);
const channels = lazy(async () => (await import('@/features/channels/ChannelsPage')).ChannelsPage);
const settings = lazy(async () => (await import('@/features/settings/SettingsPage')).SettingsPage);

interface Route {
  pattern: RegExp;
  load: () => Promise<unknown>;
  show: (id: number) => ComponentChild;
}

function plain(pattern: RegExp, page: Lazy<object>): Route {
  return { pattern, load: page.load, show: () => <page.Component /> };
}

function numbered(pattern: RegExp, page: Lazy<{ id: number }>): Route {
  return { pattern, load: page.load, show: (id) => <page.Component key={id} id={id} /> };
}

const HOST = /^\/hosts\/(\d{1,15})$/;

const ROUTES: Route[] = [
  plain(/^\/$/, overview),
  plain(/^\/hosts\/new$/, addHost),
  numbered(HOST, host),
  plain(/^\/alerts$/, alerts),
  numbered(/^\/alerts\/(\d{1,15})$/, alert),
  plain(/^\/outages$/, outages),
  plain(/^\/thresholds$/, thresholds),
  plain(/^\/channels$/, channels),
  plain(/^\/settings$/, settings),
];

const routeOf = (path: string): Route | undefined => ROUTES.find(({ pattern }) => pattern.test(path));

/** The page for a path, or null. */
export function pageOf(path: string): ComponentChild {
  const route = routeOf(path);
  return route === undefined ? null : route.show(Number(route.pattern.exec(path)?.[1] ?? 0));
}

/** The host whose samples the page wants live. */
export function liveHostOf(path: string): number | null {
  const id = HOST.exec(path)?.[1];
  return id === undefined ? null : Number(id);
}

/** Starts fetching a page before it is known whether it may be shown. */
export function preload(path: string): void {
  routeOf(path)
    ?.load()
    .catch(() => undefined);
}
