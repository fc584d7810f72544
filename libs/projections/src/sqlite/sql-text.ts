/** What SQLite's driver would not give back as it was: U+0000 ends a text, half surrogates are lost. */
const UNSAFE = /[\0\u001A\p{Surrogate}]/u;
const EVERY_UNSAFE = /[\0\u001A\p{Surrogate}]/gu;

/** Text as it may stand in a column: the few unsafe code units as U+001A and four hex digits. */
export function sqlText(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replaceAll(
    EVERY_UNSAFE,
    (unit) => `\u001A${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same for any value of an indexed field. */
export function sqlValue<Value extends string | number | null>(value: Value): Value | string {
  return typeof value === 'string' ? sqlText(value) : value;
}
