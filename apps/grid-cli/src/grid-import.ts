import { existsSync, renameSync, writeFileSync } from 'node:fs';
import {
  type FeederBelow,
  gridFileOf,
  type ImportOptions as ReadOptions,
  joinFeeders,
  type Remark,
} from '@flexledger/grid';
import { readGrid } from './grid-files';
import { printRemarkTable } from './grid-remarks';
import type { FeederFile } from './grid-solve';
import { print, printJson, UsageError } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

export interface ImportOptions extends ReadOptions {
  readonly as: string;
  /** Networks below it that become part of it. */
  readonly feeder?: readonly FeederFile[];
  readonly out?: string;
  readonly force: boolean;
  readonly json: boolean;
}

/**
 * Reads a network of any known format, writes it as a `flexledger-grid/1` file and tells what it
 * holds, what of the files it lacks, and what it assumes; the last two stand in the file as well.
 *
 * @throws UsageError where the name will not do, or the file to write is there already.
 */
export function importGrid(files: readonly string[], options: ImportOptions): void {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(options.as)) {
    throw new UsageError(
      `--as must be letters, digits, "_", "." and "-", not "${options.as}": it names the file.`,
    );
  }
  const out = options.out ?? `${options.as}.json`;
  const { format, ...read } = readGrid(files, options);
  const feeders = feedersOf(options);
  const network = feeders.length > 0 ? joinFeeders(read.network, feeders) : read.network;
  const { leftOut, assumed } = network.remarks ?? read;
  const named = { ...network, name: options.as };
  write(out, `${JSON.stringify(gridFileOf(named), null, 1)}\n`, options.force);

  const { buses, lines, transformers, loads, staticGenerators, shunts, switches } = network;
  const tables = { buses, lines, transformers, loads, staticGenerators, shunts, switches };
  const counts = Object.entries(tables).map(([name, rows]) => [name, rows.length] as const);
  if (options.json) {
    printJson({ file: out, format, counts: Object.fromEntries(counts), leftOut, assumed });
    return;
  }
  print(`${out}: ${network.source || format}`);
  print(table(counts, ['table', 'rows']));
  printRemarks('left out', leftOut);
  printRemarks('assumed', assumed);
}

/** Each named by its bus; of several at one bus those after the first by their number too. */
function feedersOf({ feeder = [], ...options }: ImportOptions): FeederBelow[] {
  return feeder.map(({ bus, file }, index) => {
    const before = feeder.slice(0, index).filter((other) => other.bus === bus).length;
    const { network, leftOut, assumed } = readGrid([file], options);
    const name = before === 0 ? bus : `${bus}.${before + 1}`;
    return { name, bus, network: { ...network, remarks: { leftOut, assumed } } };
  });
}

function printRemarks(title: string, remarks: readonly Remark[]): void {
  if (remarks.length === 0) print(`${title}: nothing`);
  else printRemarkTable(title, remarks);
}

/** Writes the file whole or not at all. */
function write(file: string, text: string, force: boolean): void {
  if (existsSync(file) && !force) {
    throw new UsageError(`${file} is there already: give another --out, or --force to overwrite.`);
  }
  try {
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}.`);
  }
}
