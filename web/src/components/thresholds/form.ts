// SPDX-License-Identifier: MIT
// A threshold as text in inputs, and back.
import type { Severity, Threshold, ThresholdChange } from '@/types/api';

export interface ThresholdForm {
  limit: string;
  clear: string;
  forS: string;
  severity: Severity;
}

export type Scope = 'default' | 'host';

/** Whether the limit is a number to choose: a service is active or it is not. */
export const hasLimit = ({ key, limit }: Threshold): boolean => limit !== null && key !== 'service';

const text = (value: number | null): string => (value === null ? '' : String(value));

export function formOf(threshold: Threshold): ThresholdForm {
  return {
    limit: text(threshold.limit),
    clear: text(threshold.clear),
    forS: String(threshold.for_s),
    severity: threshold.severity,
  };
}

export type FormErrors = Partial<Record<'limit' | 'clear' | 'forS', string>>;

function numberIn(raw: string): number | null {
  const value = Number(raw.trim().replace(',', '.'));
  return raw.trim() === '' || !Number.isFinite(value) ? null : value;
}

/** Errors by input, or the change to send: only what differs from what is in force. */
export function readForm(
  form: ThresholdForm,
  threshold: Threshold,
  scope: Scope,
): { errors: FormErrors } | { change: ThresholdChange } {
  const errors: FormErrors = {};
  const change: ThresholdChange = {};
  const limit = numberIn(form.limit);
  const clear = numberIn(form.clear);
  const forS = numberIn(form.forS);
  if (hasLimit(threshold)) {
    if (limit === null || limit < 0) errors.limit = 'A number, zero or more.';
    else if (threshold.unit === '%' && limit > 100) errors.limit = 'A percentage: 100 at most.';
    else if (limit !== threshold.limit) change.limit = limit;
  }
  if (scope === 'default' && hasLimit(threshold) && threshold.clear !== null) {
    if (clear === null || clear < 0) errors.clear = 'A number, zero or more.';
    else if (!errors.limit && limit !== null && threshold.comparison.startsWith('>') && clear > limit)
      errors.clear = 'Not above the limit.';
    else if (clear !== threshold.clear) change.clear = clear;
  }
  if (forS === null || forS < 0 || !Number.isInteger(forS)) errors.forS = 'Whole seconds, zero or more.';
  else if (forS !== threshold.for_s) change.for_s = forS;
  if (scope === 'default' && form.severity !== threshold.severity) change.severity = form.severity;
  return Object.keys(errors).length > 0 ? { errors } : { change };
}
