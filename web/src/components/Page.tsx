// SPDX-License-Identifier: MIT
// The frame of every page: heading, a line below it, and what can be done at the right.
import type { ComponentChildren } from 'preact';
import { useTitle } from '@/lib/hooks';

interface PageProps {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, lead, actions, children }: PageProps) {
  useTitle(title);
  return (
    <div class="grid grid-cols-[minmax(0,1fr)] gap-4">
      <header class="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div class="min-w-0">
          <h1>{title}</h1>
          {lead && <p class="max-w-prose text-soft">{lead}</p>}
        </div>
        {actions && <div class="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ title, lead, actions, children }: SectionProps) {
  return (
    <section class="grid grid-cols-[minmax(0,1fr)] gap-3" aria-label={title}>
      <div class="flex flex-wrap items-end justify-between gap-2">
        <div>
          <h2>{title}</h2>
          {lead && <p class="text-soft">{lead}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
