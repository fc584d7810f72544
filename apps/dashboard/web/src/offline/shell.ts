/** What of the screens is kept for when nobody answers: the page itself, and the files that it has loaded. */

export type Kept = Pick<Cache, 'match' | 'put' | 'keys' | 'delete'>;

/** Under this address the page is kept, whatever view of it was opened. */
const SHELL = '/';

export interface Asked {
  readonly mode: string;
  readonly method: string;
  readonly url: string;
}

/** `page` and `file` are answered from what is kept where need be; all else is none of this. */
export function kindOf({ mode, method, url }: Asked, origin: string): 'page' | 'file' | 'other' {
  const { origin: asked, pathname } = new URL(url);
  if (asked !== origin || method !== 'GET') return 'other';
  if (pathname.startsWith('/screens/')) return 'file';
  const isServed = /^\/(api|oauth|docs|contracts|schemas|metrics)(\/|$)/.test(pathname);
  return mode === 'navigate' && !isServed ? 'page' : 'other';
}

/** The page from the platform; the kept one where that does not answer. @throws where there is neither */
export async function pageOf(kept: Kept, fetchPage: () => Promise<Response>): Promise<Response> {
  try {
    const answer = await fetchPage();
    if (answer.ok) await keepPage(kept, answer.clone());
    return answer;
  } catch (error) {
    const page = await kept.match(SHELL);
    if (page) return page;
    throw error;
  }
}

/** What the platform has drawn into the page was true once; the page draws itself without it. */
function withoutFigures(page: string): string {
  return page.replaceAll(/<!--first-view-->.*?<!--\/first-view-->/gs, '');
}

/** Only the screens are kept, not what stands in their place while a demonstration is made. */
async function keepPage(kept: Kept, answer: Response): Promise<void> {
  const text = withoutFigures(await answer.clone().text());
  if (!text.includes('id="screens"')) return;
  const before = await (await kept.match(SHELL))?.text();
  if (before === text) return;
  // Of another build, which has files of its own.
  for (const request of await kept.keys()) await kept.delete(request);
  // What it may ask stands with it; its length and its compression are those of another text.
  const headers = new Headers();
  for (const name of ['content-type', 'content-security-policy'])
    headers.set(name, answer.headers.get(name) ?? '');
  await kept.put(SHELL, new Response(text, { headers }));
}

/** A file, whose name says what is in it: once is enough. */
export async function fileOf(
  kept: Kept,
  url: string,
  fetchFile: () => Promise<Response>,
): Promise<Response> {
  const known = await kept.match(url);
  if (known) return known;
  const answer = await fetchFile();
  if (answer.ok) await kept.put(url, answer.clone());
  return answer;
}
