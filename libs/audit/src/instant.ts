/** Epoch milliseconds as ISO 8601 UTC with milliseconds. */
export function isoFromMs(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
