/**
 * The stream of events, as the sign that something has changed. It goes on after the last event it gave,
 * so that nothing is missed while it was away; without it (nobody has signed in) panels ask by themselves.
 */
import { currentToken, signIn } from './sign-in.svelte';
import { framesIn } from './event-stream';

/** Changes are told together. */
const GATHER_MS = 1_000;
const RETRY_MS = 3_000;

let changes = $state(0);
let isFollowing = $state(false);

export const live = {
  /** How many times something has changed since the page was loaded. */
  get changes() {
    return changes;
  },
  /** True while the stream is open. */
  get isFollowing() {
    return isFollowing;
  },
};

/** Follows until the page is left; waits and goes on where the stream ends. */
export async function followEvents(): Promise<never> {
  let after: string | undefined;
  for (;;) {
    if (signIn.may('events:read')) after = await followOnce(after);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function followOnce(after: string | undefined): Promise<string | undefined> {
  let last = after;
  try {
    const token = await currentToken();
    last ??= await headOfLog();
    const response = await fetch('/api/v1/events', {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
        ...(last === undefined ? {} : { 'last-event-id': last }),
      },
    });
    if (!response.ok || !response.body) return last;
    isFollowing = true;
    for await (const { id } of framesIn(response.body)) {
      if (id === undefined) continue;
      last = id;
      tellSoon();
    }
  } catch {
    // The platform is away: what it says after `last` comes when it is back.
  } finally {
    isFollowing = false;
  }
  return last;
}

/** Nothing that was before is news. */
async function headOfLog(): Promise<string | undefined> {
  const response = await fetch('/api/v1/instance');
  if (!response.ok) return undefined;
  const { head } = (await response.json()) as { head: number | null };
  return head === null ? undefined : String(head);
}

let isTelling = false;
function tellSoon(): void {
  if (isTelling) return;
  isTelling = true;
  setTimeout(() => {
    isTelling = false;
    changes += 1;
  }, GATHER_MS);
}
