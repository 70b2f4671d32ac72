// SPDX-License-Identifier: MIT
// What a person should look at first: open alerts, worst first, and outages nobody cleared.
import { AlertLine } from '@/components/alert/AlertLine';
import { Icon } from '@/components/Icon';
import { byUrgency } from '@/features/hosts/order';
import { useLive } from '@/lib/live';
import { plural } from '@/lib/units';

const SHOWN = 5;

function EndedOutages() {
  const outages = useLive((live) => live.outages);
  const ended = [...outages.values()].filter((outage) => outage.ended_ms !== null);
  if (ended.length === 0) return null;
  return (
    <li class="border-t border-line px-4 py-2.5">
      <a href="/outages">
        {plural(ended.length, 'outage')} over, waiting to be looked at and cleared
      </a>
    </li>
  );
}

export function Attention() {
  const alerts = useLive((live) => live.alerts);
  const outages = useLive((live) => live.outages);
  const urgent = [...alerts.values()].sort(byUrgency);
  if (urgent.length === 0 && outages.size === 0)
    return (
      <p class="flex items-center gap-2 text-soft">
        <Icon name="checkCircle" class="text-ok" /> All quiet: no open alerts, no outages.
      </p>
    );
  return (
    <section aria-label="Needs attention" class="card">
      <h2 class="px-4 py-3">Needs attention</h2>
      <ul>
        {urgent.slice(0, SHOWN).map((alert) => (
          <li key={alert.id} class="border-t border-line">
            <AlertLine alert={alert} />
          </li>
        ))}
        {urgent.length > SHOWN && (
          <li class="border-t border-line px-4 py-2.5">
            <a href="/alerts">All {urgent.length} open alerts</a>
          </li>
        )}
        <EndedOutages />
      </ul>
    </section>
  );
}
