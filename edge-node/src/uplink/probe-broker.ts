/** Why the broker cannot be reached: looked for by a connection of its own. */
import { connect } from 'node:net';

/** A cause in one word and in a sentence. */
export interface Cause {
  readonly code: string;
  readonly detail: string;
}

const PROBE_MS = 5_000;

/** What an error of the network means. */
const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'broker-refuses',
  ENOTFOUND: 'no-name',
  EAI_AGAIN: 'no-name',
  ENETUNREACH: 'no-route',
  EHOSTUNREACH: 'no-route',
  ETIMEDOUT: 'no-answer',
};

/** Tries to reach the broker; what keeps a node out although it is there is told as `not-signed-in`. */
export function probeBroker(host: string, port: number, timeoutMs = PROBE_MS): Promise<Cause> {
  const place = `${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const conclude = (code: string, what: string): void => {
      socket.destroy();
      resolve({ code, detail: `the broker at ${place}: ${what}` });
    };
    socket.once('connect', () =>
      conclude('not-signed-in', 'it is there, and lets the node not in'),
    );
    socket.once('timeout', () => conclude('no-answer', `no answer in ${timeoutMs / 1_000} s`));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      conclude(CODES[error.code ?? ''] ?? 'unreachable', error.message || `${error.code}`),
    );
  });
}
