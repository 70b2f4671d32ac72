// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { choiceCodec, safeNext, textCodec, withParam } from '@/lib/url-state';

const range = choiceCodec(['15m', '1h', '7d'] as const, '15m');

describe('choiceCodec', () => {
  it('reads what it knows, and its default for anything else', () => {
    expect(range.read('7d')).toBe('7d');
    expect(range.read('9y')).toBe('15m');
    expect(range.read(null)).toBe('15m');
  });

  it('leaves the default out of the URL', () => {
    expect(range.write('15m')).toBeNull();
    expect(range.write('1h')).toBe('1h');
  });
});

describe('withParam', () => {
  it('changes one parameter and keeps the others', () => {
    expect(withParam('?q=web&state=up', 'state', textCodec(), 'down')).toBe('?q=web&state=down');
  });

  it('drops a parameter at its default, and the question mark with the last', () => {
    expect(withParam('?range=1h', 'range', range, '15m')).toBe('');
    expect(withParam('?range=1h&q=a', 'range', range, '15m')).toBe('?q=a');
  });

  it('escapes what a person typed', () => {
    const search = withParam('', 'q', textCodec(), 'a&b=c #1');
    expect(new URLSearchParams(search).get('q')).toBe('a&b=c #1');
  });
});

describe('safeNext', () => {
  it.each([
    ['/hosts/3?range=1h', '/hosts/3?range=1h'],
    [null, '/'],
    ['//evil.example', '/'],
    ['https://evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/signin?link=x', '/'],
  ])('%s leads to %s', (raw, path) => {
    expect(safeNext(raw)).toBe(path);
  });
});
