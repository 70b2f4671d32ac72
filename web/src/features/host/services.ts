// SPDX-License-Identifier: MIT
// Services as the page lists them: what is wrong first, then by name.
import type { Service } from '@/types/api';

const RANK: Record<string, number> = { failed: 0, activating: 1, deactivating: 1, reloading: 1, unknown: 2 };

const rank = ({ state }: Service): number => RANK[state] ?? (state === 'active' ? 4 : 3);

export function orderServices(services: readonly Service[], search: string): Service[] {
  const wanted = search.trim().toLowerCase();
  return services
    .filter(({ name, description, state }) =>
      `${name} ${description ?? ''} ${state}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
