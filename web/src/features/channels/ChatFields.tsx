// SPDX-License-Identifier: MIT
import { TextField } from '@/components/Form';
import type { FieldsProps } from '@/features/channels/ChannelEditor';
import { type ChatField, chatOf } from '@/features/channels/chats';

function hintOf(field: ChatField, kept: readonly string[]): string | undefined {
  if (field.secret === true && kept.includes(field.key)) return 'One is stored. Leave empty to keep it.';
  return field.hint;
}

export function ChatFields({ form, errors, set, kept }: FieldsProps) {
  const chat = chatOf(form.kind);
  return (
    <>
      <p class="text-soft">{chat?.help}</p>
      {chat?.fields.map((field) => (
        <TextField
          key={field.key}
          label={field.label}
          type={field.secret === true ? 'password' : 'text'}
          autocomplete={field.secret === true ? 'new-password' : 'off'}
          value={form.values[field.key] ?? ''}
          onInput={(value) => set({ values: { ...form.values, [field.key]: value } })}
          error={errors[`values.${field.key}`] ?? null}
          {...(field.placeholder === undefined ? {} : { placeholder: field.placeholder })}
          {...(hintOf(field, kept) === undefined ? {} : { hint: hintOf(field, kept) })}
        />
      ))}
    </>
  );
}
