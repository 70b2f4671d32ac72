// SPDX-License-Identifier: MIT
// Open alerts as they are this moment, and the history of a chosen number of hours.
import { useEffect, useState } from 'preact/hooks';
import { Segments } from '@/components/Form';
import { Icon } from '@/components/Icon';
import { Empty, Loaded, Loading } from '@/components/Notice';
import { Page } from '@/components/Page';
import { AlertRow } from '@/features/alerts/AlertRow';
import { alerts as api } from '@/lib/api';
import { useResource } from '@/lib/hooks';
import { useLive, useLiveEvent } from '@/lib/live';
import { useParam } from '@/lib/router';
import { plural } from '@/lib/units';
import { choiceCodec } from '@/lib/url-state';
import type { Alert } from '@/types/api';

const VIEW = choiceCodec(['open', 'history'] as const, 'open');
const HOURS = ['6', '12', '24', '48', '72', '168'] as const;
const HOURS_CODEC = choiceCodec(HOURS, '24');
const LIMIT = 200;

function List({ alerts }: { alerts: Alert[] }) {
  return (
    <ul class="card divide-y divide-line">
      {alerts.map((alert) => (
        <AlertRow key={alert.id} alert={alert} />
      ))}
    </ul>
  );
}

const newestFirst = (a: Alert, b: Alert) => (b.fired_ms ?? 0) - (a.fired_ms ?? 0) || b.id - a.id;

function Open() {
  const loaded = useLive((live) => live.loaded);
  const alerts = useLive((live) => live.alerts);
  if (!loaded) return <Loading label="Loading the alerts" />;
  if (alerts.size === 0)
    return (
      <Empty title="No open alerts">
        <p>
          Nothing is over its threshold. See <a href="/alerts?view=history">what was</a>, or check{' '}
          <a href="/thresholds">when you would be told</a>.
        </p>
      </Empty>
    );
  return <List alerts={[...alerts.values()].sort(newestFirst)} />;
}

function History({ hours }: { hours: string }) {
  const resource = useResource(`alerts ${hours}`, (signal) =>
    api.list({ state: 'all', hours: Number(hours), limit: LIMIT }, signal),
  );
  const [changed, setChanged] = useState(0);
  useLiveEvent('alert', () => setChanged((count) => count + 1));
  useLiveEvent('reset', resource.reload);
  const { reload } = resource;
  useEffect(() => {
    if (changed > 0) reload();
  }, [changed, reload]);
  return (
    <Loaded resource={resource}>
      {(alerts) =>
        alerts.length === 0 ? (
          <Empty title={`No alerts in the last ${hours} hours`} />
        ) : (
          <>
            <p class="text-soft">
              {alerts.length >= LIMIT ? `The newest ${LIMIT} alerts` : plural(alerts.length, 'alert')}
            </p>
            <List alerts={alerts} />
          </>
        )
      }
    </Loaded>
  );
}

export function AlertsPage() {
  const [view, setView] = useParam('view', VIEW);
  const [hours, setHours] = useParam('hours', HOURS_CODEC);
  return (
    <Page
      title="Alerts"
      actions={
        <a class="btn" href="/thresholds">
          <Icon name="sliders" /> Thresholds
        </a>
      }
    >
      <div class="flex flex-wrap gap-2">
        <Segments
          label="Which alerts"
          value={view}
          options={[
            ['open', 'Open'],
            ['history', 'History'],
          ]}
          onChange={setView}
        />
        {view === 'history' && (
          <Segments
            label="Hours back"
            value={hours}
            options={HOURS.map((count) => [count, `${count} h`] as const)}
            onChange={setHours}
          />
        )}
      </div>
      {view === 'open' ? <Open /> : <History key={hours} hours={hours} />}
    </Page>
  );
}
