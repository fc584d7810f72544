/** Why an answer is none, in words that say what to do. */
import { t } from '../language/texts';
import type { Schemas } from '@flexledger/api-client';

export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** HTTP status; 0 where nobody answered. */
    readonly status: number,
    detail: string,
    readonly code = '',
    /** What is wrong with which field of what was sent. */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** What an answer that is no success says; a body that is no problem is passed over. */
export function problemOf(status: number, body: unknown): Problem {
  const {
    detail,
    code,
    errors = [],
  } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Schemas['Problem']>;
  const fields = Object.fromEntries(errors.map(({ field, reason }) => [field, reason]));
  return new Problem(status, detail ?? wordsOf(status), code, fields);
}

/** For whatever was thrown. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  // What fetch throws when nobody answers.
  if (thrown instanceof TypeError) return new Problem(0, t('The platform does not answer.'));
  return new Problem(0, thrown instanceof Error ? thrown.message : String(thrown));
}

function wordsOf(status: number): string {
  if (status === 401) return t('Sign in to see this.');
  if (status === 403) return t('Your role may not see this.');
  if (status === 404) return t('There is no such thing, or it is not yours to see.');
  if (status === 503) return t('The platform cannot answer now; it goes on by itself.');
  return t('The platform answered {status}.', { status });
}
