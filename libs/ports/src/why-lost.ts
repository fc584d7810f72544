/** One MTU of an offer in one clearing round, as the market explains it. */
interface ExplainedMtu {
  readonly offeredW: number;
  readonly acceptedW: number;
  readonly permittedW: number | null;
  readonly because: string;
  readonly violatedElement: string | null;
}

/**
 * The reason of most MTUs of an offer in its last clearing round, in words; of those that are as many, the one
 * that comes first.
 */
export function mainReason(rounds: readonly { readonly mtus: readonly ExplainedMtu[] }[]): string {
  const counts = new Map<string, number>();
  for (const { offeredW, acceptedW, permittedW, because, violatedElement } of rounds.at(-1)?.mtus ??
    []) {
    const cut =
      violatedElement === null
        ? 'the DSO did not permit it'
        : `the DSO did not permit it, for the sake of ${violatedElement}`;
    const isCut = permittedW !== null && permittedW < acceptedW;
    if (acceptedW < offeredW || isCut) {
      const reason = isCut ? cut : because;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  const [first, ...others] = counts;
  if (!first) return 'all of it was accepted';
  return others.reduce((most, one) => (one[1] > most[1] ? one : most), first)[0];
}
