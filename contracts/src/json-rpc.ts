import { ChainUnavailable } from './chain-errors';

/**
 * JSON-RPC 2.0 over HTTP with one absolute time limit per call. ethers encodes, signs and decodes;
 * its own provider is not used, because it retries on its own terms and its time limit restarts
 * with every byte, so that neither the number nor the duration of its requests is bounded.
 */
export interface JsonRpc {
  /** Where it connects, without credentials, path or query: fit for a log line. */
  readonly url: string;

  /**
   * The `result` of a call.
   *
   * @throws ChainUnavailable when there is no answer before `signal` aborts, or one that is not JSON-RPC
   * @throws JsonRpcError when the node answers with an error
   */
  call<Result>(method: string, params: readonly unknown[], signal: AbortSignal): Promise<Result>;
}

/** The node's own error: `code` and `data` as in the JSON-RPC answer. */
export class JsonRpcError extends Error {
  override readonly name = 'JsonRpcError';

  constructor(
    readonly code: number,
    message: string,
    readonly data: unknown,
  ) {
    super(message);
  }
}

/** `limit exceeded` (EIP-1474): the node is there but will not answer now. */
const LIMIT_EXCEEDED = -32005;

/** @throws ChainUnavailable when `rpcUrl` is not an http(s) URL */
export function jsonRpc(rpcUrl: string): JsonRpc {
  const { endpoint, url, headers } = parseUrl(rpcUrl);
  let id = 0;

  async function call<Result>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal,
  ): Promise<Result> {
    id += 1;
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    let answer: unknown;
    try {
      const init = { method: 'POST', headers, body, signal, redirect: 'error' } as const;
      const response = await fetch(endpoint, init);
      if (!response.ok) {
        await response.body?.cancel();
        throw new ChainUnavailable(url, `${method} was answered with HTTP ${response.status}`);
      }
      answer = await response.json();
    } catch (error) {
      if (error instanceof ChainUnavailable) throw error;
      throw new ChainUnavailable(url, `${method} failed: ${transportReason(error)}`);
    }
    return resultOf<Result>(answer, method, url);
  }

  return { url, call };
}

function parseUrl(rpcUrl: string) {
  const parsed = URL.canParse(rpcUrl) ? new URL(rpcUrl) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    const remedy = 'set it to one such as http://127.0.0.1:8545';
    throw new ChainUnavailable('(unreadable)', 'the RPC URL is not an http or https URL', remedy);
  }
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (parsed.username !== '') {
    const login = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
    parsed.username = '';
    parsed.password = '';
  }
  return { endpoint: parsed.href, url: parsed.origin, headers };
}

function resultOf<Result>(answer: unknown, method: string, url: string): Result {
  const { result, error } = (answer ?? {}) as { result?: Result; error?: Partial<JsonRpcError> };
  if (error) {
    if (error.code === LIMIT_EXCEEDED) {
      throw new ChainUnavailable(url, `${method} exceeds the node's limit: ${error.message}`);
    }
    throw new JsonRpcError(error.code ?? 0, error.message ?? 'no message', error.data);
  }
  if (result === undefined)
    throw new ChainUnavailable(url, `${method} was not answered in JSON-RPC`);
  return result;
}

/** Without `instanceof`: the errors of `fetch` may be of another realm. */
function transportReason(error: unknown): string {
  const { name, message, cause } = error as Partial<Error>;
  if (name === 'TimeoutError') return 'no answer within the time limit';
  const { code, message: detail } = (cause ?? {}) as { code?: string; message?: string };
  return code ?? detail ?? message ?? String(error);
}
