import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** For which one waits for another test file that makes it. */
const PATIENCE_MS = 240_000;
const PAUSE_MS = 100;

/**
 * A folder in that of the test run, made by the first of its test files that asks for it; the others wait.
 *
 * @param name of the folder
 * @param make fills it; nobody may change it afterwards
 * @throws what `make` threw, in each that asks
 */
export async function madeOnce(
  name: string,
  make: (folder: string) => void | Promise<void>,
): Promise<string> {
  const runFolder = (process.env['TEST_RUN_FOLDER'] ??= ownFolder());
  const whole = path.join(runFolder, name);
  const made = path.join(runFolder, `${name}.part`);
  const failure = path.join(runFolder, `${name}.failure`);
  if (existsSync(whole)) return whole;
  if (isFirst(made)) {
    try {
      await make(made);
      renameSync(made, whole);
    } catch (error) {
      writeFileSync(failure, String(error));
      throw error;
    }
    return whole;
  }
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += PAUSE_MS) {
    if (existsSync(whole)) return whole;
    if (existsSync(failure)) throw new Error(readFileSync(failure, 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`${name} was not made by the test file that had begun with it`);
}

/** Of a program that is no test run; it goes with the program. */
function ownFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-made-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
