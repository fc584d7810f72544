import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bundle } from '@flexledger/audit';
import { makeBundle, makeTlogProof } from '@flexledger/audit-cli';
import { UsageError, print, printJson } from '@flexledger/command-line';
import { messageOf } from '@flexledger/runtime';

/** Flags of `flexledger bundle`. */
export interface BundleFlags {
  readonly data: string;
  readonly out: string;
  readonly receipt?: string;
  readonly rows?: string;
  readonly event: boolean;
  readonly json: boolean;
}

/** Writes a bundle, or the proof of an event. @throws UsageError when the file cannot be written */
export async function bundle(what: string, flags: BundleFlags): Promise<void> {
  const { data, out, json } = flags;
  const dataDir = path.resolve(data);
  const { receipt: bidderId, rows: partyId } = flags;
  const asked = { ...(bidderId && { bidderId }), ...(partyId && { partyId }) };
  const made = flags.event
    ? { text: await makeTlogProof(dataDir, what), events: 1 }
    : bundleText(await makeBundle(dataDir, what, asked));
  try {
    writeFileSync(out, made.text);
  } catch (error) {
    throw new UsageError(`${out} cannot be written: ${messageOf(error)}.`);
  }
  const { events } = made;
  if (json) printJson({ file: out, events });
  else print(`${out} holds ${events} events with their proofs.`);
}

function bundleText(made: Bundle): { readonly text: string; readonly events: number } {
  return { text: `${JSON.stringify(made)}\n`, events: made.events.length };
}
