// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { commandWithToken } from '@/features/hosts/install';

describe('commandWithToken', () => {
  it.each([
    ['join --token TOKEN --now', 'join --token abc --now'],
    ['join --token <TOKEN>', 'join --token abc'],
    ['join --token ${TOKEN}', 'join --token abc'],
    ['SENTORA_TOKEN=TOKEN join', 'SENTORA_TOKEN=abc join'],
    ['join', 'join --token abc'],
  ])('%s becomes %s', (command, made) => {
    expect(commandWithToken(command, 'abc')).toBe(made);
  });

  it('takes a token literally', () => {
    expect(commandWithToken('join TOKEN', '$&$1')).toBe('join $&$1');
  });
});
