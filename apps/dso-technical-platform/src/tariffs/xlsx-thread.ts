/**
 * What the thread of `readWorkbook` does: the cells of a workbook's first sheet. What is packed may be far larger than it
 * looks, so it is unpacked here, within bounds, and handed to the reader as it came out.
 */
import { strFromU8, unzipSync, zipSync } from 'fflate';
import { readSheet } from 'read-excel-file/universal';

/** A workbook as it came. */
export interface WorkbookJob {
  readonly bytes: Uint8Array;
  readonly rowsMax: number;
  readonly columnsMax: number;
}

/** Its cells as texts, row by row, or why it cannot be read. */
export type WorkbookRead =
  { readonly rows: readonly (readonly string[])[] } | { readonly wrong: string };

/** What the parts of a workbook may unpack to. */
export const WORKBOOK_BYTES_MAX = 16 * 1024 * 1024;
const PARTS_MAX = 200;

/** Reads it. */
export async function work(job: WorkbookJob): Promise<WorkbookRead> {
  const { bytes } = job;
  try {
    // Numbers as they are written, so that none is rounded or takes another form on the way.
    const parts = unpacked(bytes);
    for (const [name, content] of Object.entries(parts)) {
      if (name.startsWith('xl/worksheets/')) requireWithin(strFromU8(content), job);
    }
    const data = await readSheet(packedAnew(parts), { parseNumber: (text: string) => text });
    return { rows: data.map((row) => row.map(textOf)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { wrong: `is no workbook that can be read: ${reason}` };
  }
}

/** What the archive holds, by name. @throws Error where it is damaged or comes to more than is taken */
function unpacked(bytes: Uint8Array): Record<string, Uint8Array> {
  let left = WORKBOOK_BYTES_MAX;
  let parts = 0;
  return unzipSync(bytes, {
    filter({ originalSize }) {
      left -= originalSize;
      parts += 1;
      if (left < 0) throw new Error(`it unpacks to more than ${WORKBOOK_BYTES_MAX} bytes`);
      if (parts > PARTS_MAX) throw new Error(`it has more than ${PARTS_MAX} parts`);
      return true;
    },
  });
}

/** An archive in which nothing is packed. */
function packedAnew(parts: Record<string, Uint8Array>): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = zipSync(parts, { level: 0 });
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

/**
 * The reader makes a row of all before one, and a cell of all beside it: one far out would be a table of billions.
 *
 * @throws Error naming the cell
 */
function requireWithin(sheet: string, { rowsMax, columnsMax }: WorkbookJob): void {
  for (const [, letters = '', row] of sheet.matchAll(/\br="([A-Z]{0,3})(\d+)"/g)) {
    const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
    if (Number(row) <= rowsMax && column <= columnsMax) continue;
    throw new Error(
      `it reaches to ${letters}${row}, and ${rowsMax} rows of ${columnsMax} columns are read; ` +
        'give the tariffs a workbook of their own',
    );
  }
}

/** A date's cell names no time zone: it is left for the reader of the column to refuse. */
function textOf(cell: unknown): string {
  if (cell instanceof Date) return cell.toISOString().slice(0, -1);
  return cell === null || cell === undefined ? '' : String(cell).trim();
}
