/** A witness over HTTP: `POST /add-checkpoint` of tlog-witness, and for people its key and what it keeps. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@flexledger/runtime';
import type { Witness } from './witness';
import type { WitnessState } from './witness-state';

export interface ServedWitness {
  /** `http://127.0.0.1:7380` */
  readonly url: string;
  close(): Promise<void>;
}

/** Far above a checkpoint with 64 signatures and a proof of 63 hashes. */
const BODY_BYTES_AT_MOST = 65_536;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_AT_MOST = 256;

/** @throws Error when the port is taken */
export async function serveWitness(options: {
  readonly host: string;
  readonly port: number;
  readonly witness: Witness;
  readonly state: WitnessState;
  /** The verifier key that others trust this witness by. */
  readonly verifierKey: string;
  readonly onProblem: (problem: string) => void;
}): Promise<ServedWitness> {
  const { host, port, witness, state, verifierKey, onProblem } = options;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://witness');
    if (pathname === '/add-checkpoint') {
      if (request.method !== 'POST') return say(response, 405, 'POST a checkpoint here\n', 'POST');
      const body = await bodyOf(request);
      if (body === undefined) return say(response, 413, 'the request is too large\n');
      const { status, contentType, body: told } = witness(body);
      response.writeHead(status, { 'Content-Type': contentType });
      response.end(told);
      return;
    }
    if (request.method !== 'GET') return say(response, 405, 'only GET here\n', 'GET');
    if (pathname === '/') return say(response, 200, `${verifierKey}\n`);
    if (pathname === '/evidence') {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ items: state.evidence() }));
      return;
    }
    say(response, 404, 'there is /, /evidence, and POST /add-checkpoint\n');
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      onProblem(`witness: ${messageOf(error)}`);
      if (!response.headersSent) say(response, 500, 'the witness failed; ask again later\n');
      else response.end();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = CONNECTIONS_AT_MOST;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function say(response: ServerResponse, status: number, body: string, allow?: string): void {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', ...(allow && { Allow: allow }) };
  response.writeHead(status, headers);
  response.end(body);
}

/** Undefined when it is larger than any request can be. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_AT_MOST) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
