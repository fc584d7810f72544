/** Which language is spoken: what was chosen here, else what the browser asks for. */
import { LANGUAGES, type Language, type Spoken, speakAs } from './texts';

/** Read by the server too, which draws the first view in it; it says nothing of who somebody is. */
const COOKIE = 'flexledger-language';
const YEAR_S = 31_536_000;

const spoken = $state<Spoken>({ language: 'en', table: undefined });
speakAs(spoken);

/** The language that the server has drawn the page in. */
export const languageOfPage = (): Language =>
  LANGUAGES.find((one) => one === document.documentElement.lang) ?? 'en';

/** Speaks it from then on. @throws where its texts cannot be loaded */
export async function speak(language: Language): Promise<void> {
  const table = language === 'it' ? (await import('./italian')).ITALIAN : undefined;
  Object.assign(spoken, { language, table });
  document.documentElement.lang = language;
}

/** Speaks it, now and when the screens are opened again. */
export async function choose(language: Language): Promise<void> {
  await speak(language);
  document.cookie = `${COOKIE}=${language}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;
}

/** On the server, where all texts are at hand. */
export function speakAtOnce(language: Language, table: Spoken['table']): void {
  Object.assign(spoken, { language, table });
}
