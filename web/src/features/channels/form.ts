// SPDX-License-Identifier: MIT
// A channel as text in inputs, and back to what the API wants.  A secret left empty is not
// sent, so the stored one stays.
import { type ChatField, chatOf } from '@/features/channels/chats';
import type { Channel, ChannelChange, ChannelKind, ChatConfig, EmailConfig } from '@/types/api';

export interface ChannelForm {
  kind: ChannelKind;
  name: string;
  enabled: boolean;
  server: string;
  port: string;
  security: EmailConfig['security'];
  username: string;
  password: string;
  from: string;
  to: string;
  url: string;
  headers: string;
  signingKey: string;
  /** Of a chat, by the field's key. */
  values: Record<string, string>;
}

/** By the name of the input; those of a chat are "values.KEY". */
export type ChannelErrors = Partial<Record<keyof ChannelForm | `values.${string}`, string>>;

const NEW: ChannelForm = {
  kind: 'email',
  name: '',
  enabled: true,
  server: '',
  port: '587',
  security: 'starttls',
  username: '',
  password: '',
  from: '',
  to: '',
  url: '',
  headers: '',
  signingKey: '',
  values: {},
};

export const PORTS: Record<EmailConfig['security'], string> = { starttls: '587', tls: '465', none: '25' };

export const newForm = (kind: ChannelKind): ChannelForm => ({ ...NEW, kind });

export function formOf(channel: Channel): ChannelForm {
  const base = { ...NEW, kind: channel.kind, name: channel.name, enabled: channel.enabled };
  if (channel.kind === 'email') {
    const { server, port, security, username, from, to } = channel.config;
    return { ...base, server, port: String(port), security, username: username ?? '', from, to: to.join('\n') };
  }
  if (channel.kind !== 'webhook') {
    const given = Object.entries(channel.config).map(([key, value]) => [key, String(value)]);
    return { ...base, values: Object.fromEntries(given) as Record<string, string> };
  }
  const { url, headers } = channel.config;
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return { ...base, url, headers: lines.join('\n') };
}

/** One per line or separated by commas. */
export function splitList(raw: string): string[] {
  return raw
    .split(/[\n,;]+/)
    .map((item) => item.trim())
    .filter(Boolean);
}

/** "Name: value" lines, or null when a line is not one. */
export function parseHeaders(raw: string): Record<string, string> | null {
  const headers: Record<string, string> = {};
  for (const line of raw.split('\n').map((one) => one.trim()).filter(Boolean)) {
    const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/.exec(line);
    if (found?.[1] === undefined) return null;
    headers[found[1]] = found[2] ?? '';
  }
  return headers;
}

const isAddress = (raw: string): boolean => /^[^\s@]+@[^\s@]+$/.test(raw);

function isWebAddress(raw: string): boolean {
  try {
    return /^https?:$/.test(new URL(raw).protocol);
  } catch {
    return false;
  }
}

function checkEmail(form: ChannelForm, errors: ChannelErrors): ChannelChange {
  const port = Number(form.port);
  const to = splitList(form.to);
  const wrong = to.find((address) => !isAddress(address));
  if (form.server.trim() === '') errors.server = 'The name or address of your mail server.';
  if (!Number.isInteger(port) || port < 1 || port > 65535) errors.port = 'A port from 1 to 65535.';
  if (!isAddress(form.from.trim())) errors.from = 'An e-mail address.';
  if (to.length === 0) errors.to = 'At least one address.';
  else if (wrong !== undefined) errors.to = `“${wrong}” is not an e-mail address.`;
  const { security } = form;
  const config = { server: form.server.trim(), port, security, username: form.username.trim(), from: form.from.trim(), to };
  return { config, ...(form.password === '' ? {} : { secrets: { password: form.password } }) };
}

function checkWebhook(form: ChannelForm, errors: ChannelErrors): ChannelChange {
  const headers = parseHeaders(form.headers);
  if (!isWebAddress(form.url.trim())) errors.url = 'An address that begins with https:// or http://.';
  if (headers === null) errors.headers = 'One header per line, as “Name: value”.';
  const config = { url: form.url.trim(), headers: headers ?? {} };
  return { config, ...(form.signingKey === '' ? {} : { secrets: { signing_key: form.signingKey } }) };
}

function chatError(field: ChatField, value: string, isStored: boolean): string | null {
  if (value === '') return field.required === true && !isStored ? 'This is needed.' : null;
  return field.integer === true && !/^[1-9]\d{0,8}$/.test(value) ? 'A whole number.' : null;
}

function checkChat(form: ChannelForm, fields: readonly ChatField[], kept: readonly string[], errors: ChannelErrors): ChannelChange {
  const config: ChatConfig = {};
  const secrets: Record<string, string> = {};
  for (const field of fields) {
    const value = (form.values[field.key] ?? '').trim();
    const wrong = chatError(field, value, kept.includes(field.key));
    if (wrong !== null) errors[`values.${field.key}`] = wrong;
    if (value === '') continue;
    if (field.secret === true) secrets[field.key] = value;
    else config[field.key] = field.integer === true ? Number(value) : value;
  }
  return { config, ...(Object.keys(secrets).length === 0 ? {} : { secrets }) };
}

function checkKind(form: ChannelForm, kept: readonly string[], errors: ChannelErrors): ChannelChange {
  const chat = chatOf(form.kind);
  if (chat !== undefined) return checkChat(form, chat.fields, kept, errors);
  return form.kind === 'email' ? checkEmail(form, errors) : checkWebhook(form, errors);
}

/** `kept`: names of the secrets that the server has already. */
export function readForm(form: ChannelForm, kept: readonly string[] = []): { errors: ChannelErrors } | { change: ChannelChange } {
  const errors: ChannelErrors = {};
  if (form.name.trim() === '') errors.name = 'A name to know it by.';
  const part = checkKind(form, kept, errors);
  if (Object.keys(errors).length > 0) return { errors };
  return { change: { name: form.name.trim(), enabled: form.enabled, ...part } };
}
