// SPDX-License-Identifier: MIT
// Line icons on a 20 × 20 grid.  Decoration only: the text beside one carries the meaning.

const PATHS = {
  alert: 'M10 3 2.5 16.5h15zM10 8.5v3.5M10 14.2v.1',
  bell: 'M4.5 14h11l-1.5-2V8.5a4 4 0 0 0-8 0V12zM8.5 16.5h3',
  check: 'M4.5 10.5 8 14l7.5-8',
  checkCircle: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM6.8 10.2l2.2 2.2 4.2-4.6',
  chart: 'M3 16.5h14M4 13l4-4.5 3 2.5 5-6',
  clock: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 6v4.3l2.8 1.7',
  copy: 'M7 7h9v9H7zM13 7V4H4v9h3',
  cross: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  crossOctagon: 'M7 2.5h6l4.5 4.5v6L13 17.5H7L2.5 13V7zM7.5 7.5l5 5M12.5 7.5l-5 5',
  dotted: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM6.8 10h.1M10 10h.1M13.2 10h.1',
  gear: 'M10 12.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM10 2.5v2.4M10 15.1v2.4M2.5 10h2.4M15.1 10h2.4M4.7 4.7l1.7 1.7M13.6 13.6l1.7 1.7M15.3 4.7l-1.7 1.7M6.4 13.6l-1.7 1.7',
  hosts: 'M3 4h14v5H3zM3 11h14v5H3zM6 6.5h.1M6 13.5h.1',
  info: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 9.2v4.3M10 6.5v.1',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  moon: 'M16 12.2A6.8 6.8 0 0 1 7.8 4 6.6 6.6 0 1 0 16 12.2z',
  plug: 'M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V17.5',
  plus: 'M10 4v12M4 10h12',
  screen: 'M3 4h14v9.5H3zM7.5 16.5h5M10 13.5v3',
  send: 'M17 3 2.8 8.6l5.8 2.8 2.8 5.8zM17 3 8.6 11.4',
  sliders: 'M3 6h7M14 6h3M12 4v4M3 14h3M10 14h7M8 12v4',
  sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M15.7 4.3l-1.4 1.4M5.7 14.3l-1.4 1.4',
  table: 'M3 4h14v12H3zM3 8h14M3 12h14M8.5 4v12',
  trash: 'M3.5 5.5h13M8 5.5V3h4v2.5M5 5.5l.8 11.5h8.4L15 5.5M8.5 8.5v5.5M11.5 8.5v5.5',
  unplugged: 'M3 3l14 14M7 3v2M13 3v4M6 7.5v2a4.5 4.5 0 0 0 6.5 4M15 7H10.5M10 14.5v3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: extra = '' }: { name: IconName; class?: string }) {
  return (
    <svg
      class={`inline-block size-[1.125em] shrink-0 ${extra}`}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
