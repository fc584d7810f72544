/** The generated client with the token of who has signed in. */
import { apiClient } from '@flexledger/api-client';
import { problemOf } from './problem';
import { currentToken, renewed, signIn } from './sign-in.svelte';

export const api = apiClient({
  url: import.meta.env.SSR ? '' : location.origin,
  fetch: sendAuthorised,
});

/** With a token where there is one; renewed once, where the platform no longer takes it. */
async function sendAuthorised(request: Request): Promise<Response> {
  const token = await currentToken();
  const again = request.clone();
  if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(request);
  if (response.status !== 401 || signIn.who === undefined) return response;
  const fresh = await renewed();
  if (!fresh) return response;
  again.headers.set('authorization', `Bearer ${fresh.accessToken}`);
  return fetch(again);
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** What was asked for. @throws Problem for any other answer */
export async function take<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemOf(response.status, error);
  return data as Data;
}

/** A page of a list. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** All pages of a list, up to `limit` items; `read` gets the cursor of the next page. */
export async function takeAll<Item>(
  read: (cursor: string | undefined) => Promise<ListPage<Item>>,
  limit = 20_000,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && items.length < limit);
  return items;
}
