// SPDX-License-Identifier: MIT
// The first page: what needs attention, then every host.
import { Page } from '@/components/Page';
import { Empty, Loading } from '@/components/Notice';
import { AddHost } from '@/features/hosts/AddHost';
import { Attention } from '@/features/hosts/Attention';
import { HostCard } from '@/features/hosts/HostCard';
import { HostFilterBar, useHostFilter } from '@/features/hosts/HostFilterBar';
import { countStates, selectHosts } from '@/features/hosts/order';
import { Icon } from '@/components/Icon';
import { useLive } from '@/lib/live';
import { plural } from '@/lib/units';
import type { Host } from '@/types/api';

function summary(hosts: ReadonlyMap<number, Host>): string {
  const counts = countStates(hosts.values());
  const parts = [`${counts.up} up`];
  if (counts.late > 0) parts.push(`${counts.late} late`);
  if (counts.down > 0) parts.push(`${counts.down} down`);
  if (counts.waiting > 0) parts.push(`${counts.waiting} waiting for a first report`);
  return `${plural(hosts.size, 'host')}: ${parts.join(', ')}`;
}

function HostGrid({ hosts }: { hosts: ReadonlyMap<number, Host> }) {
  const [filter, setFilter] = useHostFilter();
  const shown = selectHosts(hosts.values(), filter);
  return (
    <section class="grid grid-cols-[minmax(0,1fr)] gap-3" aria-label="Hosts">
      <HostFilterBar filter={filter} change={setFilter} counts={countStates(hosts.values())} />
      {shown.length === 0 ? (
        <Empty title="No host matches">
          <button
            type="button"
            class="btn mt-2"
            onClick={() => setFilter({ text: '', state: 'all', sort: filter.sort })}
          >
            Show all hosts
          </button>
        </Empty>
      ) : (
        <ul class="grid grid-cols-[repeat(auto-fill,minmax(min(100%,19rem),1fr))] gap-3">
          {shown.map((host) => (
            <li key={host.id} class="min-w-0">
              <HostCard host={host} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function OverviewPage() {
  const loaded = useLive((live) => live.loaded);
  const hosts = useLive((live) => live.hosts);
  if (!loaded)
    return (
      <Page title="Overview">
        <Loading rows={4} label="Loading the hosts" />
      </Page>
    );
  if (hosts.size === 0)
    return (
      <Page title="Welcome" lead="No host reports here yet. Add the first one: it takes one command.">
        <AddHost />
      </Page>
    );
  return (
    <Page
      title="Overview"
      lead={summary(hosts)}
      actions={
        <a class="btn" href="/hosts/new">
          <Icon name="plus" /> Add a host
        </a>
      }
    >
      <Attention />
      <HostGrid hosts={hosts} />
    </Page>
  );
}
