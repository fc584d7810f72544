/** The command was given something it cannot work with; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The sign-in that is kept for a platform does not serve; exit code 4. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';
}

/** An option's whole number. @throws UsageError naming the option and the range */
export function wholeNumber(name: string, from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= from && value <= to) return value;
    throw new UsageError(`--${name} must be a whole number from ${from} to ${to}, not "${text}".`);
  };
}

/** An option's ISO date. @throws UsageError */
export function isoDate(name: string): (text: string) => string {
  return (text) => {
    const epochMs = Date.parse(`${text}T00:00:00Z`);
    const valid =
      /^\d{4}-\d{2}-\d{2}$/.test(text) &&
      !Number.isNaN(epochMs) &&
      new Date(epochMs).toISOString().startsWith(text);
    if (valid) return text;
    throw new UsageError(`--${name} must be a date like 2026-03-17, not "${text}".`);
  };
}
