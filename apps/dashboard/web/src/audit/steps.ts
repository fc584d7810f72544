/** The steps of a check, as a person reads them; what computes them is in `verify.ts`. */

export interface Step {
  readonly name: string;
  /** `open`: it could not be checked here, and nothing is claimed. */
  readonly state: 'good' | 'bad' | 'open';
  /** What was found, in a sentence. */
  readonly detail: string;
  /** The bytes that were compared, named. */
  readonly bytes: readonly (readonly [name: string, hex: string])[];
}

/** What could not be checked here, and how it can be. */
export const openStep = (name: string, detail: string): Step => ({
  name,
  state: 'open',
  detail,
  bytes: [],
});

/** False as soon as one step is. */
export function verdictOf(steps: readonly Step[]): 'good' | 'bad' {
  return steps.some(({ state }) => state === 'bad') ? 'bad' : 'good';
}
