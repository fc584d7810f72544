/** Bugs that can be put in on purpose (`bugs.ts`); apart, so that help need not load the platforms. */
export const BUG_NAMES = ['lost-fsync', 'early-checkpoint', 'double-award'] as const;

export type BugName = (typeof BUG_NAMES)[number];
