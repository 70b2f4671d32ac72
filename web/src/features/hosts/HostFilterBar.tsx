// SPDX-License-Identifier: MIT
// Search, state and order of the hosts; all of it lives in the URL.
import { Segments } from '@/components/Form';
import { hostStateWord } from '@/components/State';
import {
  type HostFilter,
  SORTS,
  STATE_FILTERS,
  type Sort,
  type StateFilter,
} from '@/features/hosts/order';
import { useParam } from '@/lib/router';
import { choiceCodec, textCodec } from '@/lib/url-state';
import type { HostState } from '@/types/api';

const TEXT = textCodec();
const STATE = choiceCodec(STATE_FILTERS, 'all');
const SORT = choiceCodec(SORTS, 'attention');

const SORT_NAMES: Record<Sort, string> = {
  attention: 'Needs attention first',
  name: 'Name',
  cpu: 'CPU',
  memory: 'Memory',
  disk: 'Fullest disk',
};

export function useHostFilter(): [HostFilter, (filter: HostFilter) => void] {
  const [text, setText] = useParam('q', TEXT);
  const [state, setState] = useParam('state', STATE);
  const [sort, setSort] = useParam('sort', SORT);
  const set = (filter: HostFilter) => {
    setText(filter.text);
    setState(filter.state);
    setSort(filter.sort);
  };
  return [{ text, state, sort }, set];
}

interface BarProps {
  filter: HostFilter;
  change: (filter: HostFilter) => void;
  counts: Record<HostState, number>;
}

function stateOptions(filter: HostFilter, counts: Record<HostState, number>) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return STATE_FILTERS.filter(
    (state) => state === 'all' || counts[state] > 0 || state === filter.state,
  ).map((state): [StateFilter, string] =>
    state === 'all' ? [state, `All ${total}`] : [state, `${hostStateWord(state)} ${counts[state]}`],
  );
}

export function HostFilterBar({ filter, change, counts }: BarProps) {
  return (
    <div class="flex flex-wrap items-center gap-2">
      <input
        type="search"
        class="field w-full sm:w-60"
        aria-label="Search hosts by name"
        placeholder="Search by name"
        value={filter.text}
        onInput={(event) => change({ ...filter, text: event.currentTarget.value })}
      />
      <Segments
        label="State"
        value={filter.state}
        options={stateOptions(filter, counts)}
        onChange={(state) => change({ ...filter, state })}
      />
      <label class="flex items-center gap-2 text-soft sm:ml-auto">
        Order
        <select
          class="field w-auto"
          value={filter.sort}
          onChange={(event) => change({ ...filter, sort: event.currentTarget.value as Sort })}
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_NAMES[sort]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
