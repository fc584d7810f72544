/** The page with its first view drawn, by what `apps/dashboard/web/src/server.ts` was built into. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { addDays, civilDay } from '@flexledger/domain';
import type { StatusReader, StatusSnapshot } from '../status/status-snapshot';

/** What the screens speak; `web/src/language` knows no others. */
export const SCREEN_LANGUAGES = ['en', 'it'] as const;
export type ScreenLanguage = (typeof SCREEN_LANGUAGES)[number];

/** Where the first view's figures come from. */
export interface FirstViewSources {
  readonly status: StatusReader;
  /** Resolves once what stands in the log stands in the figures; rejects soon where that takes long. */
  caughtUp(): Promise<void>;
  /** Who may be looked at by a click, in a demonstration; none elsewhere. */
  demonstrationUsers(): readonly object[];
}

/** What the page begins with, as `web/src/data/first-view.ts` reads it. */
interface FirstView {
  readonly today: StatusSnapshot;
  readonly asked: StatusSnapshot;
  readonly days: readonly StatusSnapshot['day'][];
  readonly demonstrationUsers: readonly object[];
}

/** A page, and what of its style does not come from a file: SHA-256, base64. */
interface DrawnPage {
  readonly html: string;
  readonly styleHashes: readonly string[];
}

/** What Vite says of a file that it has built. */
interface BuiltFile {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

interface Drawing {
  htmlOf(
    view: FirstView,
    address: URL,
    language: ScreenLanguage,
  ): { readonly head: string; readonly body: string };
}

const HEAD = '<!--head-->';
const BODY = '<!--first-view--><!--/first-view-->';
const FIGURES = '<!--figures-->';
/** Where a page's own part begins: `src/audit/Audit.svelte`. */
const PAGE_SOURCE = /^src\/[a-z]+\/([A-Z][a-z]+)\.svelte$/;
/** The script of every page, as Vite links it. */
const SCRIPT = '<script type="module" crossorigin ';
/** The sheet of every page, as Vite links it. */
const SHEET = /<link rel="stylesheet" crossorigin href="\/(screens\/[-\w.]+\.css)">/g;
const PLACES = /<!--head-->|<!--first-view--><!--\/first-view-->|<!--figures-->/g;
/** Where the texts are that the first view is spoken in; English stands where it is used. */
const LANGUAGE_FILES = { it: 'italian' } as const;
const BARE_HEAD = '<title>Flexledger</title>';
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/**
 * Draws the first view into the built page. The page as it was built, which draws itself in the browser
 * and says there what is wrong, where there are no figures or nothing that draws.
 */
export function createFirstView(folder: string, sources: FirstViewSources | undefined) {
  const drawer = path.join(folder, 'server/server.cjs');
  let drawing: Drawing | undefined;

  async function read(address: URL): Promise<FirstView | undefined> {
    if (!sources) return undefined;
    const { status } = sources;
    // The reader keeps its figures for a position of the log: they have to be those.
    await sources.caughtUp();
    const today = await status.read(undefined);
    const day = address.searchParams.get('day') ?? '';
    const isOfDay = address.pathname === '/' && DATE.test(day);
    const now = civilDay(today.nowMs, today.timeZone);
    return {
      today,
      asked: isOfDay ? await status.read(day) : today,
      days: [(await status.read(now)).day, (await status.read(addDays(now, 1))).day],
      demonstrationUsers: sources.demonstrationUsers(),
    };
  }

  /** What the page of an address needs besides what every page needs, so that it is asked for at once. */
  function filesOf(
    { pathname }: URL,
    language: ScreenLanguage,
  ): { readonly scripts: readonly string[]; readonly sheets: readonly string[] } {
    const page = pathname.split('/')[1]!;
    const ofPage = Object.keys(built()).find(
      (source) => PAGE_SOURCE.exec(source)?.[1]!.toLowerCase() === page,
    );
    const scripts = new Set<string>();
    const sheets = new Set<string>();
    const add = (source: string): void => {
      const { file, css = [], imports = [], isEntry } = built()[source] ?? { file: '' };
      if (isEntry || file === '' || scripts.has(file)) return;
      scripts.add(file);
      css.forEach((sheet) => sheets.add(sheet));
      imports.forEach(add);
    };
    if (ofPage !== undefined) add(ofPage);
    if (language !== 'en') add(`src/language/${LANGUAGE_FILES[language]}.ts`);
    return { scripts: [...scripts], sheets: [...sheets] };
  }

  const readSheet = (name: string): string => readFileSync(path.join(folder, name), 'utf8').trim();

  let files: Readonly<Record<string, BuiltFile>> | undefined;
  function built(): Readonly<Record<string, BuiltFile>> {
    const manifest = path.join(folder, '.vite/manifest.json');
    files ??= existsSync(manifest)
      ? (JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<Record<string, BuiltFile>>)
      : {};
    return files;
  }

  /** @throws when the screens are not built */
  return async function page(address: URL, language: ScreenLanguage): Promise<DrawnPage> {
    const file = readFileSync(path.join(folder, 'index.html'), 'utf8');
    const bare = file.replace('{{language}}', language);
    // On the way back from signing in the address is about to be another.
    const isPassing = address.searchParams.has('code') || address.searchParams.has('error');
    const view =
      isPassing || !existsSync(drawer) ? undefined : await read(address).catch(() => undefined);
    if (!view) return { html: bare.replace(HEAD, BARE_HEAD), styleHashes: [] };
    drawing ??= createRequire(drawer)(drawer) as Drawing;
    const drawn = drawing.htmlOf(view, address, language);
    const { body, sheet } = withoutStyleAttributes(drawn.body);
    const { scripts, sheets } = filesOf(address, language);
    // What is drawn already is painted first; the code that goes on with it does not compete for the line.
    const preloads = scripts.map(
      (script) => `<link rel="modulepreload" fetchpriority="low" href="/${script}">`,
    );
    // In the page itself, so that it is painted without asking again. The script looks for those of its parts by name,
    // and who is offline needs the files; painting waits for neither.
    const every = [...bare.matchAll(SHEET)].map(([, name]) => readSheet(name!)).join('\n');
    const ofPage = [...sheets.map(readSheet), sheet].join('\n');
    const links = sheets.map(
      (name) => `<link rel="stylesheet" crossorigin media="not all" href="/${name}">`,
    );
    const figures = JSON.stringify(view).replaceAll('<', '\\u003c');
    const parts: Readonly<Record<string, string>> = {
      [HEAD]: `<style>${every}</style><!--first-view-->${drawn.head}${preloads.join('')}<style>${ofPage}</style><!--/first-view-->`,
      [BODY]: `<!--first-view-->${body}<!--/first-view-->`,
      [FIGURES]: `<!--first-view--><script type="application/json" id="figures">${figures}</script>${links.join('')}<!--/first-view-->`,
    };
    return {
      html: bare
        .replaceAll(SHEET, '')
        .replace(SCRIPT, `${SCRIPT}fetchpriority="low" `)
        .replaceAll(PLACES, (place) => parts[place]!),
      styleHashes: [every, ofPage].map((one) => createHash('sha256').update(one).digest('base64')),
    };
  };
}

/**
 * Styles of single elements as a sheet. The policy that the page is served under takes no style attribute,
 * and takes this sheet by its hash; the script, which sets styles one by one, needs no leave.
 */
function withoutStyleAttributes(html: string): { readonly body: string; readonly sheet: string } {
  const rules: string[] = [];
  const body = html.replaceAll(/ style="([-\w\s:;.,%()#]*)"/g, (_, style: string) => {
    // As strong as an attribute would be: above every class, below what the script sets.
    rules.push(`[data-at="${rules.length}"]:not(#_){${style}}`);
    return ` data-at="${rules.length - 1}"`;
  });
  return { body, sheet: rules.join('\n') };
}
