// SPDX-License-Identifier: MIT
// What kind of machine it is, and whether it is heard.
import { Ago } from '@/components/Ago';
import { HostBadge } from '@/components/State';
import { useNow } from '@/lib/hooks';
import { span } from '@/lib/time';
import { UNKNOWN, format, plural } from '@/lib/units';
import type { Facts as FactsType, HostDetail } from '@/types/api';

export function HostStatus({ host }: { host: HostDetail }) {
  return (
    <span class="flex flex-wrap items-center gap-x-2 gap-y-1">
      <HostBadge state={host.state} />
      {host.state === 'waiting' ? (
        'No report has come yet.'
      ) : (
        <span>
          last report <Ago at={host.last_seen_ms} />
        </span>
      )}
    </span>
  );
}

function cpu(facts: FactsType): string {
  const cores = facts.cores === undefined ? '' : plural(facts.cores, 'core');
  return [facts.cpu_model, cores].filter(Boolean).join(', ') || UNKNOWN;
}

function kernel(facts: FactsType): string {
  return [facts.kernel, facts.architecture].filter(Boolean).join(' ') || UNKNOWN;
}

function uptime(host: HostDetail, facts: FactsType, now: number): string {
  if (host.state !== 'up') return UNKNOWN;
  if (facts.boot_ms !== undefined) return span(now - facts.boot_ms);
  return host.vitals.uptime_s === null ? UNKNOWN : span(host.vitals.uptime_s * 1000);
}

function every(host: HostDetail): string {
  return host.interval_ms === null ? UNKNOWN : `every ${span(host.interval_ms)}`;
}

export function Facts({ host }: { host: HostDetail }) {
  const now = useNow();
  const facts = host.facts ?? {};
  const rows: [string, string][] = [
    ['Host name', facts.hostname ?? UNKNOWN],
    ['System', facts.os ?? UNKNOWN],
    ['Kernel', kernel(facts)],
    ['CPU', cpu(facts)],
    ['Memory', format(facts.memory_bytes, 'bytes')],
    ['Running on', facts.virtualization ?? UNKNOWN],
    ['Up for', uptime(host, facts, now)],
    ['Agent', facts.agent_version ?? UNKNOWN],
    ['Reports', every(host)],
  ];
  return (
    <dl class="card grid grid-cols-2 gap-x-4 gap-y-3 p-4 sm:grid-cols-3 xl:grid-cols-5">
      {rows.map(([name, value]) => (
        <div key={name} class="min-w-0">
          <dt class="text-xs text-soft">{name}</dt>
          <dd class="break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
