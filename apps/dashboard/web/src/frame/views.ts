/** Views that somebody has saved: addresses under a name of theirs, kept in this browser, by user. */

export interface SavedView {
  readonly name: string;
  /** `/sessions?from=2026-03-01&status=published` */
  readonly address: string;
}

/** What a browser keeps. */
type Kept = Pick<Storage, 'getItem' | 'setItem'>;

const MOST = 40;
const keyOf = (userId: string): string => `flexledger/views/${userId}`;

/** Those of a user, in the order in which they were saved; what cannot be read is none. */
export function readViews(kept: Kept, userId: string): readonly SavedView[] {
  try {
    const views = JSON.parse(kept.getItem(keyOf(userId)) ?? '[]') as unknown;
    return Array.isArray(views) ? views.filter(isView) : [];
  } catch {
    return [];
  }
}

/** One of the same name is replaced; beyond forty the oldest goes. */
export function saveView(kept: Kept, userId: string, view: SavedView): readonly SavedView[] {
  const others = readViews(kept, userId).filter(({ name }) => name !== view.name);
  return write(kept, userId, [...others, view].slice(-MOST));
}

export function forgetView(kept: Kept, userId: string, name: string): readonly SavedView[] {
  return write(
    kept,
    userId,
    readViews(kept, userId).filter((one) => one.name !== name),
  );
}

function write(kept: Kept, userId: string, views: readonly SavedView[]): readonly SavedView[] {
  kept.setItem(keyOf(userId), JSON.stringify(views));
  return views;
}

/** An address of these screens only, whatever somebody has written there. */
function isView(value: unknown): value is SavedView {
  const { name, address } = (value ?? {}) as Partial<SavedView>;
  return typeof name === 'string' && typeof address === 'string' && /^\/(?!\/)/.test(address);
}
