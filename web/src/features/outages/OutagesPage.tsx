// SPDX-License-Identifier: MIT
// When hosts fell silent.  An outage stays until a person has looked at it and cleared it.
import { Segments } from '@/components/Form';
import { Empty, Loaded, Loading } from '@/components/Notice';
import { Page } from '@/components/Page';
import { OutageRow } from '@/features/outages/OutageRow';
import { outages as api } from '@/lib/api';
import { useResource } from '@/lib/hooks';
import { useLive, useLiveEvent } from '@/lib/live';
import { useParam } from '@/lib/router';
import { choiceCodec } from '@/lib/url-state';
import type { Outage } from '@/types/api';

const VIEW = choiceCodec(['open', 'cleared'] as const, 'open');

/** Ongoing ones first, then the newest. */
function order(a: Outage, b: Outage): number {
  return Number(a.ended_ms !== null) - Number(b.ended_ms !== null) || b.detected_ms - a.detected_ms;
}

function List({ outages }: { outages: Outage[] }) {
  return (
    <ul class="card divide-y divide-line">
      {outages.map((outage) => (
        <OutageRow key={outage.id} outage={outage} />
      ))}
    </ul>
  );
}

function Uncleared() {
  const loaded = useLive((live) => live.loaded);
  const outages = useLive((live) => live.outages);
  if (!loaded) return <Loading label="Loading the outages" />;
  if (outages.size === 0)
    return (
      <Empty title="No outages">
        <p>When a host stops reporting, it is recorded here and stays until you clear it.</p>
      </Empty>
    );
  return <List outages={[...outages.values()].sort(order)} />;
}

function Cleared() {
  const resource = useResource('outages cleared', (signal) => api.list(true, signal));
  useLiveEvent('outage', resource.reload);
  useLiveEvent('reset', resource.reload);
  return (
    <Loaded resource={resource}>
      {(outages) => {
        const cleared = outages.filter((outage) => outage.cleared_ms !== null);
        return cleared.length === 0 ? <Empty title="Nothing was cleared yet" /> : <List outages={cleared} />;
      }}
    </Loaded>
  );
}

export function OutagesPage() {
  const [view, setView] = useParam('view', VIEW);
  return (
    <Page title="Outages" lead="Times in which a host did not report.">
      <div>
        <Segments
          label="Which outages"
          value={view}
          options={[
            ['open', 'Not cleared'],
            ['cleared', 'Cleared'],
          ]}
          onChange={setView}
        />
      </div>
      {view === 'open' ? <Uncleared /> : <Cleared />}
    </Page>
  );
}
