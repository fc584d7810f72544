/** Light, dark or as the system has it; kept in this browser. */
const KEY = 'flexledger/theme';
const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const kept = import.meta.env.SSR ? null : localStorage.getItem(KEY);
let chosen = $state<Theme>(THEMES.find((name) => name === kept) ?? 'system');

export const theme = {
  get chosen() {
    return chosen;
  },
};

export function applyTheme(): void {
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
}

/** The next of the three. */
export function turnTheme(): void {
  chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length]!;
  localStorage.setItem(KEY, chosen);
  applyTheme();
}
