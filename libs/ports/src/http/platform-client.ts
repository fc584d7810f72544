/**
 * How one platform calls another over HTTP: JSON with a bearer token, problem details (RFC 9457) as the
 * errors they stand for, an end to waiting. Nothing is tried again here: whoever calls repeats under
 * the same command id, which does nothing twice.
 */
import { type CommandContext, DomainError, type Violation } from '@flexledger/domain';

/** Where another platform answers, and as whom it is called. */
export interface PlatformClientOptions {
  /** `https://market.example:8443`, without a path. */
  readonly baseUrl: string;
  /** A token that is good now; `isStale` when the last one was refused. */
  readonly token: (isStale: boolean) => Promise<string>;
  /** How long an answer may take. */
  readonly timeoutMs?: number;
}

/** One call. */
export interface PlatformCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/api/v1/...`, with its query. */
  readonly path: string;
  readonly body?: object;
  /** Rows as JSON, one a line, in place of a body: they are sent as they are written, however many. */
  readonly lines?: readonly object[];
  /** Equal keys are one command. */
  readonly idempotencyKey?: string;
}

/**
 * The key that a command, or the part of it that one call carries, travels under. One that may recur
 * travels without: the other platform decides it each time too.
 */
export function keyOf(
  { commandId, mayRecur }: Pick<CommandContext, 'commandId' | 'mayRecur'>,
  part = '',
): { readonly idempotencyKey?: string } {
  return mayRecur ? {} : { idempotencyKey: `${commandId}${part}` };
}

/** Calls another platform; resolves with the answer's JSON, undefined where it has none. */
export type PlatformClient = <Answer>(call: PlatformCall) => Promise<Answer>;

/** The other platform did not answer, or not as agreed; whether it did what was asked is unknown. */
export class PlatformUnavailable extends Error {
  constructor(
    readonly url: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${url} did not answer as agreed: ${reason}. See whether that platform runs and its address ` +
        'in the configuration is right; the same command can be sent again.',
      options,
    );
    this.name = 'PlatformUnavailable';
  }
}

const TIMEOUT_MS = 30_000;
/** An answer to rows by the line may take so many times as long: a city's take a minute to be checked. */
const LINES_TIMES = 10;
/** Of lines that are sent together. */
const LINES_AT_ONCE = 1_000;
const ANSWER_LIMIT_BYTES = 256 * 1_024 * 1_024;

/** Opens a client; nothing is sent before the first call. */
export function createPlatformClient(options: PlatformClientOptions): PlatformClient {
  const { baseUrl, token, timeoutMs = TIMEOUT_MS } = options;

  async function send(call: PlatformCall, isStale: boolean): Promise<Response> {
    const { method, path, lines, idempotencyKey } = call;
    const headers: Record<string, string> = {
      accept: 'application/json',
      authorization: `Bearer ${await token(isStale)}`,
    };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (lines !== undefined) headers['content-type'] = 'application/x-ndjson';
    const body = lines ? { body: streamOf(lines), duplex: 'half' as const } : textBodyOf(call);
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    return fetch(new URL(path, baseUrl), {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(lines ? LINES_TIMES * timeoutMs : timeoutMs),
      ...body,
    });
  }

  return async <Answer>(call: PlatformCall): Promise<Answer> => {
    const url = `${call.method} ${new URL(call.path, baseUrl).href}`;
    try {
      let response = await send(call, false);
      if (response.status === 401) response = await send(call, true);
      const text = await textOf(response, url);
      if (!response.ok) throw refusalOf(url, response.status, text);
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    } catch (error) {
      if (error instanceof DomainError || error instanceof PlatformUnavailable) throw error;
      throw new PlatformUnavailable(url, reasonOf(error), { cause: error });
    }
  };
}

const textBodyOf = ({ body }: PlatformCall): { readonly body?: string } =>
  body === undefined ? {} : { body: JSON.stringify(body) };

function streamOf(lines: readonly object[]): ReadableStream<Uint8Array> {
  let from = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const some = lines.slice(from, (from += LINES_AT_ONCE));
      if (some.length === 0) return controller.close();
      controller.enqueue(Buffer.from(some.map((line) => `${JSON.stringify(line)}\n`).join('')));
    },
  });
}

async function textOf(response: Response, url: string): Promise<string> {
  const announced = Number(response.headers.get('content-length') ?? 0);
  if (announced > ANSWER_LIMIT_BYTES) {
    await response.body?.cancel();
    throw new PlatformUnavailable(url, `its answer of ${announced} bytes is too large`);
  }
  return response.text();
}

/** What the rules refuse keeps its code; anything else is the other platform's trouble. */
function refusalOf(url: string, status: number, text: string): Error {
  const problem = problemIn(text);
  const isRefusal = status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
  if (isRefusal && problem) {
    return new DomainError(problem.code, problem.detail, problem.errors ?? []);
  }
  return new PlatformUnavailable(url, `status ${status}${problem ? `, ${problem.detail}` : ''}`);
}

function problemIn(
  text: string,
): { code: string; detail: string; errors?: readonly Violation[] } | undefined {
  try {
    const body = JSON.parse(text) as Record<string, unknown> | null;
    if (typeof body?.['code'] !== 'string' || typeof body['detail'] !== 'string') return undefined;
    return body as { code: string; detail: string; errors?: readonly Violation[] };
  } catch {
    return undefined;
  }
}

/** What went wrong; `fetch` itself only says that it failed, its cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } };
  const reason = typeof message === 'string' ? message : String(error);
  return typeof cause?.message === 'string' ? `${reason} (${cause.message})` : reason;
}

/** All items of a list that comes in pages (`items`, `next`). */
export async function allPages<Item>(
  call: PlatformClient,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null | undefined;
  do {
    const asked = new URLSearchParams({ ...query, limit: '1000', ...(cursor ? { cursor } : {}) });
    const page = await call<{ items?: readonly Item[]; next?: string | null } | undefined>({
      method: 'GET',
      path: `${path}?${asked}`,
    });
    if (!Array.isArray(page?.items) || page.next === undefined) {
      throw new PlatformUnavailable(path, 'its answer is no page of a list');
    }
    for (const item of page.items) items.push(item);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
