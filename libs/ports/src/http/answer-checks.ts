import { PlatformUnavailable } from './platform-client';

/**
 * A list that an answer must hold: what another platform answers is not believed to have the agreed
 * shape.
 *
 * @param asked what was asked for, as the error names it
 * @throws PlatformUnavailable when there is no such list
 */
export function listIn<Item>(answer: unknown, name: string, asked: string): readonly Item[] {
  const list: unknown = (answer as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  if (Array.isArray(list)) return list as readonly Item[];
  throw new PlatformUnavailable(asked, `its answer has no list "${name}"`);
}

/**
 * A list that must hold one row for each thing that was asked for: who asked takes them by their place.
 *
 * @param asked what was asked for, as the error names it
 * @throws PlatformUnavailable when there is no such list, or it has another number of rows
 */
export function rowsIn<Item>(
  answer: unknown,
  name: string,
  count: number,
  asked: string,
): readonly Item[] {
  const rows = listIn<Item>(answer, name, asked);
  if (rows.length === count) return rows;
  const reason = `its answer has ${rows.length} rows in "${name}" where ${count} were asked for`;
  throw new PlatformUnavailable(asked, reason);
}

/**
 * Whether a platform says of which thing it did what it was asked: an address that answers 200 to
 * everything has kept nothing.
 *
 * @throws PlatformUnavailable when the answer does not name it
 */
export function requireNamed(answer: unknown, name: string, id: string, asked: string): void {
  const named: unknown = (answer as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  if (named !== id) throw new PlatformUnavailable(asked, `its answer names no ${name} ${id}`);
}
