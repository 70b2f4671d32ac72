// SPDX-License-Identifier: MIT
// The one place that talks HTTP.  Everything else calls the named functions of lib/api.ts.
import { problemToError, unreachable } from '@/lib/problem';

export const API = '/api/v1';
const TIMEOUT_MS = 20_000;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

let onSignedOut: () => void = () => {};

/** Called whenever the server says that nobody is signed in. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

async function parse(response: Response): Promise<unknown> {
  const body = await response.text();
  if (body === '') return null;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}

function deadline(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

/** Resolves with the answer's JSON (null for 204); rejects with ApiError, or AbortError when
 *  the caller's signal ended it. */
export async function request<T>(
  method: Method,
  path: string,
  options: { body?: unknown; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Sentora-Request'] = '1';
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: deadline(options.signal),
      credentials: 'same-origin',
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw unreachable();
  }
  const document = await parse(response);
  if (response.ok) return document as T;
  if (response.status === 401 && !path.startsWith(`${API}/session`)) onSignedOut();
  throw problemToError(response.status, document, response.headers.get('Retry-After'));
}
