import { benchAll } from './bench-all';
import { BENCHES } from './bench-names';

// Goal: one run measures all there is, and what fails is named beside the others' figures.

const ended = { late: false, code: 0, output: '{"results":[{"pods":12}]}', complaint: '' };
const all = BENCHES.map(({ name }) => name);

describe('all benches', () => {
  it('are run one after another, in their order, and answer together', async () => {
    const told: string[] = [];
    let running = 0;
    const { machine, benches } = await benchAll(
      async () => {
        expect((running += 1)).toBe(1);
        await Promise.resolve();
        running -= 1;
        return ended;
      },
      ({ name }) => told.push(name),
    );
    expect(told).toEqual(all);
    expect(benches).toEqual(
      all.map((name) => ({
        name,
        seconds: expect.any(Number) as number,
        answer: { results: [{ pods: 12 }] },
      })),
    );
    expect(machine).toMatchObject({ node: process.version, loadBefore: expect.any(Number) });
  });

  it.each([
    [{ ...ended, code: 1, complaint: 'no Kafka here' }, 'It ended with 1: no Kafka here'],
    [{ ...ended, late: true, code: null }, 'It took too long and was ended.'],
    [{ ...ended, output: 'Done.' }, 'Its output is no JSON: Done.'],
  ])('go on where one has failed', async (failed, problem) => {
    const { benches } = await benchAll(
      (name) => Promise.resolve(name === 'streams' ? failed : ended),
      () => undefined,
    );
    expect(benches.map(({ name }) => name)).toEqual(all);
    const without = benches.filter((one) => 'problem' in one);
    expect(without).toEqual([{ name: 'streams', seconds: expect.any(Number) as number, problem }]);
  });
});
