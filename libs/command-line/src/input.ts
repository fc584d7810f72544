import { readFileSync, statSync } from 'node:fs';
import { UsageError } from './usage-error';

/** Largest file a command reads whole. */
const LIMIT_BYTES = 512 * 1024 * 1024;

/** The text of a file. @throws UsageError naming the file and the reason */
export function readTextFile(file: string): string {
  return readBytes(file).toString('utf8');
}

/** The bytes of a file. @throws UsageError naming the file and the reason */
export function readBytes(file: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size > LIMIT_BYTES) throw new Error(`it has ${size} bytes, above ${LIMIT_BYTES}`);
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

/** A JSON document from a file. @throws UsageError naming the file and the reason */
export function readJsonFile(file: string): unknown {
  const text = readTextFile(file);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}.`);
  }
}

/**
 * The text at an http or https address, as the machine's own user may read it.
 *
 * @throws UsageError naming the address and the reason
 */
export async function readTextAt(address: string): Promise<string> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > LIMIT_BYTES) throw new Error(`it is longer than ${LIMIT_BYTES} bytes`);
      chunks.push(chunk as Uint8Array);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    // What fetch says of a connection stands in its cause.
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new UsageError(`${address} cannot be read: ${reason}.`);
  }
}

/** Longest time in which an address answers. */
const ANSWER_MS = 60_000;
