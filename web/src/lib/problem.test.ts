// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ApiError, explain, problemToError, unreachable } from '@/lib/problem';

describe('problemToError', () => {
  it("takes the problem document's detail and field", () => {
    const document = { title: 'Unprocessable', status: 422, detail: 'Too short.', field: 'password' };
    const error = problemToError(422, document);
    expect(error).toMatchObject({ status: 422, message: 'Too short.', field: 'password' });
  });

  it('falls back to the title, then to words of its own', () => {
    expect(problemToError(409, { title: 'Conflict' }).message).toBe('Conflict');
    expect(problemToError(503, null).message).toBe('The server cannot store anything right now.');
    expect(problemToError(418, null).message).toBe('The server answered with status 418.');
  });

  it("understands Prometheus' errors", () => {
    const document = { status: 'error', errorType: 'bad_data', error: 'parse error at 3' };
    expect(problemToError(400, document).message).toBe('parse error at 3');
  });

  it.each([['a page'], [7], [[]], [{ detail: 5, title: '' }]])('survives the document %j', (document) => {
    expect(problemToError(502, document).message).toMatch(/proxy/);
  });

  it('reads Retry-After in seconds and ignores anything else', () => {
    expect(problemToError(429, null, '30').retryAfterS).toBe(30);
    expect(problemToError(429, null, 'Fri, 20 Nov 2026 12:00:00 GMT').retryAfterS).toBeNull();
    expect(problemToError(429, null, '-1').retryAfterS).toBeNull();
  });
});

describe('explain', () => {
  it('says when to try again', () => {
    const error = new ApiError(429, 'Too many attempts.', null, 42);
    expect(explain(error)).toBe('Too many attempts. Try again in 42 s.');
  });

  it('has words for no answer and for anything thrown', () => {
    expect(explain(unreachable())).toBe('The server does not answer.');
    expect(explain(new Error('odd'))).toBe('odd');
    expect(explain('text')).toBe('text');
  });
});
