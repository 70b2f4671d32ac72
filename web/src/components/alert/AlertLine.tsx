// SPDX-License-Identifier: MIT
// One alert in one line: how bad, what, since when, who has it.
import { Ago } from '@/components/Ago';
import { Badge, SeverityBadge } from '@/components/State';
import type { Alert } from '@/types/api';

export function AlertState({ alert }: { alert: Alert }) {
  if (alert.state === 'resolved') return <Badge icon="check" word="Resolved" tone="plain" />;
  if (alert.acked_ms !== null) return <Badge icon="check" word="Acknowledged" tone="plain" />;
  return null;
}

export function AlertLine({ alert }: { alert: Alert }) {
  return (
    <a
      href={`/alerts/${alert.id}`}
      class="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-ink no-underline hover:bg-well"
    >
      <SeverityBadge severity={alert.severity} />
      <span class="min-w-0 grow basis-60">{alert.summary}</span>
      <AlertState alert={alert} />
      <span class="text-xs text-soft">
        {alert.state === 'resolved' ? 'resolved ' : 'since '}
        <Ago at={alert.state === 'resolved' ? alert.resolved_ms : (alert.fired_ms ?? alert.since_ms)} />
      </span>
    </a>
  );
}
