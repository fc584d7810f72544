/** What a platform answers, as whoever typed a command is told it. */
import { UsageError } from './usage-error';

/** What a platform refuses, in its words. */
export class Refused extends UsageError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a call is answered.
 *
 * @throws Refused as the platform refuses; UsageError where another program answers; Error where it fails
 */
export async function answered<Data>(
  call: Promise<{ readonly data?: Data; readonly error?: unknown; readonly response: Response }>,
): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await call.catch((reason: unknown) => {
    if (!(reason instanceof SyntaxError)) throw reason;
    throw new UsageError('What answers there is not Flexledger; name another address with --url.');
  });
  const { status } = response;
  if (response.ok && data !== undefined) return data as Exclude<Data, undefined>;
  const { detail } = (error ?? {}) as { detail?: string };
  const words = detail ?? `${response.url} answered ${status}, which is no answer of Flexledger.`;
  throw status >= 500 ? new Error(words) : new Refused(status, words);
}

/** All items of a list that comes in pages. */
export async function everyPage<Item>(
  page: (cursor: { readonly cursor?: string }) => Promise<{
    readonly items: readonly Item[];
    readonly next: string | null;
  }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const { items: some, next }: Awaited<ReturnType<typeof page>> = await page(
      cursor === null ? {} : { cursor },
    );
    for (const item of some) items.push(item);
    cursor = next;
  } while (cursor !== null);
  return items;
}
