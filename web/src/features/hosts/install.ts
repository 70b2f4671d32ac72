// SPDX-License-Identifier: MIT
// Puts the enrolment token into the install command of the server.

/** The server writes TOKEN where the token belongs; without that word it goes to the end. */
export function commandWithToken(command: string, token: string): string {
  const place = /(?<![\w-])[<{$]*TOKEN[>}]*(?![\w-])/;
  return place.test(command) ? command.replace(place, () => token) : `${command} --token ${token}`;
}
