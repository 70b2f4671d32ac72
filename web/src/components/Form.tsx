// SPDX-License-Identifier: MIT
// Inputs with their label, hint and error tied together.
import { useId } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { ApiError } from '@/lib/problem';

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | null;
  children: (ids: { id: string; describedBy: string | undefined }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="grid gap-1">
      <label for={id} class="font-medium">
        {label}
      </label>
      {children({ id, describedBy: describedBy === '' ? undefined : describedBy })}
      {hint && (
        <p id={`${id}-hint`} class="text-xs text-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} class="text-xs font-medium text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'email' | 'password' | 'number' | 'url';
  hint?: ComponentChildren;
  error?: string | null;
  placeholder?: string;
  autocomplete?: AutoFill;
  required?: boolean;
  minLength?: number;
}

export function TextField({ label, value, onInput, hint, error, type = 'text', ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} error={error ?? null}>
      {({ id, describedBy }) => (
        <input
          {...rest}
          {...({ type } as { type: 'text' })}
          id={id}
          class="field"
          value={value}
          aria-describedby={describedBy}
          aria-invalid={error ? true : undefined}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

export function SelectField<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <Field label={label}>
      {({ id }) => (
        <select
          id={id}
          class="field"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value as T)}
        >
          {options.map(([option, name]) => (
            <option key={option} value={option}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A row of buttons of which one is on. */
export function Segments<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <div role="group" aria-label={label} class="inline-flex flex-wrap rounded-lg bg-well p-0.5">
      {options.map(([option, name]) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          class="min-h-8 rounded-md px-2.5 text-soft hover:text-ink aria-pressed:bg-sheet aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-xs"
          onClick={() => onChange(option)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  hideLabel?: boolean;
}

export function Switch({ label, checked, onChange, disabled = false, hideLabel }: SwitchProps) {
  return (
    <label class="inline-flex min-h-6 items-center gap-2">
      <input
        type="checkbox"
        role="switch"
        aria-checked={checked}
        class="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span class={hideLabel ? 'sr-only' : ''}>{label}</span>
    </label>
  );
}

/** The server's words for one input, when it blamed that input. */
export function fieldError(error: unknown, field: string): string | null {
  return error instanceof ApiError && error.field === field ? error.message : null;
}
