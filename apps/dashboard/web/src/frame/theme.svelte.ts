/** Light, dark or as the system has it, and how much stands on a page; kept in this browser. */
const KEY = 'flexledger/theme';
const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const kept = import.meta.env.SSR ? null : localStorage.getItem(KEY);
let chosen = $state<Theme>(THEMES.find((name) => name === kept) ?? 'system');

const DENSITY_KEY = 'flexledger/density';
const keptDensity = import.meta.env.SSR ? null : localStorage.getItem(DENSITY_KEY);
let isDense = $state(keptDensity === 'dense');

export const theme = {
  get chosen() {
    return chosen;
  },
  /** More in less room. */
  get isDense() {
    return isDense;
  },
};

export function applyTheme(): void {
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  if (isDense) document.documentElement.dataset['density'] = 'dense';
  else delete document.documentElement.dataset['density'];
}

/** Shows more in less room, or as before; kept in this browser. */
export function turnDensity(): void {
  isDense = !isDense;
  localStorage.setItem(DENSITY_KEY, isDense ? 'dense' : 'wide');
  applyTheme();
}

/** The next of the three. */
export function turnTheme(): void {
  chosen = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length]!;
  localStorage.setItem(KEY, chosen);
  applyTheme();
}
