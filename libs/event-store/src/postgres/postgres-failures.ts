/** Which failures of PostgreSQL pass by themselves. */

/** SQLSTATE classes: lost connections, serialization and deadlock, shutting down and starting up. */
const PASSING_STATES = /^(08|40|57P0[123])/;
const PASSING_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
];
const PASSING_WORDS =
  /connection terminated|timeout exceeded when trying to connect|connection error/i;

/** Whether the same may be asked again. */
export function isPassing(error: unknown): boolean {
  const { code = '', message = '' } = error as {
    readonly code?: string;
    readonly message?: string;
  };
  return PASSING_CODES.includes(code) || PASSING_STATES.test(code) || PASSING_WORDS.test(message);
}
