/** What a data server says faster than it is dealt with. */
import { createOperationsFeed } from './operations-feed';

it('what waits is bounded: what comes beyond is named, and heard again afterwards', async () => {
  const problems: string[] = [];
  const feed = createOperationsFeed({
    gridId: 'feeder',
    clock: { nowMs: () => 0 },
    onProblem: (problem: string) => problems.push(problem),
  } as unknown as Parameters<typeof createOperationsFeed>[0]);
  const message = Buffer.alloc(40 * 1024 * 1024, ' ');
  const first = feed.receive('dso/feeder/scada', message);
  await feed.receive('dso/feeder/meters', message);
  expect(problems).toEqual([
    expect.stringContaining('dso/feeder/meters is not taken: too much waits already'),
  ]);
  await first;
  await feed.receive('dso/feeder/meters', message);
  expect(problems.slice(1)).toEqual([
    expect.stringContaining('dso/feeder/scada is not taken: '),
    expect.stringContaining('dso/feeder/meters is not taken: '),
  ]);
  expect(problems[2]).not.toContain('too much');
});
