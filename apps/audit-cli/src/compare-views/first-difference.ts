/** A place in a document: what is served there, and what the log gives; absent where there is nothing. */
export interface Difference {
  /** `rows[0].paidMicroEur[3]`; empty for the document as a whole. */
  readonly path: string;
  readonly served?: unknown;
  readonly fromLog?: unknown;
}

/** Where two documents differ first, in the order of their members; undefined where they are the same. */
export function firstDifference(
  served: unknown,
  fromLog: unknown,
  path = '',
): Difference | undefined {
  if (Object.is(served, fromLog)) return undefined;
  const isComparable =
    isObject(served) && isObject(fromLog) && Array.isArray(served) === Array.isArray(fromLog);
  if (!isComparable) {
    return {
      path,
      ...(served === undefined ? {} : { served }),
      ...(fromLog === undefined ? {} : { fromLog }),
    };
  }
  for (const key of new Set([...Object.keys(served), ...Object.keys(fromLog)])) {
    const step = Array.isArray(fromLog) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const difference = firstDifference(served[key], fromLog[key], step);
    if (difference) return difference;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
