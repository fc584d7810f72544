/**
 * Texts in the language of who looks. English stands where it is used, as the name of the text; what it is
 * in another language stands in one table each (`italian.ts`), which is loaded by who reads it only. The
 * compiler refuses a text that the table has not, and a text whose values are not given.
 */
import type { ITALIAN } from './italian';

/** Every text of the screens, in English. */
export type Text = keyof typeof ITALIAN;

type Names<Of extends string> = Of extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;

/** A text in which nothing is filled in. */
export type PlainText = {
  [One in Text]: [Names<One>] extends [never] ? One : never;
}[Text];

type Values<Of extends string> = [Names<Of>] extends [never]
  ? []
  : [values: Readonly<Record<Names<Of>, string | number | null | undefined>>];

/** What the screens speak, as in `lang` of a page. */
export const LANGUAGES = ['en', 'it'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each as its speakers call it. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { en: 'English', it: 'Italiano' };

/** What is spoken. `table` is absent in English. */
export interface Spoken {
  language: Language;
  table: Readonly<Record<string, string>> | undefined;
}

let spoken: Spoken = { language: 'en', table: undefined };

/** Takes what is spoken from then on; a state of Svelte's where what is drawn shall follow it. */
export function speakAs(held: Spoken): void {
  spoken = held;
}

/** What is spoken now. */
export const language = (): Language => spoken.language;

/** `it-IT`: how figures and times are written. */
export const locale = (): string => ({ en: 'en-GB', it: 'it-IT' })[spoken.language];

/** A word of the data, such as a state; as it stands where there is no other for it. */
export const named = (word: string): string => spoken.table?.[word] ?? word;

/** A text as who looks reads it, with what is filled in where its `{names}` stand; `–` for what is not known. */
export function t<Of extends Text>(text: Of, ...[values]: Values<Of>): string {
  const said = spoken.table?.[text] ?? text;
  if (values === undefined) return said;
  return said.replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name as Names<Of>] ?? '–') : whole,
  );
}
