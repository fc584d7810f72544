/** What settlement and aggregators are told, from read models over a real log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { portfolioOf } from '@flexledger/aggregator-platform';
import {
  type CalendarEntry,
  type MarketSessionEvent,
  type OutcomeRow,
  type PodEvent,
  sessionStream,
  sessionsDelivering,
} from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { uuidFrom } from '@flexledger/identity';
import { type Views, openViews } from '@flexledger/projections';
import { VirtualClock, isoFromMs, isoNow } from '@flexledger/runtime';
import { loadRulePack } from '@flexledger/service-kit';
import { registerReads } from './aggregator-ports';
import { meteringSource } from './register-adapters';

const { rulePack: rules } = loadRulePack('platone');
const DAY = '2026-03-17';
const [dayAhead, firstWindow, secondWindow] = sessionsDelivering(DAY, rules) as [
  CalendarEntry,
  CalendarEntry,
  CalendarEntry,
];
const [A, B] = ['IT002E60000001', 'IT002E60000002'] as const;
const clock = new VirtualClock(Date.parse('2026-03-16T09:00:00Z'));

let folder: string;
let store: EventStore;
let views: Views;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-adapters-'));
  store = await openSqliteEventStore({ path: path.join(folder, 'log.sqlite'), clock });
  views = openViews({ path: ':memory:', store });
});
afterEach(async () => {
  await views.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function append(
  streamId: string,
  events: readonly { readonly type: string; readonly data: object }[],
): Promise<void> {
  const id = uuidFrom(streamId);
  const envelope = { schemaVersion: 1, occurredAt: isoNow(clock), correlationId: id };
  await store.append(
    streamId,
    'noStream',
    events.map(({ type, data }, index) => ({
      ...{ id: uuidFrom(`${streamId}/${index}`), type, data, causationId: id, actor: 'test' },
      ...envelope,
    })),
  );
  await views.runner.catchUp();
}

const sold = (podId: string, firstMtu: number, acceptedW: number[]): OutcomeRow => ({
  ...{ offerId: podId, requestId: 'R', podId, aggregatorId: 'AGG1', requester: 'DSO' },
  ...{ product: 'P', direction: 'up', firstMtu, acceptedW, priceMicroEurPerKwh: acceptedW },
});

function published(entry: CalendarEntry, rows: readonly OutcomeRow[]): Promise<void> {
  const { sessionId, kind, period } = entry;
  const times = { gateOpensAt: '', gateClosesAt: '', resultDueAt: '' };
  const events: MarketSessionEvent[] = [
    {
      type: 'SessionScheduled',
      data: {
        ...{ sessionId, kind, deliveryDay: DAY, mtuCount: period.mtuCount, ...times },
        deliveryStart: isoFromMs(period.startMs),
        ...{ rulePackDigest: '', registerPosition: 0 },
      },
    },
    { type: 'ResultPublished', data: { sessionId, part: { index: 0, of: 1 }, rows } },
  ];
  return append(sessionStream(sessionId), events);
}

it('says for which MTUs of a day PoDs had sold, in any session', async () => {
  await published(dayAhead, [sold(A, 40, [100, 0, 100]), sold(B, 0, [1])]);
  await published(firstWindow, [sold(A, 1, [100])]);
  await published(secondWindow, [sold(A, 0, [100])]);
  const activated = await meteringSource(views.documents, rules).activatedOn([A], DAY);
  expect([...activated.keys()]).toEqual([A]);
  const mtus = activated.get(A)!.flatMap((isSold, mtu) => (isSold ? [mtu] : []));
  expect(mtus).toEqual([1, 16, 40, 42]);
  expect((await meteringSource(views.documents, rules).activatedOn([A], '2026-03-18')).size).toBe(
    0,
  );
});

it('tells an aggregator’s customers with a baseline from those without', async () => {
  const details = {
    ...({ aggregatorId: 'AGG1', customerKind: 'household', contractedPowerW: 3_000 } as const),
    ...{ annualEnergyKwh: 2_000, pvPeakW: 0, wallet: '0x1' },
  };
  const flexibility = { upW: 500, downW: 0, upVar: 0, downVar: 0 };
  for (const podId of [A, B]) {
    const baselineW = new Array<number>(96).fill(700);
    const events: PodEvent[] = [
      { type: 'PodRegistered', data: { podId, ...details } },
      { type: 'FlexibilityDeclared', data: { podId, ...flexibility } },
      ...(podId === A
        ? [
            {
              type: 'BaselineDeclared' as const,
              data: { podId, deliveryDay: DAY, baselineW, origin: 'byHand' as const },
            },
          ]
        : []),
    ];
    await append(`pod-${podId}`, events);
  }
  const limits = { responseMinutes: 5, startUpMinutes: 0, rampWPerMinute: 10, energyWh: null };
  const own = { costMicroEurPerKwh: 80_000, feedInW: 0, limits };
  const portfolio = portfolioOf(
    registerReads(views),
    'AGG1',
    new Map([A, B].map((podId) => [podId, own])),
  );
  const { pods, withoutBaseline } = await portfolio.on(DAY);
  expect(pods).toMatchObject([{ podId: A, ...own, flexibility }]);
  expect(withoutBaseline).toEqual([B]);
  expect((await portfolio.on('2026-03-18')).withoutBaseline).toEqual([A, B]);
});
