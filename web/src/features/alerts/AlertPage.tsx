// SPDX-License-Identifier: MIT
// One alert: what is wrong, what happened to it, and who was told.
import { useState } from 'preact/hooks';
import { AlertState } from '@/components/alert/AlertLine';
import { Ago, When } from '@/components/Ago';
import { Loaded } from '@/components/Notice';
import { Page } from '@/components/Page';
import { SeverityBadge } from '@/components/State';
import { Acknowledge } from '@/features/alerts/Acknowledge';
import { canAcknowledge } from '@/features/alerts/AlertRow';
import { Deliveries, Events } from '@/features/alerts/Trace';
import { alerts } from '@/lib/api';
import { useResource } from '@/lib/hooks';
import { useLiveEvent } from '@/lib/live';
import { withUnit } from '@/lib/units';
import type { AlertDetail } from '@/types/api';

function Facts({ alert }: { alert: AlertDetail }) {
  const labels = Object.entries(alert.labels);
  return (
    <dl class="card grid grid-cols-2 gap-x-4 gap-y-3 p-4 sm:grid-cols-3 xl:grid-cols-5">
      <div>
        <dt class="text-xs text-soft">Host</dt>
        <dd class="break-words">
          <a href={`/hosts/${alert.host_id}`}>{alert.host_name}</a>
        </dd>
      </div>
      <div>
        <dt class="text-xs text-soft">Value, and limit</dt>
        <dd>
          {withUnit(alert.value, alert.unit)}, {withUnit(alert.limit, alert.unit)}
        </dd>
      </div>
      {labels.map(([name, value]) => (
        <div key={name} class="min-w-0">
          <dt class="text-xs text-soft first-letter:uppercase">{name}</dt>
          <dd class="break-words">{value}</dd>
        </div>
      ))}
      <div>
        <dt class="text-xs text-soft">True since</dt>
        <dd>
          <When at={alert.since_ms} />
        </dd>
      </div>
      <div>
        <dt class="text-xs text-soft">{alert.resolved_ms === null ? 'Raised' : 'Over since'}</dt>
        <dd>
          <Ago at={alert.resolved_ms ?? alert.fired_ms} />
        </dd>
      </div>
    </dl>
  );
}

function Acknowledgement({ alert }: { alert: AlertDetail }) {
  if (alert.acked_ms === null) return null;
  return (
    <p class="card p-4">
      Acknowledged by <strong>{alert.acked_by ?? 'someone'}</strong> <Ago at={alert.acked_ms} />
      {alert.ack_comment ? `: ${alert.ack_comment}` : '.'}
    </p>
  );
}

export function AlertPage({ id }: { id: number }) {
  const resource = useResource(`alert ${id}`, (signal) => alerts.read(id, signal));
  const [asking, setAsking] = useState(false);
  useLiveEvent('alert', (alert) => alert.id === id && resource.reload());
  useLiveEvent('reset', resource.reload);
  const alert = resource.data;
  return (
    <Page
      title={alert === null ? 'Alert' : alert.summary}
      lead={
        alert !== null && (
          <span class="flex flex-wrap gap-2">
            <SeverityBadge severity={alert.severity} />
            <AlertState alert={alert} />
          </span>
        )
      }
      actions={
        alert !== null &&
        canAcknowledge(alert) && (
          <button type="button" class="btn btn-main" onClick={() => setAsking(true)}>
            Acknowledge
          </button>
        )
      }
    >
      <Loaded resource={resource}>
        {(loaded) => (
          <>
            <Facts alert={loaded} />
            <Acknowledgement alert={loaded} />
            <Events events={loaded.events} unit={loaded.unit} />
            <Deliveries deliveries={loaded.deliveries} />
          </>
        )}
      </Loaded>
      {asking && alert !== null && (
        <Acknowledge alert={alert} onClose={() => setAsking(false)} onDone={resource.reload} />
      )}
    </Page>
  );
}
