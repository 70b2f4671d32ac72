// SPDX-License-Identifier: MIT
// A call that failed, in one shape whatever went wrong: the server's problem document,
// a proxy's error page, or no answer at all.

export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    message: string,
    /** The input that is to blame, where there is one. */
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

const FALLBACK: Record<number, string> = {
  401: 'You are not signed in.',
  403: 'Your account may not do this.',
  404: 'The server does not know this.',
  413: 'That is too large for the server.',
  429: 'Too many requests.',
  502: 'The proxy in front of the server gets no answer from it.',
  503: 'The server cannot store anything right now.',
  504: 'The server took too long to answer.',
};

export function unreachable(): ApiError {
  return new ApiError(0, 'The server does not answer.');
}

function text(document: unknown, key: string): string | null {
  if (typeof document !== 'object' || document === null) return null;
  const value = (document as Record<string, unknown>)[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Understands a problem document, and Prometheus' {"status":"error","error":…}. */
export function problemToError(
  status: number,
  document: unknown,
  retryAfter: string | null = null,
): ApiError {
  const said = text(document, 'detail') ?? text(document, 'error') ?? text(document, 'title');
  const message = said ?? FALLBACK[status] ?? `The server answered with status ${status}.`;
  const seconds = retryAfter === null ? Number.NaN : Number.parseInt(retryAfter, 10);
  const wait = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  return new ApiError(status, message, text(document, 'field'), wait);
}

/** A sentence for people, whatever was thrown. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 429 && error.retryAfterS !== null && error.retryAfterS > 0)
      return `${error.message} Try again in ${error.retryAfterS} s.`;
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
