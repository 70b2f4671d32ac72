// SPDX-License-Identifier: MIT
// One host: what it is, how it is doing, and what would raise an alert.
import { AlertLine } from '@/components/alert/AlertLine';
import { Empty, ErrorNotice, Loading } from '@/components/Notice';
import { Page, Section } from '@/components/Page';
import { DeleteHost } from '@/features/host/DeleteHost';
import { Facts, HostStatus } from '@/features/host/Facts';
import { HostCharts } from '@/features/host/HostCharts';
import { HostThresholds } from '@/features/host/HostThresholds';
import { Services } from '@/features/host/Services';
import { SshFailures } from '@/features/host/SshFailures';
import { hosts } from '@/lib/api';
import { type Resource, useResource } from '@/lib/hooks';
import { useLive, useLiveEvent } from '@/lib/live';
import { ApiError, explain } from '@/lib/problem';
import type { HostDetail } from '@/types/api';

/** The host as loaded, kept fresh by the stream. */
function useHost(id: number): { resource: Resource<HostDetail>; gone: boolean } {
  const resource = useResource(`host ${id}`, (signal) => hosts.read(id, signal));
  const live = useLive((state) => state.hosts.get(id));
  const removed = useLive((state) => state.loaded && !state.hosts.has(id));
  const { data } = resource;
  useLiveEvent('report', (report) => data !== null && resource.replace({ ...data, report }));
  useLiveEvent('reset', resource.reload);
  const fresh = data !== null && live !== undefined ? { ...data, ...live } : data;
  const missing = resource.error instanceof ApiError && resource.error.status === 404;
  return { resource: { ...resource, data: fresh }, gone: missing || (removed && data !== null) };
}

function OpenAlerts({ id }: { id: number }) {
  const alerts = useLive((state) => state.alerts);
  const own = [...alerts.values()].filter((alert) => alert.host_id === id);
  if (own.length === 0) return null;
  return (
    <Section title="Open alerts">
      <ul class="card divide-y divide-line">
        {own.map((alert) => (
          <li key={alert.id}>
            <AlertLine alert={alert} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Body({ host }: { host: HostDetail }) {
  return (
    <Page
      title={host.name}
      lead={<HostStatus host={host} />}
      actions={<DeleteHost host={host} />}
    >
      <Facts host={host} />
      <OpenAlerts id={host.id} />
      <HostCharts host={host} />
      <div class="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
        <Services services={host.report?.services} atMs={host.report?.at_ms ?? null} />
        <SshFailures ssh={host.report?.ssh} />
      </div>
      <HostThresholds id={host.id} />
    </Page>
  );
}

export function HostPage({ id }: { id: number }) {
  const { resource, gone } = useHost(id);
  if (gone)
    return (
      <Page title="Host">
        <Empty title={resource.error === null ? 'This host was deleted.' : explain(resource.error)}>
          <a href="/">Back to the overview</a>
        </Empty>
      </Page>
    );
  if (resource.data !== null) return <Body host={resource.data} />;
  return (
    <Page title="Host">
      <ErrorNotice error={resource.error} retry={resource.reload} />
      {resource.loading && <Loading rows={5} label="Loading the host" />}
    </Page>
  );
}
