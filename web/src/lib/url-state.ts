// SPDX-License-Identifier: MIT
// How values stand in the URL.  A codec reads anything a person may have typed, and writes
// its default as nothing, so that plain addresses stay plain.

export interface Codec<T> {
  read: (raw: string | null) => T;
  /** null: leave the parameter out. */
  write: (value: T) => string | null;
}

export function textCodec(): Codec<string> {
  return { read: (raw) => raw ?? '', write: (value) => (value === '' ? null : value) };
}

export function choiceCodec<T extends string>(choices: readonly T[], fallback: T): Codec<T> {
  return {
    read: (raw) => choices.find((choice) => choice === raw) ?? fallback,
    write: (value) => (value === fallback ? null : value),
  };
}

/** The search string with one parameter changed; the others stay as they are. */
export function withParam<T>(search: string, key: string, codec: Codec<T>, value: T): string {
  const params = new URLSearchParams(search);
  const raw = codec.write(value);
  if (raw === null) params.delete(key);
  else params.set(key, raw);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** Only addresses of this site may follow a sign-in. */
export function safeNext(raw: string | null): string {
  if (raw === null || !raw.startsWith('/') || raw.startsWith('//') || raw.includes('\\')) return '/';
  return raw.startsWith('/signin') ? '/' : raw;
}
