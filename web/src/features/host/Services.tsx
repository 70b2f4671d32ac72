// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { Ago } from '@/components/Ago';
import { Badge, type Tone } from '@/components/State';
import { Section } from '@/components/Page';
import type { IconName } from '@/components/Icon';
import { orderServices } from '@/features/host/services';
import type { Service } from '@/types/api';

const SHOWN = 12;

const LOOKS: Record<string, { icon: IconName; tone: Tone }> = {
  active: { icon: 'checkCircle', tone: 'ok' },
  failed: { icon: 'crossOctagon', tone: 'bad' },
  activating: { icon: 'clock', tone: 'warn' },
  deactivating: { icon: 'clock', tone: 'warn' },
};

function ServiceRow({ service }: { service: Service }) {
  const look = LOOKS[service.state] ?? { icon: 'dotted' as const, tone: 'plain' as const };
  return (
    <li class="flex items-center justify-between gap-3 px-4 py-2">
      <div class="min-w-0">
        <div class="truncate font-medium">{service.name}</div>
        {service.description && (
          <div class="truncate text-xs text-soft" title={service.description}>
            {service.description}
          </div>
        )}
      </div>
      <Badge {...look} word={service.state} />
    </li>
  );
}

function List({ services }: { services: readonly Service[] }) {
  const [search, setSearch] = useState('');
  const [all, setAll] = useState(false);
  const found = orderServices(services, search);
  const shown = all ? found : found.slice(0, SHOWN);
  return (
    <div class="card">
      <div class="p-3">
        <input
          type="search"
          class="field"
          aria-label="Search services"
          placeholder="Search by name or state"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <ul class="divide-y divide-line border-t border-line">
        {shown.map((service) => (
          <ServiceRow key={service.name} service={service} />
        ))}
        {found.length === 0 && <li class="px-4 py-3 text-soft">No service matches.</li>}
      </ul>
      {found.length > SHOWN && (
        <button type="button" class="btn btn-quiet w-full" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${found.length}`}
        </button>
      )}
    </div>
  );
}

export function Services({ services, atMs }: { services: Service[] | undefined; atMs: number | null }) {
  const failed = services?.filter(({ state }) => state === 'failed').length ?? 0;
  return (
    <Section
      title="Services"
      lead={
        services === undefined ? null : (
          <>
            {services.length} watched, {failed} failed, reported <Ago at={atMs} />
          </>
        )
      }
    >
      {services === undefined || services.length === 0 ? (
        <p class="card px-4 py-6 text-center text-soft">
          {services === undefined
            ? 'Not known: this host has not reported its services.'
            : 'This host reports no services: systemd does not run there, or none is watched.'}
        </p>
      ) : (
        <List services={services} />
      )}
    </Section>
  );
}
