/**
 * A door before the embedded chain for the operator's other processes: a fixed port on loopback, a
 * token, only the calls that a client of a chain needs, and no answer to a transaction before the
 * chain's state is saved, so that what a process was told to be mined survives a kill of the chain.
 */
import { timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@flexledger/runtime';
import type { Anvil } from './anvil';

export interface ChainGateOptions {
  readonly anvil: Pick<Anvil, 'rpcUrl' | 'saveState'>;
  /** 0 takes any free port. */
  readonly port: number;
  /** Password of HTTP Basic; the user is `flexledger`. */
  readonly token: string;
}

export interface ChainGate {
  readonly port: number;
  /** Takes no new call, and ends those under way. */
  close(): Promise<void>;
}

/** User name in RPC addresses: `http://flexledger:TOKEN@127.0.0.1:8545`. */
export const CHAIN_USER = 'flexledger';

/** What `connectChain` and the contract clients call; nothing that changes a chain but by its rules. */
const ALLOWED: ReadonlySet<string> = new Set([
  'eth_chainId',
  'eth_blockNumber',
  'eth_call',
  'eth_estimateGas',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getLogs',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_sendRawTransaction',
  'evm_setNextBlockTimestamp',
]);
const BODY_LIMIT_BYTES = 4 * 1_024 * 1_024;
const TIMEOUT_MS = 30_000;
/** Of JSON-RPC 2.0 and EIP-1474. */
const METHOD_NOT_FOUND = -32_601;
const INTERNAL_ERROR = -32_603;

/** Opens the door. @throws Error naming the port and the remedy when it is taken */
export async function openChainGate(options: ChainGateOptions): Promise<ChainGate> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(502);
      response.end(messageOf(error));
    });
  });
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { anvil, token }: ChainGateOptions,
): Promise<void> {
  if (!isOwner(request.headers.authorization, token)) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="flexledger chain"' }).end();
    return;
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    response.writeHead(413).end();
    return;
  }
  const { id, method } = callIn(body);
  if (method === undefined || !ALLOWED.has(method)) {
    return reply(response, {
      jsonrpc: '2.0',
      id,
      error: { code: METHOD_NOT_FOUND, message: `${method ?? 'no method'} is not served here` },
    });
  }
  const passed = await fetch(anvil.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await passed.text();
  if (method === 'eth_sendRawTransaction') {
    try {
      await anvil.saveState();
    } catch (error) {
      const message = `the transaction is not saved: ${(error as Error).message}`;
      return reply(response, { jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message } });
    }
  }
  response.writeHead(passed.status, { 'content-type': 'application/json' }).end(text);
}

function reply(response: ServerResponse, document: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

function isOwner(authorization: string | undefined, token: string): boolean {
  const wanted = Buffer.from(`Basic ${Buffer.from(`${CHAIN_USER}:${token}`).toString('base64')}`);
  const given = Buffer.from(authorization ?? '');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** One call; batches are not needed and so not served. */
function callIn(body: string): { readonly id: unknown; readonly method: string | undefined } {
  try {
    const { id = null, method } = JSON.parse(body) as { id?: unknown; method?: unknown };
    return { id, method: typeof method === 'string' ? method : undefined };
  } catch {
    return { id: null, method: undefined };
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(
        new Error(
          `The chain cannot be reached at 127.0.0.1:${port}: ${reason}. ` +
            'Stop the program that holds the port, or choose another one (chain.port).',
          { cause: error },
        ),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
