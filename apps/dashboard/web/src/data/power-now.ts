/** Power now, as nodes tell it: the last word of each PoD, and their sum over the last minutes. */

/** As `GET /api/v1/power` gives it. */
export interface ToldPower {
  readonly podId: string;
  /** By the node's clock, ISO 8601. */
  readonly at: string;
  readonly withdrawnW: number;
  readonly injectedW: number;
}

/** The power of all that tell it, now and of late. */
export interface PowerNow {
  /** Withdrawn less fed in, of all that have told it. */
  readonly powerW: number;
  readonly pods: number;
  /** The sum at each second that it was looked at, the last one first to leave. */
  readonly past: readonly { readonly atMs: number; readonly powerW: number }[];
}

/** The last word of each PoD, by its code. */
export type Words = ReadonlyMap<string, { readonly heardAtMs: number; readonly powerW: number }>;
/** Before anything was told. */
export const NO_WORDS: Words = new Map();

/** What was told earlier is not the power now (the platform forgets it then too). */
const FORGOTTEN_AFTER_MS = 60_000;
/** How long the sum is looked back at. */
export const SHOWN_MS = 300_000;

/** The last word of each PoD with what was told anew; `heardAtMs` by one clock, whatever the nodes' say. */
export function afterWords(words: Words, told: readonly ToldPower[], heardAtMs: number): Words {
  const next = new Map(words);
  for (const { podId, withdrawnW, injectedW } of told)
    next.set(podId, { heardAtMs, powerW: withdrawnW - injectedW });
  return next;
}

/** The sum now; undefined where nobody has told any of late. */
export function powerNow(
  words: Words,
  before: PowerNow | undefined,
  nowMs: number,
): PowerNow | undefined {
  const heard = [...words.values()].filter(
    ({ heardAtMs }) => nowMs - heardAtMs < FORGOTTEN_AFTER_MS,
  );
  if (heard.length === 0) return undefined;
  const powerW = heard.reduce((sum, word) => sum + word.powerW, 0);
  const past = (before?.past ?? []).filter(({ atMs }) => nowMs - atMs < SHOWN_MS);
  return { powerW, pods: heard.length, past: [...past, { atMs: nowMs, powerW }] };
}
