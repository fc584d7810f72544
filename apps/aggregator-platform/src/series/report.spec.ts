/** What a report may ask for, whatever its formulas: told before anything is read. */
import type { Asset } from '@flexledger/domain';
import { type ReportGround, reportOf } from './report';
import { VARIABLES } from './variables';

const podIds = Array.from({ length: 3_000 }, (_, index) => `IT001E${10_000_000 + index}`);
const assets = new Map(
  [...'abcdefgh'].map((assetId): [string, Asset] => [
    assetId,
    { assetId, name: assetId, podIds, assetIds: [] },
  ]),
);
const read: string[] = [];
const ground = {
  own: {
    aggregatorId: 'AGG1',
    ports: {
      register: {
        podsOf: async () => podIds.map((podId) => ({ podId })),
        baselines: async () => (read.push('baselines'), []),
      },
    },
  },
  assets,
  documents: {},
  timeZone: 'Europe/Rome',
} as unknown as ReportGround;
const asked = (formulas: readonly string[], days: number) =>
  reportOf(
    {
      day: '2026-03-17',
      days,
      kind: 'table',
      lines: formulas.map((formula) => ({ label: 'x', formula })),
    },
    ground,
  );

it('reads so many PoDs on so many days', async () => {
  await expect(asked(['a.baseline'], 21)).rejects.toMatchObject({
    code: 'query-malformed',
    message: expect.stringContaining('3000 PoDs times 21 days'),
  });
  expect(read).toEqual([]);
  expect((await asked(['a.baseline'], 2)).missing).toMatchObject([{ of: 'a', pods: 3_000 }]);
});

it('adds so many up, however few they are: each again in every series that it is in', async () => {
  read.length = 0;
  const ofEach = [...assets.keys()].map((assetId) =>
    VARIABLES.filter((variable) => variable !== 'settled')
      .map((variable) => `${assetId}.${variable}`)
      .join(' + '),
  );
  await expect(asked(ofEach, 4)).rejects.toMatchObject({
    code: 'query-malformed',
    message: expect.stringContaining('144000 PoDs in 48 series times 4 days'),
  });
  expect(read).toEqual([]);
});

it('says of what is past all numbers that it is not known, and never that it is nothing', async () => {
  const { lines } = await asked(['1e300 * 1e300', '1e300 * 1e300 - 1e300 * 1e300', '0 * -1'], 1);
  expect(lines.map(({ value }) => value)).toEqual([null, null, 0]);
});
