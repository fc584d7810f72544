/** Rows as a file, as they stand filtered. */

export type Cell = string | number | null;

/** RFC 4180, with what a spreadsheet would take for a formula made text. */
export function csvOf(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as objects. */
export function jsonOf(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const objects = rows.map((row) =>
    Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])),
  );
  return `${JSON.stringify(objects, null, 1)}\n`;
}

/** Columns of numbers where all are, else of texts; what is missing is null. */
export async function parquetOf(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<ArrayBuffer> {
  // Loaded when somebody wants it.
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = columns.map((name, at) => {
    const cells = rows.map((row) => row[at] ?? null);
    const isNumber = cells.every((cell) => cell === null || typeof cell === 'number');
    const data = isNumber ? cells : cells.map((cell) => (cell === null ? null : String(cell)));
    return { name, data, type: isNumber ? ('DOUBLE' as const) : ('STRING' as const) };
  });
  return parquetWriteBuffer({ columnData });
}

/** Hands a file to who looks at the page. */
export function save(name: string, content: string | ArrayBuffer, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
