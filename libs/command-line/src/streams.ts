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
