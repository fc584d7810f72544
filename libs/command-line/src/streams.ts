import { stderr, stdout } from 'node:process';

/** Writes the answer of a command; everything else goes to the error stream. */
export function print(text: string): void {
  stdout.write(`${text}\n`);
}

/** One JSON document on one line, for machines. */
export function printJson(document: unknown): void {
  print(JSON.stringify(document));
}

/** Tells a person what is going on; never part of the answer. */
export function tell(text: string): void {
  stderr.write(`${text}\n`);
}

// What stands between the characters that are written, and what a terminal obeys.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/**
 * A text as one line in which nothing is but what can be read: what others have said stands in it, as the name that
 * somebody signs in by, and would otherwise write lines of its own.
 */
export function oneLine(text: string): string {
  return text.replaceAll(
    CONTROLS,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
