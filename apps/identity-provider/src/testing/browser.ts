/** As much of a browser as signing in needs: cookies, redirects by hand, the one form of a page. */
import { type Answer, answerOf } from './identity-trial';

export interface Browser {
  /** Opens an address, or where an answer leads; follows redirects that stay at the platform. */
  open(url: string): Promise<Page>;
  /** Sends the form of the last page with these fields filled in. */
  submit(fields: Readonly<Record<string, string>>): Promise<Page>;
}

export interface Page extends Answer {
  /** Where it was led to at last: the address of an app, for one. */
  readonly url: string;
}

export function openBrowser(base: string): Browser {
  const cookies = new Map<string, string>();
  let page: Page | undefined;

  async function send(url: string, init: RequestInit): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie, ...init.headers },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      if (/expires=Thu, 01 Jan 1970/i.test(set)) cookies.delete(name!);
      else cookies.set(name!, value!);
    }
    const to = response.headers.get('location');
    if (to === null) return (page = { ...(await answerOf(response)), url });
    const next = new URL(to, base);
    if (next.origin === new URL(base).origin) return send(next.href, { method: 'GET' });
    return (page = { ...(await answerOf(response)), url: next.href });
  }

  return {
    open: (url) => send(new URL(url, base).href, { method: 'GET' }),
    submit(fields) {
      const html = String(page!.body);
      const [, action] = /<form[^>]* action="([^"]+)"/.exec(html) ?? [];
      const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
      const body = new URLSearchParams({
        ...Object.fromEntries(hidden.map(([, name, value]) => [name!, value!])),
        ...fields,
      });
      return send(new URL(action ?? '', base).href, { method: 'POST', body });
    },
  };
}
