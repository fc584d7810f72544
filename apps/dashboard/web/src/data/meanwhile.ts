/** Two people at one thing: the second is told what the first made of it, before anything is sent. */
import { t } from '../language/texts';
import { Problem } from './problem';

export interface Difference {
  readonly name: string;
  readonly mine: string;
  readonly theirs: string;
}

/** The thing is no longer what it was when one began to change it. */
export class ChangedMeanwhile extends Problem {
  constructor(
    what: string,
    /** Where the two differ; empty where both made the same of it. */
    readonly differences: readonly Difference[],
    /** Takes what stands in the place of what was typed. */
    readonly takeTheirs: () => void,
  ) {
    super(
      409,
      t('{what} was changed by somebody else since you began. Nothing is sent yet.', { what }),
    );
  }
}

/** What differs between two versions, by the names that people know; as texts. */
export function differencesOf(
  names: Readonly<Record<string, string>>,
  mine: Readonly<Record<string, unknown>>,
  theirs: Readonly<Record<string, unknown>>,
): readonly Difference[] {
  return Object.entries(names)
    .map(([key, name]) => ({ name, mine: said(mine[key]), theirs: said(theirs[key]) }))
    .filter((one) => one.mine !== one.theirs);
}

const said = (value: unknown): string =>
  value === null || value === undefined || value === '' ? 'none' : String(value);
