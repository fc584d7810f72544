/** The end of a command's help: how it is called, one line a call. */
export function examples(first: string, ...others: readonly string[]): string {
  const lines = [first, ...others].map((line) => `  ${line}`);
  return ['', others.length === 0 ? 'Example:' : 'Examples:', ...lines].join('\n');
}
