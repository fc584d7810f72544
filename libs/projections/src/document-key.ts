/** A document's id from its parts; a part that holds a slash cannot pass for two. */
export function documentKey(...parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
}

/** A whole number, 0 or more, as text that sorts like the number (up to 16 digits, as many as a safe integer has). */
export function sortable(count: number): string {
  return String(count).padStart(16, '0');
}
