/** A module for the tests of threads: does what it is told. */
export type Trial = 'double' | 'hang' | 'fill' | 'fail' | 'exit';

/** @throws Error where it is told to fail */
export async function work([trial, value]: readonly [Trial, number]): Promise<number> {
  const kept: unknown[] = [];
  if (trial === 'exit') process.exit(3);
  if (trial === 'fail') throw new Error(`no ${value}`);
  while (trial === 'hang') kept.length = 0;
  while (trial === 'fill') kept.push(new Array(1_000).fill(kept.length));
  return Promise.resolve(2 * value);
}
