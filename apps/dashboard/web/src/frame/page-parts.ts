/** The parts of which pages are made: every page but the first is loaded when it is gone to. */
import type { Component } from 'svelte';
import type { PageName } from './route';

const PARTS: Readonly<Partial<Record<PageName, () => Promise<{ default: Component }>>>> = {
  sessions: () => import('../sessions/Sessions.svelte'),
  pods: () => import('../pods/Pods.svelte'),
  home: () => import('../home/Home.svelte'),
  portfolio: () => import('../portfolio/Portfolio.svelte'),
  dashboards: () => import('../dashboards/Dashboards.svelte'),
  indicators: () => import('../indicators/Indicators.svelte'),
  operations: () => import('../operations/Operations.svelte'),
  administration: () => import('../administration/Administration.svelte'),
  grid: () => import('../grid/Grid.svelte'),
  audit: () => import('../audit/Audit.svelte'),
};

/** What the server draws besides the first page: what everybody may see. */
export type DrawnPage = 'audit';
export const isDrawn = (page: PageName | undefined): page is DrawnPage => page === 'audit';

/** On the server nothing is waited for. */
export const loadPage = (page: PageName): Promise<{ default: Component }> =>
  import.meta.env.SSR ? new Promise(() => {}) : PARTS[page]!();

let here: { readonly page: PageName; readonly part: Component } | undefined;

/** What stands at once, because it is there already: undefined for every other page. */
export const partHere = (page: PageName): Component | undefined =>
  here?.page === page ? here.part : undefined;

/** Before anything is drawn. */
export function havePart(page: PageName, part: Component): void {
  here = { page, part };
}
