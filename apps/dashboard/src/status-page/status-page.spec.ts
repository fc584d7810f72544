/** The page from snapshots: each state is said in words, and nothing from the log becomes markup. */
import type { DayStatus, SessionStatus, StatusSnapshot } from '../status/status-snapshot';
import { statusPage } from './status-page';

const session: SessionStatus = {
  sessionId: 'realTime-2026-03-17T07:00Z',
  kind: 'realTime',
  status: 'published',
  deliveryStart: '2026-03-17T07:00:00.000Z',
  mtuCount: 16,
  gateOpensAt: '2026-03-17T04:00:00.000Z',
  gateClosesAt: '2026-03-17T05:00:00.000Z',
  requests: 1,
  offers: 1_234,
  requestedWh: 4_000,
  acceptedWh: 2_000,
  deliveredWh: null,
  settledMicroEur: null,
  soldNothingBecause: null,
};
const startMs = Date.parse('2026-03-16T23:00:00Z');
const day: DayStatus = {
  date: '2026-03-17',
  previous: null,
  next: '2026-03-18',
  sessions: [session],
  requests: 1,
  offers: 1_234,
  requestedWh: 4_000,
  acceptedWh: 2_000,
  deliveredWh: 0,
  settledMicroEur: 0,
  settledSessions: 0,
  power: {
    startMs,
    acceptedW: Array.from({ length: 96 }, (_, mtu) => (mtu === 32 ? 8_000 : 0)),
    deliveredW: Array.from({ length: 96 }, (_, mtu) => (mtu === 32 ? null : 0)),
  },
};
const snapshot: StatusSnapshot = {
  timeZone: 'Europe/Rome',
  events: 3_803,
  pods: 30,
  day,
  tokens: { awardedMicroEur: 21_214_610, onChainMicroEur: 21_214_610 },
  certification: {
    origin: null,
    anchorContract: null,
    checkpoints: 0,
    anchored: 0,
    latest: [],
    lastAnchor: null,
    waitingSince: null,
  },
  problems: [],
};

/** The page's words, without markup. */
function words(of: StatusSnapshot, dataDir = 'data'): string {
  return statusPage(of, { dataDir })
    .replaceAll(/<title>[^<]*<\/title>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

it('tells a day whose settlement is still to come', () => {
  const page = words(snapshot);
  expect(page).toContain('Delivery day Tuesday 17 March 2026');
  expect(page).toContain('Accepted 2.0 kWh of 4.0 kWh requested');
  expect(page).toContain('Delivered 0.0 kWh nothing is settled');
  expect(page).toContain(
    'Real-time 08:00–12:00 published 4.0 1,234 2.0 – – Tue 17 Mar, 05:00–06:00',
  );
  expect(page).toContain('08:00 8.0 –');
  expect(page).toContain('No checkpoint is sealed yet');
});

it('tells why a session sold nothing', () => {
  const empty = { ...session, acceptedWh: 0, soldNothingBecause: 'noOffers' } as const;
  const page = words({ ...snapshot, day: { ...day, sessions: [empty], acceptedWh: 0 } });
  expect(page).toContain('published nobody offered any 4.0');
});

it('tells a settled day', () => {
  const settled = { ...session, deliveredWh: 1_940, settledMicroEur: 212_000 };
  const page = words({
    ...snapshot,
    day: { ...day, sessions: [settled], deliveredWh: 1_940, settledSessions: 1 },
  });
  expect(page).toContain('Delivered 1.9 kWh 97 % of what is settled');
  expect(page).toContain('settled 4.0 1,234 2.0 1.9 €0.21');
});

it.each<[string, number | null, string]>([
  ['agrees', 21_214_610, '€21.21 awarded, the chain agrees'],
  ['is silent', null, '€21.21 awarded; the chain does not answer'],
  ['differs', 1_000_000, '€21.21 awarded, but €1.00 exist on the chain'],
])('says that the chain %s', (_, onChainMicroEur, told) => {
  const tokens = { ...snapshot.tokens, onChainMicroEur };
  expect(words({ ...snapshot, tokens })).toContain(`Tokens ${told}`);
});

it.each<[string, Partial<DayStatus>, string]>([
  ['nobody asked', { requests: 0 }, 'nobody has asked for flexibility'],
  ['nothing is published', { sessions: [{ ...session, status: 'open' }] }, 'Nothing has been sold'],
  ['nothing was sold', {}, 'Nothing was sold'],
])('draws no empty chart where %s', (_, change, told) => {
  const empty = { ...snapshot, day: { ...day, acceptedWh: 0, ...change } };
  expect(words(empty)).toContain(told);
  expect(statusPage(empty, { dataDir: 'data' })).not.toContain('<svg');
});

it('tells an empty log and a day without sessions apart', () => {
  expect(words({ ...snapshot, day: null, events: 0 })).toContain('The log is empty.');
  expect(words({ ...snapshot, day: null })).toContain('The log holds 3,803 events, but no session');
});

it('tells of read models that stopped', () => {
  expect(words({ ...snapshot, problems: ['View pods stopped'] })).toContain('View pods stopped');
});

it('is right on the days on which the clock changes', () => {
  const power = {
    startMs: Date.parse('2026-03-28T23:00:00Z'),
    acceptedW: new Array<number>(92).fill(1_000),
    deliveredW: new Array<number>(92).fill(1_000),
  };
  const page = words({ ...snapshot, day: { ...day, date: '2026-03-29', power } });
  expect(page).toContain('01:45 1.0 1.0 03:00 1.0 1.0');
});

it('lets nothing pass for markup', () => {
  const evil = `<script>alert("x")</script>&'`;
  const hostile = { ...snapshot, problems: [evil] };
  const page = statusPage(hostile, { dataDir: evil });
  expect(page).not.toContain('<script>alert');
  expect(page.split('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;')).toHaveLength(3);
});
