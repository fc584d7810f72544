import { DomainError } from '@flexledger/domain';
import { messageOf } from '@flexledger/runtime';
import { SERIES_BYTES_MAX } from './series-file';

const TIMEOUT_MS = 30_000;
const REDIRECTS_MAX = 3;

/**
 * Reads a file of time series from an address. Who asks makes this server send a request, so only the
 * origins that the operator has named are asked (`aggregator.importFrom`), also by way of redirects.
 *
 * @param origins like `https://files.example.org`
 * @returns the file as it came, packed or not
 * @throws DomainError `import-refused` where it may not be asked, `import-unreachable` where it has no such file
 */
export async function fetchSeries(address: string, origins: readonly string[]): Promise<Buffer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let asked = address;
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    requireOpen(asked, origins);
    const answer = await fetch(asked, { redirect: 'manual', signal }).catch((error: Error) => {
      throw unreachable(address, messageOf(error.cause ?? error));
    });
    const location = answer.headers.get('location');
    if (answer.status >= 300 && answer.status < 400 && location !== null) {
      await answer.body?.cancel();
      if (!URL.canParse(location, asked)) throw unreachable(address, 'it redirects to no address');
      asked = new URL(location, asked).href;
      continue;
    }
    if (!answer.ok) {
      await answer.body?.cancel();
      throw unreachable(address, `it answered ${answer.status}`);
    }
    return bodyOf(answer, address);
  }
  throw unreachable(address, `it redirects more than ${REDIRECTS_MAX} times`);
}

function requireOpen(address: string, origins: readonly string[]): void {
  const origin = URL.canParse(address) ? new URL(address).origin : undefined;
  if (origin !== undefined && origins.some((open) => new URL(open).origin === origin)) return;
  const reason =
    origin === undefined
      ? 'is no address like https://host/path'
      : `is at ${origin}, from which nothing is imported; an operator can open it with aggregator.importFrom`;
  throw new DomainError('import-refused', `The address ${reason}.`, [{ field: 'address', reason }]);
}

async function bodyOf(answer: Response, address: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > SERIES_BYTES_MAX) break;
      chunks.push(chunk as Uint8Array);
    }
  } catch (error) {
    throw unreachable(address, messageOf(error));
  }
  if (bytes > SERIES_BYTES_MAX) {
    throw unreachable(address, `it sends more than ${SERIES_BYTES_MAX} bytes`);
  }
  return Buffer.concat(chunks);
}

function unreachable(address: string, reason: string): DomainError {
  return new DomainError(
    'import-unreachable',
    `Nothing was imported from ${address}: ${reason}. Nothing has been declared.`,
  );
}
