// SPDX-License-Identifier: MIT
// Where messages about alerts go.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '@/components/Icon';
import { Empty, Loaded } from '@/components/Notice';
import { Page } from '@/components/Page';
import { ChannelCard } from '@/features/channels/ChannelCard';
import { ChannelEditor } from '@/features/channels/ChannelEditor';
import { CHAT_KINDS, kindTitle } from '@/features/channels/chats';
import { channels as api } from '@/lib/api';
import { useResource } from '@/lib/hooks';
import { useLiveEvent } from '@/lib/live';
import type { Channel, ChannelKind } from '@/types/api';

/** An alert leads to messages; so long after it most have arrived or failed. */
const LOOK_AGAIN_MS = 1500;

const KINDS: readonly ChannelKind[] = ['email', ...CHAT_KINDS, 'webhook'];

function AddButtons({ add }: { add: (kind: ChannelKind) => void }) {
  return (
    <div class="flex flex-wrap gap-2">
      {KINDS.map((kind) => (
        <button key={kind} type="button" class="btn" onClick={() => add(kind)}>
          <Icon name="plus" /> {kindTitle(kind)}
        </button>
      ))}
    </div>
  );
}

export function ChannelsPage() {
  const resource = useResource('channels', (signal) => api.list(signal));
  const [adding, setAdding] = useState<ChannelKind | null>(null);
  const [told, setTold] = useState(0);
  useLiveEvent('alert', () => setTold((count) => count + 1));
  useEffect(() => {
    if (told === 0) return undefined;
    const later = setTimeout(resource.reload, LOOK_AGAIN_MS);
    return () => clearTimeout(later);
  }, [told, resource.reload]);
  const added = (channel: Channel) => {
    resource.replace([...(resource.data ?? []), channel]);
    setAdding(null);
  };
  return (
    <Page
      title="Channels"
      lead="Every alert, and its end, is sent to each channel that is switched on."
      actions={adding === null && <AddButtons add={setAdding} />}
    >
      {adding !== null && (
        <section class="card p-4" aria-label="New channel">
          <h2 class="mb-3">New channel: {kindTitle(adding)}</h2>
          <ChannelEditor key={adding} kind={adding} onSaved={added} onCancel={() => setAdding(null)} />
        </section>
      )}
      <Loaded resource={resource} rows={2}>
        {(channels) => (
          <>
            {channels.length === 0 && adding === null && (
              <Empty title="Nobody is told yet">
                <p>Add an e-mail address, a chat, a phone or a webhook, then send a test through it.</p>
              </Empty>
            )}
            <ul class="grid grid-cols-[minmax(0,1fr)] gap-3">
              {channels.map((channel) => (
                <li key={channel.id}>
                  <ChannelCard
                    channel={channel}
                    onChanged={(next) =>
                      resource.replace(channels.map((old) => (old.id === next.id ? next : old)))
                    }
                    onRemoved={() => resource.replace(channels.filter((old) => old.id !== channel.id))}
                    refresh={resource.reload}
                  />
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </Page>
  );
}
