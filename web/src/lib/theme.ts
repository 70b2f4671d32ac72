// SPDX-License-Identifier: MIT
// Dark or light: as the system says, unless the person chose.
import { createStore, useStore } from '@/lib/store';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'sentora-theme';
const darkSystem = () => matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
  try {
    const raw = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === raw) ?? 'system';
  } catch {
    return 'system';
  }
}

interface ThemeState {
  choice: Theme;
  dark: boolean;
}

const theme = createStore<ThemeState>({ choice: 'system', dark: false });

function apply(choice: Theme): void {
  const dark = choice === 'dark' || (choice === 'system' && darkSystem().matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  theme.set({ choice, dark });
}

export function startTheme(): void {
  apply(stored());
  darkSystem().addEventListener('change', () => apply(theme.get().choice));
}

export function chooseTheme(choice: Theme): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // A browser that stores nothing still gets the theme for this visit.
  }
  apply(choice);
}

export const useTheme = (): ThemeState => useStore(theme, (state) => state);
