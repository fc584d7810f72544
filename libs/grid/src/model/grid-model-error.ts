/** A network or profile that cannot be used: which element, why, and what to do about it. */
export class GridModelError extends Error {
  override readonly name = 'GridModelError';

  constructor(
    readonly element: string,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`${element}: ${reason}. ${remedy}.`);
  }
}
