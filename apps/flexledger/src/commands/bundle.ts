import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeBundle } from '@flexledger/audit-cli';
import { UsageError, print, printJson } from '@flexledger/command-line';
import { messageOf } from '@flexledger/runtime';

/** Flags of `flexledger bundle`. */
export interface BundleFlags {
  readonly data: string;
  readonly out: string;
  readonly json: boolean;
}

/** Writes the bundle of a session or a measurement. @throws UsageError when the file cannot be written */
export async function bundle(what: string, { data, out, json }: BundleFlags): Promise<void> {
  const made = await makeBundle(path.resolve(data), what);
  try {
    writeFileSync(out, `${JSON.stringify(made)}\n`);
  } catch (error) {
    throw new UsageError(`${out} cannot be written: ${messageOf(error)}.`);
  }
  const events = made.events.length;
  if (json) printJson({ file: out, events });
  else print(`${out} holds ${events} events with their proofs.`);
}
