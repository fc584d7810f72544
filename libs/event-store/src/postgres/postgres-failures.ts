/** Which failures of PostgreSQL pass by themselves. */

/** SQLSTATE of a write that a replica refuses. */
const READ_ONLY = '25006';
/** SQLSTATE classes: lost connections, serialization and deadlock, too many connections, shutting down and starting up, a replica that may be promoted. */
const PASSING_STATES = /^(08|40|53300|57P0[123]|25006)/;
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

/** A replica, where the server that takes writes is looked for. */
export class ReplicaOnly extends Error {
  override readonly name = 'ReplicaOnly';
  readonly code = READ_ONLY;

  constructor(port: number) {
    super(`the server at port ${port} is a replica, and takes no writes`);
  }
}
