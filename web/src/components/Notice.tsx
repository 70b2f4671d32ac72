// SPDX-License-Identifier: MIT
// The states that a view can be in besides "here it is": loading, nothing yet, failed.
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '@/components/Icon';
import { TONES, type Tone } from '@/components/State';
import { explain } from '@/lib/problem';
import type { Resource } from '@/lib/hooks';

const ICONS: Record<Tone, IconName> = {
  ok: 'checkCircle',
  warn: 'alert',
  bad: 'crossOctagon',
  plain: 'info',
};

interface NoticeProps {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
}

export function Notice({ tone, icon, children }: NoticeProps) {
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      class={`flex items-start gap-2 rounded-lg px-3 py-2 ${TONES[tone]}`}
    >
      <Icon name={icon ?? ICONS[tone]} class="mt-0.5" />
      <div class="min-w-0 grow text-ink">{children}</div>
    </div>
  );
}

export function ErrorNotice({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  if (error === null || error === undefined) return null;
  return (
    <Notice tone="bad">
      <div class="flex flex-wrap items-center justify-between gap-2">
        <span>{explain(error)}</span>
        {retry && (
          <button type="button" class="btn" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </Notice>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="card px-4 py-8 text-center">
      <h2>{title}</h2>
      {children && <div class="mx-auto mt-1 max-w-prose text-soft">{children}</div>}
    </div>
  );
}

/** Grey bars in the place of what is being loaded. */
export function Loading({ rows = 3, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} class="grid gap-3">
      {Array.from({ length: rows }, (_, i) => (
        <div key={i} class="h-16 animate-pulse rounded-lg bg-well" />
      ))}
    </div>
  );
}

interface LoadedProps<T> {
  resource: Resource<T>;
  rows?: number;
  children: (data: T) => ComponentChildren;
}

/** Old data stays visible under the error when loading anew failed. */
export function Loaded<T>({ resource, rows = 3, children }: LoadedProps<T>) {
  return (
    <>
      {resource.error !== null && <ErrorNotice error={resource.error} retry={resource.reload} />}
      {resource.loading && <Loading rows={rows} />}
      {resource.data !== null && children(resource.data)}
    </>
  );
}
