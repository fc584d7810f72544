import { type StreamFrame, framesIn } from './event-stream';
import { currentToken } from './sign-in.svelte';

/**
 * Frames of a stream of server-sent events, as who has signed in may see it; undefined where there is none for them.
 *
 * @param lastId goes on after this one
 * @throws TypeError where the platform does not answer
 */
export async function openStream(
  address: string,
  { signal, lastId }: { readonly signal?: AbortSignal; readonly lastId?: string | undefined } = {},
): Promise<AsyncGenerator<StreamFrame> | undefined> {
  const token = await currentToken();
  const response = await fetch(address, {
    ...(signal && { signal }),
    headers: {
      accept: 'text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    },
  });
  return response.ok && response.body ? framesIn(response.body) : undefined;
}
