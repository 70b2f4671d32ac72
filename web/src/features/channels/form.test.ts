// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { formOf, newForm, parseHeaders, readForm, splitList } from '@/features/channels/form';
import { describeChannel } from '@/features/channels/chats';
import type { Channel, EmailChannel } from '@/types/api';

const email = {
  ...newForm('email'),
  name: 'Mail',
  server: 'smtp.example.org',
  from: 'monitor@example.org',
  to: 'a@example.org, b@example.org\n',
};
const webhook = { ...newForm('webhook'), name: 'Chat', url: 'https://example.org/hook' };

describe('readForm for e-mail', () => {
  it('makes the config, without a secret nobody typed', () => {
    expect(readForm(email)).toEqual({
      change: {
        name: 'Mail',
        enabled: true,
        config: {
          server: 'smtp.example.org',
          port: 587,
          security: 'starttls',
          username: '',
          from: 'monitor@example.org',
          to: ['a@example.org', 'b@example.org'],
        },
      },
    });
  });

  it('sends a password that was typed', () => {
    expect(readForm({ ...email, password: ' x ' })).toMatchObject({ change: { secrets: { password: ' x ' } } });
  });

  it.each([
    [{ name: ' ' }, 'name'],
    [{ server: '' }, 'server'],
    [{ port: '0' }, 'port'],
    [{ port: '99999' }, 'port'],
    [{ port: 'x' }, 'port'],
    [{ from: 'nobody' }, 'from'],
    [{ to: '' }, 'to'],
    [{ to: 'a@example.org, nobody' }, 'to'],
  ])('refuses %j', (change, field) => {
    const read = readForm({ ...email, ...change });
    expect('errors' in read && Object.keys(read.errors)).toEqual([field]);
  });
});

describe('readForm for a webhook', () => {
  it('takes headers line by line', () => {
    const read = readForm({ ...webhook, headers: 'X-Team: ops\n\nAuthorization: Bearer a:b' });
    expect(read).toMatchObject({ change: { config: { headers: { 'X-Team': 'ops', Authorization: 'Bearer a:b' } } } });
  });

  it.each(['', 'example.org', 'ftp://example.org', 'javascript:alert(1)'])('refuses the address %j', (url) => {
    expect(readForm({ ...webhook, url })).toMatchObject({ errors: { url: expect.any(String) } });
  });

  it('refuses a line that is no header', () => {
    expect(parseHeaders('just words')).toBeNull();
    expect(readForm({ ...webhook, headers: 'just words' })).toHaveProperty('errors.headers');
  });
});

describe('formOf', () => {
  it('turns a channel into the form and back, with secrets left empty', () => {
    const read = readForm(email);
    const config = 'change' in read ? read.change.config : undefined;
    const channel = { kind: 'email', name: 'Mail', enabled: true, config, has_secrets: ['password'] } as EmailChannel;
    expect(readForm(formOf(channel))).toEqual(read);
    expect(formOf(channel).password).toBe('');
  });
});

const telegram = { ...newForm('telegram'), name: 'Chat', values: { token: '1:a', chat_id: '-100', topic_id: '7' } };

describe('readForm for a chat', () => {
  it('parts secrets from settings and numbers from texts', () => {
    expect(readForm(telegram)).toEqual({
      change: { name: 'Chat', enabled: true, config: { chat_id: '-100', topic_id: 7 }, secrets: { token: '1:a' } },
    });
  });

  it('needs a secret once', () => {
    const old = { ...telegram, values: { chat_id: '-100' } };
    expect(readForm(old)).toEqual({ errors: { 'values.token': 'This is needed.' } });
    expect(readForm(old, ['token'])).toEqual({ change: { name: 'Chat', enabled: true, config: { chat_id: '-100' } } });
  });

  it('refuses what is no number', () => {
    const wrong = { ...telegram, values: { ...telegram.values, topic_id: 'general' } };
    expect(readForm(wrong)).toEqual({ errors: { 'values.topic_id': 'A whole number.' } });
  });

  it('comes back from the server without its secrets', () => {
    const channel = { kind: 'telegram', name: 'Chat', enabled: true, config: { chat_id: '-100', topic_id: 7 }, has_secrets: ['token'] } as unknown as Channel;
    expect(formOf(channel).values).toEqual({ chat_id: '-100', topic_id: '7' });
    expect(describeChannel(channel)).toBe('Telegram to -100');
  });
});

describe('splitList', () => {
  it('takes lines, commas and semicolons', () => {
    expect(splitList('a, b;c\n\n d ')).toEqual(['a', 'b', 'c', 'd']);
  });
});
