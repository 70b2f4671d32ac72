// SPDX-License-Identifier: MIT
// What happened to an alert, and what became of the messages about it.
import { When } from '@/components/Ago';
import { Section } from '@/components/Page';
import { Badge, type Tone } from '@/components/State';
import type { IconName } from '@/components/Icon';
import { plural, withUnit } from '@/lib/units';
import type { AlertEvent, Delivery } from '@/types/api';

const TRANSITIONS: Record<string, string> = {
  fired: 'Raised',
  resolved: 'Over',
  acknowledged: 'Acknowledged',
};

export function Events({ events, unit }: { events: AlertEvent[]; unit: string }) {
  return (
    <Section title="What happened">
      <ol class="card divide-y divide-line">
        {events.map((event) => (
          <li
            key={`${event.at_ms} ${event.transition}`}
            class="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2.5"
          >
            <span class="w-40 shrink-0 text-soft">
              <When at={event.at_ms} />
            </span>
            <span class="font-medium">{TRANSITIONS[event.transition] ?? event.transition}</span>
            {event.value !== null && <span>at {withUnit(event.value, unit)}</span>}
            {event.actor && <span>by {event.actor}</span>}
            {event.detail && <span class="text-soft">{event.detail}</span>}
          </li>
        ))}
        {events.length === 0 && <li class="px-4 py-3 text-soft">Nothing was recorded.</li>}
      </ol>
    </Section>
  );
}

const STATES: Record<string, { icon: IconName; tone: Tone }> = {
  delivered: { icon: 'checkCircle', tone: 'ok' },
  failed: { icon: 'crossOctagon', tone: 'bad' },
};

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const look = STATES[delivery.state] ?? { icon: 'clock' as const, tone: 'plain' as const };
  return (
    <li class="grid gap-1 px-4 py-2.5">
      <div class="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span class="font-medium">{delivery.channel}</span>
        <Badge {...look} word={delivery.state} />
        <span class="text-soft">{plural(delivery.attempts, 'attempt')}</span>
        {delivery.finished_ms !== null && <When at={delivery.finished_ms} />}
        {delivery.finished_ms === null && delivery.next_ms !== null && (
          <span>
            next try <When at={delivery.next_ms} />
          </span>
        )}
      </div>
      {delivery.answer && <p class="font-mono text-xs break-words text-soft">{delivery.answer}</p>}
    </li>
  );
}

export function Deliveries({ deliveries }: { deliveries: Delivery[] }) {
  return (
    <Section title="Who was told">
      {deliveries.length === 0 ? (
        <p class="card px-4 py-3 text-soft">
          No message was sent: there was no <a href="/channels">channel</a> that was switched on.
        </p>
      ) : (
        <ul class="card divide-y divide-line">
          {deliveries.map((delivery) => (
            <DeliveryRow key={JSON.stringify(delivery)} delivery={delivery} />
          ))}
        </ul>
      )}
    </Section>
  );
}
