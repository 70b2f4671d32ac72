// SPDX-License-Identifier: MIT
// One channel: where it goes, how it has been doing, and what can be done with it.
import { useState } from 'preact/hooks';
import { Ago } from '@/components/Ago';
import { Confirm } from '@/components/Dialog';
import { Switch } from '@/components/Form';
import { Icon } from '@/components/Icon';
import { ErrorNotice, Notice } from '@/components/Notice';
import { ChannelEditor } from '@/features/channels/ChannelEditor';
import { ChannelTest } from '@/features/channels/ChannelTest';
import { DeadLetters } from '@/features/channels/DeadLetters';
import { describeChannel } from '@/features/channels/chats';
import { channels } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import { plural } from '@/lib/units';
import type { Channel } from '@/types/api';

function Health({ channel }: { channel: Channel }) {
  const failing = (channel.last_failed_ms ?? 0) > (channel.last_delivered_ms ?? 0);
  return (
    <>
      <p class="text-soft">
        {channel.last_delivered_ms === null ? (
          'Nothing delivered yet'
        ) : (
          <>
            Last delivered <Ago at={channel.last_delivered_ms} />
          </>
        )}
        {channel.queued > 0 && `, ${plural(channel.queued, 'message')} waiting`}
      </p>
      {failing && (
        <Notice tone="warn">
          The last delivery failed <Ago at={channel.last_failed_ms} />: {channel.last_error ?? 'no reason given'}
        </Notice>
      )}
    </>
  );
}

interface CardProps {
  channel: Channel;
  onChanged: (channel: Channel) => void;
  onRemoved: () => void;
  refresh: () => void;
}

export function ChannelCard({ channel, onChanged, onRemoved, refresh }: CardProps) {
  const [mode, setMode] = useState<'view' | 'edit' | 'remove'>('view');
  const toggle = useAction(async (enabled: boolean) => onChanged(await channels.change(channel.id, { enabled })));
  const remove = useAction(async () => {
    await channels.remove(channel.id);
    onRemoved();
  });
  const saved = (next: Channel) => {
    onChanged(next);
    setMode('view');
  };
  return (
    <section class="card grid grid-cols-[minmax(0,1fr)] gap-3 p-4" aria-label={channel.name}>
      <div class="flex flex-wrap items-start justify-between gap-2">
        <div class="min-w-0">
          <h2>{channel.name}</h2>
          <p class="break-words">{describeChannel(channel)}</p>
        </div>
        <Switch label="On" checked={channel.enabled} disabled={toggle.busy} onChange={(on) => void toggle.run(on)} />
      </div>
      <Health channel={channel} />
      {channel.failed > 0 && <DeadLetters id={channel.id} count={channel.failed} onSent={refresh} />}
      <ErrorNotice error={toggle.error} />
      {mode === 'edit' ? (
        <ChannelEditor kind={channel.kind} channel={channel} onSaved={saved} onCancel={() => setMode('view')} />
      ) : (
        <ChannelTest channel={channel} onTested={refresh}>
          <button type="button" class="btn" onClick={() => setMode('edit')}>
            Edit<span class="sr-only"> {channel.name}</span>
          </button>
          <button type="button" class="btn" onClick={() => setMode('remove')}>
            <Icon name="trash" /> Delete<span class="sr-only"> {channel.name}</span>
          </button>
        </ChannelTest>
      )}
      {mode === 'remove' && (
        <Confirm title={`Delete ${channel.name}?`} verb="Delete" action={remove} onClose={() => setMode('view')}>
          <p>Nobody is told through it any more. Messages still waiting for it are dropped.</p>
        </Confirm>
      )}
    </section>
  );
}
