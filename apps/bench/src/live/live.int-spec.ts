/** A small session, lived through in this process: every stage is measured, and what is sold is read. */
import { inTemporaryFolder } from '../leave-nothing';
import { measureLive } from './measure-live';

it('from bids by REST to the rows that each aggregator reads', async () => {
  const stages = await inTemporaryFolder((folder) => measureLive(folder, 30));
  expect(stages.map(({ stage }) => stage)).toEqual([
    ...['bids', 'views of bids', 'clearing'],
    ...['validation and result', 'views of the result', 'own rows read'],
  ]);
  const [bids] = stages;
  const read = stages.at(-1)!;
  expect(bids!.rows).toBe(30);
  expect(read.rows).toBeGreaterThan(0);
  expect(stages.every(({ cpuSeconds, rssMb }) => cpuSeconds >= 0 && rssMb > 0)).toBe(true);
});
