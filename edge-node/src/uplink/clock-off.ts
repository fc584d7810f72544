/** How far the machine's clock is from the platform's. */
import { type Clock, instantMs } from '@flexledger/runtime';
import { NoAnswer, addressOf, ask } from './ask';

const ANSWER_WITHIN_MS = 10_000;

/**
 * Asks the platform for its time.
 *
 * @returns milliseconds that the clock is certainly fast, or slow when negative, whatever the way took; undefined where the
 *   platform does not answer, or tells no time
 */
export async function clockOffMs(url: string, clock: Clock): Promise<number | undefined> {
  const askedMs = clock.nowMs();
  const toldMs = await toldTime(url);
  if (toldMs === undefined) return undefined;
  const answeredMs = clock.nowMs();
  if (toldMs < askedMs) return askedMs - toldMs;
  return Math.min(0, answeredMs - toldMs);
}

async function toldTime(url: string): Promise<number | undefined> {
  try {
    const question = { method: 'GET', timeoutMs: ANSWER_WITHIN_MS } as const;
    const { text } = await ask(addressOf(url, '/health/live'), question);
    const said = JSON.parse(text) as { readonly at?: unknown } | null;
    const at = said?.at;
    return typeof at === 'string' ? instantMs(at) : undefined;
  } catch (error) {
    // What a proxy says in its place is no answer either.
    if (error instanceof NoAnswer || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
