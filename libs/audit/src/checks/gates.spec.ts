import { createReplay } from '../replay';
import { createFindings } from '../report';
import { WHOLE_LOG } from '../scope';
import { inSession, rulesAdopted, schedules } from '../testing/session-log';
import { smallLog } from '../testing/node-tools';
import { type SmallEvent, failuresOf } from '../testing/small-log';
import { createGateCheck } from './gates';

const schedule = schedules[0]!;
const { sessionId, gateOpensAt, gateClosesAt } = schedule;
const scheduled = inSession('SessionScheduled', schedule);
const opened = inSession('SessionOpened', { sessionId }, gateOpensAt);
const request = {
  sessionId,
  requestId: 'r1',
  requester: 'DSO',
  product: 'P',
  direction: 'up',
  scope: { pom: 'PS-1' },
  quantityW: [1],
  priceCapMicroEurPerKwh: null,
};
const requested = (at: string) => inSession('FlexibilityRequested', request, at);
const closed = (requests: number, at = gateClosesAt) =>
  inSession('SessionClosed', { sessionId, requests, offers: 0 }, at);

async function failures(log: readonly SmallEvent[]): Promise<[number | undefined, string][]> {
  const replay = createReplay();
  const check = createGateCheck(replay, WHOLE_LOG, createFindings('gates'));
  const found = await failuresOf(check, smallLog(log), replay.take);
  return found.map(({ position, reason }) => [position, reason]);
}

const shifted = (iso: string, ms: number): string => new Date(Date.parse(iso) + ms).toISOString();

it('accepts what came while the gate was open, up to the time it takes to decide', async () => {
  const log = [
    rulesAdopted,
    scheduled,
    opened,
    requested(gateOpensAt),
    requested(shifted(gateClosesAt, 1_999)),
    closed(1),
  ];
  expect(await failures(log)).toEqual([]);
});

it.each([
  ['before it opens', shifted(gateOpensAt, -1)],
  ['after it closes', shifted(gateClosesAt, 2_000)],
])('names what came %s', async (_, at) => {
  const open = `the gate is open from ${gateOpensAt} to ${gateClosesAt}`;
  expect(await failures([rulesAdopted, scheduled, opened, requested(at)])).toEqual([
    [3, `it was taken at ${at} while the session was open; ${open}`],
  ]);
});

it('names what was slipped in after the closing, whatever time it bears', async () => {
  const log = [rulesAdopted, scheduled, opened, closed(0), requested(gateOpensAt)];
  expect(await failures(log)).toEqual([[4, expect.stringMatching(/while the session was closed/)]]);
});

it('names gates that open or close early, and a closing that counts otherwise', async () => {
  const early = shifted(gateClosesAt, -1);
  const log = [
    rulesAdopted,
    scheduled,
    inSession('SessionOpened', { sessionId }, shifted(gateOpensAt, -1)),
    closed(0, early),
  ];
  expect(await failures(log)).toEqual([
    [2, expect.stringMatching(/^the gate opened at .*09:59:59.999Z, not at/)],
    [3, `the gate closed at ${early}, before ${gateClosesAt}`],
  ]);
  expect(await failures([rulesAdopted, scheduled, opened, closed(1)])).toEqual([
    [3, 'it counts 1 requests and 0 offers; the log holds 0 and 0'],
  ]);
});

it('wants sessions of the calendar of their rule pack', async () => {
  const moved = inSession('SessionScheduled', { ...schedule, gateClosesAt: schedule.resultDueAt });
  const foreign = inSession('SessionScheduled', { ...schedule, sessionId: 'dayAhead-2026' });
  expect(await failures([rulesAdopted, moved, foreign])).toEqual([
    [1, 'it is not as its rule pack lays it down'],
    [2, 'the calendar of its rule pack has no session dayAhead-2026'],
  ]);
  await expect(failures([scheduled])).rejects.toThrow(/rule pack .* is not in the log before it/);
  await expect(failures([opened])).rejects.toThrow(/is not scheduled in the log before it/);
});

describe('an offer', () => {
  const POD = 'IT002E00000001';
  const of = (type: SmallEvent['type'], data: object, occurredAt = gateOpensAt): SmallEvent => ({
    streamId: `pod-${POD}`,
    type,
    data: { podId: POD, ...data },
    occurredAt,
  });
  const registered = of('PodRegistered', { aggregatorId: 'AGG1' });
  const declared = of('FlexibilityDeclared', { upW: 1_000, downW: 0, upVar: 0, downVar: 0 });
  const offered = (aggregatorId: string, podLimitW: number, at: string): SmallEvent => {
    const offer = {
      kind: 'single',
      offerId: 'o1',
      podId: POD,
      product: 'P',
      direction: 'up',
      pom: 'PS-1',
      podLimitW,
      quantityW: [1],
      priceMicroEurPerKwh: [1],
      divisible: true,
      minQuantityW: 0,
    };
    const data = { bidId: 'b1', aggregatorId, part: { index: 0, of: 1 }, refused: [] };
    return inSession('FlexibilityOffered', { sessionId, ...data, offers: [offer] }, at);
  };
  const log = [rulesAdopted, scheduled, opened, registered, declared];
  const later = shifted(gateOpensAt, 60_001);

  it('is for a PoD that its aggregator has, or had until a moment ago', async () => {
    const moved = of('PodDetailsChanged', { aggregatorId: 'AGG2' });
    const amongst = shifted(gateOpensAt, 60_000);
    expect(await failures([...log, offered('AGG1', 1_000, later)])).toEqual([]);
    expect(await failures([...log, moved, offered('AGG1', 1_000, amongst)])).toEqual([]);
    expect(await failures([...log, moved, offered('AGG1', 1_000, later)])).toEqual([
      [6, `offer o1 is for PoD ${POD}, which AGG1 did not have`],
    ]);
    const gone = of('PodUnregistered', {});
    expect(await failures([...log, gone, offered('AGG1', 1_000, later)])).toEqual([
      [6, `offer o1 is for PoD ${POD}, which AGG1 did not have`],
    ]);
  });

  it('goes up to what was declared', async () => {
    expect(await failures([...log, offered('AGG1', 2_000, later)])).toEqual([
      [5, `offer o1 goes up to 2000 for PoD ${POD}; declared were 1000`],
    ]);
  });
});
