// SPDX-License-Identifier: MIT
// One host on the overview.  The whole card is one link; old values are dimmed and say how old.
import type { ComponentChildren } from 'preact';
import { Ago } from '@/components/Ago';
import { Amount, Bar } from '@/components/Amount';
import { Icon } from '@/components/Icon';
import { HostBadge } from '@/components/State';
import { plural } from '@/lib/units';
import type { Host } from '@/types/api';

function Gauge({ name, title, value }: { name: string; title?: string; value: number | null }) {
  return (
    <div class="grid gap-1" title={title}>
      <div class="flex items-baseline justify-between gap-2">
        <dt class="truncate text-soft">{name}</dt>
        <dd class="font-semibold">
          <Amount value={value} unit="percent" />
        </dd>
      </div>
      <Bar percent={value} />
    </div>
  );
}

function Small({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="min-w-0">
      <dt class="text-xs text-soft">{name}</dt>
      <dd class="truncate">{children}</dd>
    </div>
  );
}

function Troubles({ host }: { host: Host }) {
  const down = host.vitals.services_down ?? 0;
  if (host.open_alerts === 0 && down === 0) return null;
  return (
    <div class="flex flex-wrap gap-x-3 text-xs font-semibold">
      {host.open_alerts > 0 && (
        <span class={`inline-flex items-center gap-1 ${host.worst === 'critical' ? 'text-bad' : 'text-warn'}`}>
          <Icon name="bell" /> {plural(host.open_alerts, 'open alert')}
        </span>
      )}
      {down > 0 && (
        <span class="inline-flex items-center gap-1 text-warn">
          <Icon name="alert" /> {plural(down, 'service')} down
        </span>
      )}
    </div>
  );
}

function LastSeen({ host }: { host: Host }) {
  if (host.state === 'waiting') return <>no report yet</>;
  if (host.state === 'up') return <Ago at={host.last_seen_ms} />;
  return (
    <>
      last seen <Ago at={host.last_seen_ms} />
    </>
  );
}

export function HostCard({ host }: { host: Host }) {
  const { vitals } = host;
  const stale = host.state === 'down' || host.state === 'late';
  return (
    <a
      href={`/hosts/${host.id}`}
      class="card grid h-full grid-cols-[minmax(0,1fr)] content-start gap-3 p-4 text-ink no-underline hover:border-edge"
    >
      <div class="flex items-start justify-between gap-2">
        <div class="min-w-0">
          <h2 class="truncate" title={host.name}>
            {host.name}
          </h2>
          <p class="text-xs text-soft">
            <LastSeen host={host} />
          </p>
        </div>
        <HostBadge state={host.state} />
      </div>
      <dl class={`grid grid-cols-[minmax(0,1fr)] gap-2 ${stale ? 'text-soft' : ''}`}>
        <Gauge name="CPU" value={vitals.cpu} />
        <Gauge name="Memory" value={vitals.memory} />
        <Gauge
          name={vitals.disk === null ? 'Disk' : `Disk ${vitals.disk.mountpoint}`}
          title={vitals.disk === null ? '' : `Fullest disk: ${vitals.disk.mountpoint}`}
          value={vitals.disk?.value ?? null}
        />
        <div class="mt-1 grid grid-cols-3 gap-2">
          <Small name="Load">
            <Amount value={vitals.load1} unit="load" />
          </Small>
          <Small name="Received">
            <Amount value={vitals.receive} unit="rate" />
          </Small>
          <Small name="Sent">
            <Amount value={vitals.transmit} unit="rate" />
          </Small>
        </div>
      </dl>
      <Troubles host={host} />
    </a>
  );
}
