/** What a person does in a browser to let a terminal sign in: the pages' forms, one after another. */

/** Who signs in; `refuse` for somebody who does not know the terminal. */
export type Person = { readonly name: string; readonly password: string } | 'refuse';

/** Types the code of a terminal into the platform's page and goes on as the person does. */
export async function typeDeviceCode(url: string, userCode: string, person: Person): Promise<void> {
  const cookies = new Map<string, string>();

  /** The page at an address, where redirects lead to. */
  async function page(at: string, form?: Readonly<Record<string, string>>): Promise<string> {
    const response = await fetch(new URL(at, url), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams({ ...form }) } : {}),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      cookies.set(name!, value!);
    }
    const to = response.headers.get('location');
    return to === null ? response.text() : page(to);
  }

  /** Sends the form of a page. */
  function send(html: string, fields: Readonly<Record<string, string>>): Promise<string> {
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(html)!;
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const filled = Object.fromEntries(hidden.map(([, name, value]) => [name!, value!]));
    return page(action!, { ...filled, ...fields });
  }

  const confirm = await send(await page('/oauth/device'), { user_code: userCode });
  if (person === 'refuse') return void (await send(confirm, { abort: 'yes' }));
  const done = await send(await send(confirm, {}), person);
  if (!done.includes('You have signed in')) throw new Error(`The sign-in failed: ${done}`);
}
