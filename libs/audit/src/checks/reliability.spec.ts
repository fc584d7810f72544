/** Each offer’s reliability is that of the settlements before the session opened, and of nothing else. */
import { settlementStream } from '@flexledger/domain';
import { createReplay } from '../replay';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { inSession, rulesAdopted, schedules } from '../testing/session-log';
import { smallLog } from '../testing/node-tools';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { createReliabilityCheck } from './reliability';

const schedule = schedules[0]!;
const { sessionId, gateOpensAt } = schedule;
const part = { index: 0, of: 1 };

/** What A-1 sold three days before the gate, and how much it delivered. */
const settled = (deliveredW: number, correction = 0): SmallEvent[] => {
  const row = { podId: 'A-1', aggregatorId: 'A', acceptedW: [4_000], deliveredW: [deliveredW] };
  const streamId = settlementStream('earlier');
  const computed = { sessionId: 'earlier', correction, part, rows: [row] };
  return [
    { streamId, type: 'SettlementComputed', data: computed },
    { streamId, type: 'SettlementPublished', data: { sessionId: 'earlier', correction } },
  ];
};
const earlier = inSession('SessionScheduled', {
  ...schedule,
  sessionId: 'earlier',
  deliveryDay: '2026-03-13',
});
const opened = inSession('SessionOpened', { sessionId }, gateOpensAt);
const offered = (reliabilityPerMille: number | undefined, schemaVersion = 3): SmallEvent => ({
  ...inSession('FlexibilityOffered', {
    sessionId,
    bidId: 'b',
    aggregatorId: 'A',
    part,
    refused: [],
    offers: [
      {
        offerId: 'o',
        podId: 'A-1',
        kind: 'single',
        quantityW: [1],
        priceMicroEurPerKwh: [1],
        ...(reliabilityPerMille !== undefined && { reliabilityPerMille }),
      },
    ],
  }),
  schemaVersion,
});

async function failures(log: readonly SmallEvent[]): Promise<string[]> {
  const begin = [rulesAdopted, inSession('SessionScheduled', schedule), earlier];
  const check = createReliabilityCheck(WHOLE_LOG, createFindings('gates'));
  const found = await failuresOf(check, smallLog([...begin, ...log]), createReplay().take);
  return found.map(({ reason }) => reason);
}

it('accepts the index of what was settled before the opening, and none where nothing was', async () => {
  expect(await failures([...settled(0), opened, offered(125)])).toEqual([]);
  expect(await failures([opened, ...settled(0), offered(undefined)])).toEqual([]);
  expect(await failures([...settled(0), opened, ...settled(4_000, 1), offered(125)])).toEqual([]);
});

it('accepts that an offer of a release before says nothing of it', async () => {
  expect(await failures([...settled(0), opened, offered(undefined, 2)])).toEqual([]);
});

it.each([
  ['better', 500],
  ['worse', 0],
  ['left out', undefined],
])('names an index that is made %s', async (_, index) => {
  expect(await failures([...settled(0), opened, offered(index)])).toEqual([
    `offer o of PoD A-1 is told to have reliability ${index ?? 'unknown'}; by the settlements before the session it is 125`,
  ]);
});
