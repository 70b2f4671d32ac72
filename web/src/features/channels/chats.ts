// SPDX-License-Identifier: MIT
// What a chat or a phone service needs to know, as a table: the form, its check and the card
// are made of it.
import type { Channel, ChatConfig, ChatKind } from '@/types/api';

export interface ChatField {
  key: string;
  label: string;
  secret?: true;
  required?: true;
  integer?: true;
  placeholder?: string;
  hint?: string;
}

export interface Chat {
  /** As people call it. */
  title: string;
  /** How to come by what is asked for. */
  help: string;
  fields: readonly ChatField[];
}

export const CHATS: Record<ChatKind, Chat> = {
  telegram: {
    title: 'Telegram',
    help: 'Write /newbot to @BotFather for a token, invite the bot into your chat, and write something there.',
    fields: [
      { key: 'token', label: 'Bot token', secret: true, required: true },
      { key: 'chat_id', label: 'Chat', required: true, placeholder: '-1001234567890', hint: 'The chat’s number, or @name of a channel.' },
      { key: 'topic_id', label: 'Topic (optional)', integer: true, hint: 'The number of a topic in a forum group.' },
    ],
  },
  discord: {
    title: 'Discord',
    help: 'In Discord: channel settings, Integrations, Webhooks, New Webhook, Copy Webhook URL.',
    fields: [{ key: 'url', label: 'Webhook URL', secret: true, required: true }],
  },
  slack: {
    title: 'Slack',
    help: 'Either an incoming webhook of a Slack app, or a bot’s token and a channel it is a member of.',
    fields: [
      { key: 'webhook_url', label: 'Incoming webhook', secret: true, hint: 'Or leave it empty and give a token and a channel.' },
      { key: 'token', label: 'Bot token', secret: true },
      { key: 'channel', label: 'Channel', placeholder: 'C0123456789', hint: 'For a bot: the id of a channel or of a person.' },
    ],
  },
  ntfy: {
    title: 'ntfy',
    help: 'Choose a topic nobody can guess and subscribe to it in the ntfy app.',
    fields: [
      { key: 'topic', label: 'Topic', required: true },
      { key: 'server', label: 'Server (optional)', placeholder: 'https://ntfy.sh' },
      { key: 'token', label: 'Access token (optional)', secret: true },
    ],
  },
  gotify: {
    title: 'Gotify',
    help: 'In Gotify: Apps, Create Application; its token goes here.',
    fields: [
      { key: 'url', label: 'Server', required: true, placeholder: 'https://push.example.org' },
      { key: 'token', label: 'Application token', secret: true, required: true },
    ],
  },
  pushover: {
    title: 'Pushover',
    help: 'Create an application on pushover.net; your user key is on its first page.',
    fields: [
      { key: 'token', label: 'Application token', secret: true, required: true },
      { key: 'user', label: 'User or group key', secret: true, required: true },
      { key: 'device', label: 'Device (optional)' },
    ],
  },
};

export const CHAT_KINDS = Object.keys(CHATS) as ChatKind[];

/** The table of a kind, or undefined for those with a form of their own. */
export const chatOf = (kind: string): Chat | undefined => (kind in CHATS ? CHATS[kind as ChatKind] : undefined);

export const kindTitle = (kind: string): string =>
  chatOf(kind)?.title ?? (kind === 'email' ? 'E-mail' : 'Webhook');

const SHOWN: Partial<Record<ChatKind, string>> = {
  telegram: 'chat_id',
  slack: 'channel',
  ntfy: 'topic',
  gotify: 'url',
  pushover: 'device',
};

function chatDestination(kind: ChatKind, config: ChatConfig): string {
  const key = SHOWN[kind];
  return key === undefined || config[key] === undefined ? '' : String(config[key]);
}

/** Where a channel's messages go, in one line: "Telegram to -100123". */
export function describeChannel(channel: Channel): string {
  if (channel.kind === 'webhook') return `Webhook to ${channel.config.url}`;
  if (channel.kind === 'email') {
    const { to, server, port } = channel.config;
    return `E-mail to ${to.join(', ')} through ${server}:${port}`;
  }
  const where = chatDestination(channel.kind, channel.config);
  return where === '' ? kindTitle(channel.kind) : `${kindTitle(channel.kind)} to ${where}`;
}
