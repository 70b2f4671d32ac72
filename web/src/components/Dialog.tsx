// SPDX-License-Identifier: MIT
// The browser's own modal dialog: focus stays inside, Escape closes.
import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { ErrorNotice } from '@/components/Notice';
import type { Action } from '@/lib/hooks';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-label={title}
      class="card w-[min(36rem,calc(100vw-2rem))] p-5 backdrop:bg-black/50"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 class="mb-3">{title}</h2>
      {children}
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  children: ComponentChildren;
  verb: string;
  action: Action<[], unknown>;
  onClose: () => void;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, children, verb, action, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="grid gap-4">
        <div>{children}</div>
        <ErrorNotice error={action.error} />
        <div class="flex flex-wrap justify-end gap-2">
          <button type="button" class="btn" onClick={onClose}>
            Cancel
          </button>
          <button
            type="button"
            class="btn btn-danger"
            disabled={action.busy}
            onClick={() => void action.run()}
          >
            {action.busy ? 'Working…' : verb}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
