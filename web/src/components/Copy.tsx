// SPDX-License-Identifier: MIT
// Text to take elsewhere, with a button that copies it.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '@/components/Icon';

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; /* plain HTTP to another machine has no clipboard */
  }
}

export function CopyBox({ text, label }: { text: string; label: string }) {
  const [result, setResult] = useState<'copied' | 'failed' | null>(null);
  useEffect(() => {
    if (result === null) return undefined;
    const timer = setTimeout(() => setResult(null), 4000);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = async () => setResult((await toClipboard(text)) ? 'copied' : 'failed');
  return (
    <div class="rounded-lg border border-line bg-well">
      <pre class="overflow-x-auto px-3 py-2.5 font-mono text-xs break-all whitespace-pre-wrap select-all">
        {text}
      </pre>
      <div class="flex items-center justify-end gap-2 border-t border-line px-2 py-1.5">
        <span role="status" class="text-xs text-soft">
          {result === 'failed' && 'The browser refused: select the text and copy it yourself.'}
        </span>
        <button type="button" class="btn" onClick={() => void copy()} aria-label={`Copy ${label}`}>
          <Icon name={result === 'copied' ? 'check' : 'copy'} />
          {result === 'copied' ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  );
}
