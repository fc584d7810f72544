/** Requests to an address that somebody has typed: an end to waiting, and errors that name the remedy. */
import { UsageError } from '@flexledger/command-line';
import { messageOf, withoutFullStop } from '@flexledger/runtime';

/** How long an answer may take, ms. */
const ANSWER_MS = 30_000;

/**
 * Sends a request.
 *
 * @throws UsageError when nobody answers there in time
 */
export async function fetchInTime(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    const why = messageOf((error as Error).cause ?? error);
    throw new UsageError(
      `Nothing answers at ${new URL(request.url).origin} (${withoutFullStop(why)}); start it with "flexledger up", ` +
        'or name another address with --url.',
    );
  }
}

/** @throws UsageError for what is no http address */
export function originOf(url: string): string {
  const { origin, protocol } = URL.canParse(url) ? new URL(url) : { origin: '', protocol: '' };
  if (protocol === 'http:' || protocol === 'https:') return origin;
  throw new UsageError(
    `--url ${url} is no address of a platform; name the one that "flexledger up" printed.`,
  );
}
