// SPDX-License-Identifier: MIT
// Around every page: where one can go, whether the data is live, and the theme.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { LiveBanner, LiveMark } from '@/app/LiveBanner';
import { Icon, type IconName } from '@/components/Icon';
import { useLive } from '@/lib/live';
import { chooseTheme, useTheme } from '@/lib/theme';

interface Entry {
  href: string;
  name: string;
  icon: IconName;
  count?: number;
}

function useEntries(): Entry[] {
  const alerts = useLive((live) => live.alerts.size);
  const outages = useLive((live) => live.outages.size);
  return [
    { href: '/', name: 'Overview', icon: 'hosts' },
    { href: '/alerts', name: 'Alerts', icon: 'bell', count: alerts },
    { href: '/outages', name: 'Outages', icon: 'unplugged', count: outages },
    { href: '/thresholds', name: 'Thresholds', icon: 'sliders' },
    { href: '/channels', name: 'Channels', icon: 'send' },
    { href: '/settings', name: 'Settings', icon: 'gear' },
  ];
}

const section = (path: string): string => (path.startsWith('/hosts') ? '/' : `/${path.split('/')[1]}`);

function NavLink({ entry, current }: { entry: Entry; current: boolean }) {
  return (
    <a
      href={entry.href}
      aria-current={current ? 'page' : undefined}
      class="flex min-h-10 items-center gap-2.5 rounded-lg px-3 text-soft no-underline hover:bg-well hover:text-ink aria-[current=page]:bg-tint aria-[current=page]:font-semibold aria-[current=page]:text-accent"
    >
      <Icon name={entry.icon} />
      {entry.name}
      {entry.count !== undefined && entry.count > 0 && (
        <span class="ml-auto rounded-full bg-bad-tint px-2 text-xs font-semibold text-bad">
          {entry.count}
          <span class="sr-only"> open</span>
        </span>
      )}
    </a>
  );
}

function ThemeButton() {
  const { dark } = useTheme();
  return (
    <button
      type="button"
      class="btn btn-quiet px-2"
      aria-label={dark ? 'Switch to the light theme' : 'Switch to the dark theme'}
      onClick={() => chooseTheme(dark ? 'light' : 'dark')}
    >
      <Icon name={dark ? 'sun' : 'moon'} />
    </button>
  );
}

function TopBar({ open, toggle }: { open: boolean; toggle: () => void }) {
  return (
    <div class="flex items-center gap-2 px-4 py-2 md:px-3 md:py-4">
      <a href="/" class="flex items-center gap-2 font-bold text-ink no-underline">
        <Icon name="chart" class="text-accent" />
        Sentora
      </a>
      <span class="ml-auto">
        <LiveMark />
      </span>
      <ThemeButton />
      <button
        type="button"
        class="btn btn-quiet px-2 md:hidden"
        aria-expanded={open}
        aria-controls="pages"
        aria-label="Menu"
        onClick={toggle}
      >
        <Icon name={open ? 'cross' : 'menu'} />
      </button>
    </div>
  );
}

/** Moves the keyboard to the new page, as a full page load would. */
function useFocusOnChange(path: string) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return main;
}

export function Layout({ path, children }: { path: string; children: ComponentChildren }) {
  const entries = useEntries();
  const [open, setOpen] = useState(false);
  const main = useFocusOnChange(path);
  useEffect(() => setOpen(false), [path]);
  return (
    <div class="min-h-screen md:grid md:grid-cols-[14rem_minmax(0,1fr)]">
      <a
        href="#main"
        class="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-20 focus:bg-sheet focus:p-2"
      >
        Skip to the page
      </a>
      <div class="border-line bg-sheet max-md:sticky max-md:top-0 max-md:z-10 max-md:border-b md:border-r">
        <div class="md:sticky md:top-0">
          <TopBar open={open} toggle={() => setOpen(!open)} />
          <nav
            id="pages"
            aria-label="Pages"
            class={`gap-0.5 px-2 pb-2 md:grid ${open ? 'grid' : 'hidden'}`}
          >
            {entries.map((entry) => (
              <NavLink key={entry.href} entry={entry} current={section(path) === entry.href} />
            ))}
          </nav>
        </div>
      </div>
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        class="mx-auto grid w-full max-w-[90rem] grid-cols-[minmax(0,1fr)] content-start gap-4 p-4 md:p-6"
      >
        <LiveBanner />
        {children}
      </main>
    </div>
  );
}
