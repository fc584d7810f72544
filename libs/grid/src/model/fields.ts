import { GridModelError } from './grid-model-error';

/**
 * Typed access to one JSON object of a grid file. Every reader names the object, the field, the
 * offending value and the remedy when the value will not do.
 */
export class Fields {
  private constructor(
    readonly label: string,
    private readonly json: Readonly<Record<string, unknown>>,
  ) {}

  /** Names read so far: of each row by itself, so that a field that only another kind of row has is refused. */
  private readonly known = new Set<string>();

  static of(json: unknown, label: string): Fields {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new GridModelError(label, `${show(json)} is not an object`, 'Give a JSON object');
    }
    return new Fields(label, json as Record<string, unknown>);
  }

  /**
   * The rows of a table, each labelled by kind and id; an absent table is empty when `optional`.
   */
  table(name: string, kind: string, optional = false): Fields[] {
    const rows = this.value(name);
    if (rows === undefined && optional) return [];
    if (!Array.isArray(rows)) this.refuse(name, 'is not a list', `Give "${name}" as a JSON array`);
    return (rows as unknown[]).map((row, index) => {
      const id = (row as { id?: unknown } | null | undefined)?.id;
      return Fields.of(row, typeof id === 'string' ? `${kind} "${id}"` : `${name}[${index}]`);
    });
  }

  value(name: string): unknown {
    this.known.add(name);
    return this.json[name];
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value !== 'string' || value === '') {
      this.refuse(name, `is ${show(value)}`, 'Give a non-empty text');
    }
    return value as string;
  }

  textOr(name: string, fallback: string): string {
    const value = this.value(name);
    if (value === undefined || value === null) return fallback;
    if (typeof value !== 'string') this.refuse(name, `is ${show(value)}`, 'Give a text');
    return value as string;
  }

  boolean(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== 'boolean') {
      this.refuse(name, `is ${show(value)}`, 'Give true or false');
    }
    return value as boolean;
  }

  number(name: string): number {
    const value = this.value(name);
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.refuse(name, `is ${show(value)}`, 'Give a finite number');
    }
    return value as number;
  }

  numberOr<T>(name: string, fallback: T): number | T {
    const value = this.value(name);
    return value === undefined || value === null ? fallback : this.number(name);
  }

  /**
   * A number or null; the field must be there, so that a misspelt limit is not read as "no limit".
   */
  positiveOrNull(name: string): number | null {
    return this.value(name) === null ? null : this.positive(name);
  }

  positive(name: string): number {
    const value = this.number(name);
    if (value <= 0) this.refuse(name, `is ${value}`, 'Give a number above 0');
    return value;
  }

  notNegative(name: string): number {
    const value = this.number(name);
    if (value < 0) this.refuse(name, `is ${value}`, 'Give a number of at least 0');
    return value;
  }

  integer(name: string): number {
    const value = this.number(name);
    if (!Number.isInteger(value)) this.refuse(name, `is ${value}`, 'Give a whole number');
    return value;
  }

  integerOrNull(name: string): number | null {
    const value = this.value(name);
    return value === undefined || value === null ? null : this.integer(name);
  }

  oneOf<T>(name: string, choices: readonly T[]): T {
    const value = this.value(name);
    if (!choices.includes(value as T)) {
      this.refuse(name, `is ${show(value)}`, `Give one of ${choices.map(show).join(', ')}`);
    }
    return value as T;
  }

  /** Refuses a field that nothing has read, so that a misspelt optional one does not vanish. */
  refuseUnknown(isRefused: (value: unknown) => boolean = () => true): void {
    for (const [name, value] of Object.entries(this.json)) {
      if (!this.known.has(name) && isRefused(value)) {
        this.refuse(name, 'is not a field of this format', 'Correct its name or remove it');
      }
    }
  }

  refuse(field: string, reason: string, remedy: string): never {
    throw new GridModelError(this.label, `${field} ${reason}`, remedy);
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
