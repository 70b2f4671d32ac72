// SPDX-License-Identifier: MIT
import { Ago, When } from '@/components/Ago';
import { ErrorNotice } from '@/components/Notice';
import { Badge } from '@/components/State';
import { outages } from '@/lib/api';
import { useAction, useNow } from '@/lib/hooks';
import { applyLive, useLive } from '@/lib/live';
import { span } from '@/lib/time';
import type { Outage } from '@/types/api';

function Length({ outage }: { outage: Outage }) {
  const now = useNow();
  const began = outage.last_seen_ms ?? outage.detected_ms;
  return <>{span((outage.ended_ms ?? now) - began)}</>;
}

function HostName({ outage }: { outage: Outage }) {
  const known = useLive((live) => live.hosts.has(outage.host_id));
  if (!known) return <span>{outage.host_name}</span>;
  return <a href={`/hosts/${outage.host_id}`}>{outage.host_name}</a>;
}

function Story({ outage }: { outage: Outage }) {
  return (
    <p class="text-soft">
      last report <When at={outage.last_seen_ms} />, noticed <When at={outage.detected_ms} />
      {outage.ended_ms !== null && (
        <>
          , back <When at={outage.ended_ms} />
        </>
      )}
      {outage.cleared_ms !== null && (
        <>
          , cleared by {outage.cleared_by ?? 'someone'} <Ago at={outage.cleared_ms} />
        </>
      )}
    </p>
  );
}

export function OutageRow({ outage }: { outage: Outage }) {
  const clear = useAction(async () => {
    applyLive({ type: 'outage', data: await outages.clear(outage.id) });
  });
  const ongoing = outage.ended_ms === null;
  return (
    <li class="grid gap-2 px-4 py-3">
      <div class="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Badge
          icon={ongoing ? 'crossOctagon' : 'checkCircle'}
          word={ongoing ? 'Ongoing' : 'Over'}
          tone={ongoing ? 'bad' : 'plain'}
        />
        <div class="min-w-0 grow basis-60">
          <div class="font-medium">
            <HostName outage={outage} />, <Length outage={outage} />
          </div>
          <Story outage={outage} />
        </div>
        {outage.cleared_ms === null && (
          <button type="button" class="btn" disabled={clear.busy} onClick={() => void clear.run()}>
            Clear<span class="sr-only"> the outage of {outage.host_name}</span>
          </button>
        )}
      </div>
      <ErrorNotice error={clear.error} />
    </li>
  );
}
