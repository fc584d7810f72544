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
