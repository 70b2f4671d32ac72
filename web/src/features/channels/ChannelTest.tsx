// SPDX-License-Identifier: MIT
// Sends a message now.  The receiver's "ok" is only half of the answer: the other half is
// whether the person got it.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '@/components/Icon';
import { ErrorNotice, Notice } from '@/components/Notice';
import { channels } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import type { Channel, TestResult } from '@/types/api';

function Advice({ channel }: { channel: Channel }) {
  if (channel.kind === 'email')
    return (
      <p>
        The mail server took it, so it was lost after that: look in the spam folder, check the
        recipient's spelling, and ask whether <strong>{channel.config.from}</strong> may send there.
      </p>
    );
  return (
    <p>
      The receiver took it, so look there: does it show the request, and does it act on the event?
    </p>
  );
}

function DidItArrive({ channel }: { channel: Channel }) {
  const [arrived, setArrived] = useState<boolean | null>(null);
  if (arrived === true) return <p class="mt-2">Good: this channel works.</p>;
  return (
    <div class="mt-2 grid gap-2">
      <div class="flex flex-wrap items-center gap-2">
        <span class="font-medium">Did it arrive?</span>
        <button type="button" class="btn" onClick={() => setArrived(true)}>
          Yes
        </button>
        <button type="button" class="btn" aria-pressed={arrived === false} onClick={() => setArrived(false)}>
          No
        </button>
      </div>
      {arrived === false && <Advice channel={channel} />}
    </div>
  );
}

function Result({ result, channel }: { result: TestResult; channel: Channel }) {
  return (
    <Notice tone={result.delivered ? 'ok' : 'bad'}>
      <p>
        {result.delivered ? 'Accepted' : 'Not delivered'} after {result.took_ms} ms. The answer:
      </p>
      <p class="font-mono text-xs break-words">{result.answer || '(none)'}</p>
      {result.delivered && <DidItArrive channel={channel} />}
    </Notice>
  );
}

interface TestProps {
  channel: Channel;
  onTested: () => void;
  children: ComponentChildren;
}

export function ChannelTest({ channel, onTested, children }: TestProps) {
  const test = useAction(channels.test);
  const [result, setResult] = useState<{ round: number; result: TestResult } | null>(null);
  const send = async () => {
    setResult(null);
    const answer = await test.run(channel.id);
    if (answer !== null) setResult((old) => ({ round: (old?.round ?? 0) + 1, result: answer }));
    onTested();
  };
  return (
    <div class="grid grid-cols-[minmax(0,1fr)] gap-3">
      <div class="flex flex-wrap gap-2">
        <button type="button" class="btn" disabled={test.busy} onClick={() => void send()}>
          <Icon name="send" /> {test.busy ? 'Sending…' : 'Send a test'}
        </button>
        {children}
      </div>
      <ErrorNotice error={test.error} />
      {result !== null && <Result key={result.round} result={result.result} channel={channel} />}
    </div>
  );
}
