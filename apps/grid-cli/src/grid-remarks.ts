import type { ImportRemarks, Remark } from '@flexledger/grid';
import { print } from '@flexledger/command-line';
import { table } from '@flexledger/terminal';

/**
 * Prints what a network lacks of its files and what it assumes, as part of the answer about it;
 * nothing where it is whole.
 *
 * @param of said with that, where there are several networks.
 */
export function printRemarks({ leftOut, assumed }: ImportRemarks, of = ''): void {
  for (const [title, remarks] of [
    [`left out${of}`, leftOut],
    [`assumed${of}`, assumed],
  ] as const) {
    if (remarks.length > 0) printRemarkTable(title, remarks);
  }
}

/** One table of remarks, under its title. */
export function printRemarkTable(title: string, remarks: readonly Remark[]): void {
  print(
    table(
      remarks.map(({ what, count, reason }) => [what, count, reason]),
      [title, 'count', 'reason'],
    ),
  );
}
