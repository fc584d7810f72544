/**
 * One question by HTTP. Not `fetch`: its first use alone takes 30 MB of memory, a third of what the whole node may
 * have, for a question or two in a node's life.
 */
import { type ClientRequest, request as askHttp } from 'node:http';
import { request as askHttps } from 'node:https';

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** How long the whole answer may take; no limit of its own when absent. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Nobody answers at an address: nothing is known of what became of the question. */
export class NoAnswer extends Error {
  /** @param at whom was asked */
  constructor(at: string, cause: Error) {
    super(`The platform or device at ${at} does not answer: ${reasonOf(cause)}.`, { cause });
    this.name = 'NoAnswer';
  }
}

/** Longest answer that is read. */
const ANSWER_BYTES = 1024 * 1024;

/** A path at an address. @throws NoAnswer where the address is none of HTTP, before anybody is asked */
export function addressOf(url: string, path: string): URL {
  if (/^https?:\/\//.test(url) && URL.canParse(path, url)) return new URL(path, url);
  throw new NoAnswer(url, new Error('it is no address like https://market.example'));
}

/** @throws NoAnswer, its cause the connection's error */
export async function ask(url: URL, question: Question): Promise<HttpAnswer> {
  const { method, body, token, timeoutMs } = question;
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const signal = timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) };
  const asked = (url.protocol === 'https:' ? askHttps : askHttp)(url, {
    method,
    headers,
    ...signal,
  });
  try {
    return await answerTo(asked, body && JSON.stringify(body));
  } catch (error) {
    throw new NoAnswer(url.origin, error as Error);
  }
}

function answerTo(asked: ClientRequest, body: string | undefined): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    asked.once('error', reject);
    asked.once('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES)
          asked.destroy(new Error(`it says more than ${ANSWER_BYTES} bytes`));
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    asked.end(body);
  });
}

/** What a connection to several addresses of one name failed with stands in each of them. */
function reasonOf(error: Error): string {
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  return first.name === 'TimeoutError' || first.name === 'AbortError'
    ? 'it took too long'
    : first.message;
}
