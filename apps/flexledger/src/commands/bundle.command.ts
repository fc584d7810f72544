import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { UsageError, examples, print, printJson } from '@flexledger/command-line';
import { messageOf } from '@flexledger/runtime';

/** Flags of `flexledger bundle`. */
interface BundleFlags {
  readonly data: string;
  readonly out: string;
  readonly json: boolean;
}

/** `flexledger bundle`: what is needed to check one session or measurement without the data folder. */
export function bundleCommand(): Command {
  return new Command('bundle')
    .description('write what proves one session or measurement to who does not have the log')
    .argument('<what>', 'market session, POD/SEQUENCE of a measurement, or its position')
    .option('--data <dir>', 'folder of the log', 'data')
    .requiredOption('-o, --out <file>', 'file to write')
    .option('--json', 'print one JSON object of what was written', false)
    .addHelpText(
      'after',
      examples(
        'flexledger bundle dayAhead-2026-03-16T23:00Z --data data/day -o session.json',
        'flexledger bundle IT002E60000001/40 --data data/day -o packet.json',
        'flexledger audit --bundle session.json --trust trust.json',
      ),
    )
    .action(async (what: string, { data, out, json }: BundleFlags) => {
      const { makeBundle } = await import('@flexledger/audit-cli');
      const { requireLog } = await import('../platform/data-folder');
      const dataDir = path.resolve(data);
      requireLog(dataDir);
      const bundle = await makeBundle(dataDir, what);
      const { events } = bundle;
      writeBundle(out, bundle);
      if (json) return printJson({ file: out, events: events.length });
      print(`${out} holds ${events.length} events with their proofs.`);
    });
}

/** @throws UsageError when the file cannot be written */
function writeBundle(file: string, bundle: object): void {
  try {
    writeFileSync(file, `${JSON.stringify(bundle)}\n`);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${messageOf(error)}.`);
  }
}
