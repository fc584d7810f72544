/**
 * The stream of events, as the sign that something has changed. It goes on after the last event it gave,
 * so that nothing is missed while it was away; without it (nobody has signed in) panels ask by themselves.
 */
import { openStream } from './open-stream';
import { signIn } from './sign-in.svelte';

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
    last ??= await headOfLog();
    const frames = await openStream('/api/v1/events', { lastId: last });
    if (!frames) return last;
    isFollowing = true;
    for await (const { id } of frames) {
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
