/** A document's id from its parts; a part that holds a slash cannot pass for two. */
export function documentKey(first: string, ...others: readonly string[]): string {
  let key = escaped(first);
  for (const part of others) key += `/${escaped(part)}`;
  return key;
}

/** A whole number, 0 or more, as text that sorts like the number (any safe integer). */
export function sortable(count: number): string {
  return String(count).padStart(16, '0');
}

function escaped(part: string): string {
  if (!part.includes('/') && !part.includes('%')) return part;
  return part.replaceAll('%', '%25').replaceAll('/', '%2F');
}
