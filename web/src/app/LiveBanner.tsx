// SPDX-License-Identifier: MIT
// Says at once when what is on the page may no longer be true.
import { Icon } from '@/components/Icon';
import { ErrorNotice, Notice } from '@/components/Notice';
import { useNow } from '@/lib/hooks';
import { reload, useConnection } from '@/lib/live';
import { span } from '@/lib/time';

/** A reconnect that takes no longer than this is not worth a word. */
const PATIENCE_MS = 2_000;

function useCut(): { cut: boolean; ageMs: number; loadError: unknown } {
  useNow();
  const { status, sinceMs, heardMs, loadError } = useConnection();
  const now = Date.now();
  return { cut: status === 'cut' && now - sinceMs >= PATIENCE_MS, ageMs: now - heardMs, loadError };
}

export function LiveBanner() {
  const { cut, ageMs, loadError } = useCut();
  if (cut)
    return (
      <div class="sticky top-16 z-10 rounded-lg shadow-md md:top-4">
        <Notice tone="warn" icon="unplugged">
          <strong class="font-semibold">Live updates interrupted, trying again…</strong> Last data{' '}
          <span aria-hidden="true">{span(ageMs)} ago</span>
          <span class="sr-only">is getting old</span>.
        </Notice>
      </div>
    );
  if (loadError !== null) return <ErrorNotice error={loadError} retry={() => void reload()} />;
  return null;
}

export function LiveMark() {
  const { status } = useConnection();
  const { cut } = useCut();
  if (cut)
    return (
      <span class="inline-flex items-center gap-1 text-xs font-semibold whitespace-nowrap text-warn">
        <Icon name="unplugged" /> Not live
      </span>
    );
  return (
    <span class="inline-flex items-center gap-1.5 text-xs text-soft">
      <span
        aria-hidden="true"
        class={`size-2 rounded-full ${status === 'open' ? 'bg-ok' : 'border border-edge'}`}
      />
      {status === 'open' ? 'Live' : 'Connecting'}
    </span>
  );
}
