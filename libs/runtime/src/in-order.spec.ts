import { inOrder } from './in-order';

describe('tasks in order', () => {
  it('run one after another, and a failing one holds up none', async () => {
    const run = inOrder();
    const film: string[] = [];
    const task = (name: string, fails = false) =>
      run(async () => {
        film.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 2));
        film.push(`${name} ends`);
        if (fails) throw new Error(`${name} failed`);
        return name;
      });
    const outcomes = await Promise.allSettled([task('a'), task('b', true), task('c')]);
    expect(film).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
