/** Each reason by the events that lead to it. */
import type { MarketSessionEvent } from '@flexledger/domain';
import type { SettlementDocument } from '../settlements/settlements-view';
import { documentsAfter } from '../testing/recorded-log';
import {
  cleared,
  inSession,
  opened,
  outcomeRow,
  published,
  requested,
  scheduled,
  SESSION,
  WHOLE,
} from '../testing/session-events';
import { sessionsView } from './sessions-view';
import { soldNothingBecause } from './sold-nothing';

const closed = (requests: number, offers: number): MarketSessionEvent => ({
  type: 'SessionClosed',
  data: { sessionId: SESSION, requests, offers },
});
const validated = (validatedBy: 'DSO' | 'no-answer', refused: number): MarketSessionEvent => ({
  type: 'OutcomeValidated',
  data: {
    sessionId: SESSION,
    outcomeId: `${SESSION}/0`,
    round: 0,
    part: WHOLE,
    validatedBy,
    exceptions: Array.from({ length: refused }, (_, index) => ({
      index,
      status: 'KO',
      permittedW: [0, 0],
      violatedElement: validatedBy === 'DSO' ? 'line-4' : 'no-answer',
    })),
  },
});
const gate = [scheduled, opened];
const asked = [...gate, requested('r')];
const outcome = [...asked, closed(1, 2), cleared()];
const silent = (unmeasuredMtus: number, deliveredWMtu: number): SettlementDocument => ({
  sessionId: SESSION,
  correction: 0,
  inputDigest: null,
  computedAt: null,
  published: {
    correction: 0,
    rows: 1,
    unmeasuredMtus,
    acceptedWMtu: 800,
    deliveredWMtu,
    acceptedVarMtu: 0,
    deliveredVarMtu: 0,
    netMicroEur: 0,
    publishedAt: '2026-03-17T08:00:00.000Z',
  },
  awards: [],
  disputes: [],
});

const reasonAfter = (
  events: readonly MarketSessionEvent[],
  settlement?: SettlementDocument,
): string | null =>
  soldNothingBecause(documentsAfter(sessionsView, inSession(...events))[0]!, settlement);

it.each<[string, readonly MarketSessionEvent[], string | null]>([
  ['nobody asked', [...gate, closed(0, 3)], 'noRequests'],
  ['nobody offered', [...asked, closed(1, 0)], 'noOffers'],
  ['nothing fits', [...outcome, validated('DSO', 0), published([])], 'nothingMatched'],
  ['the DSO is away', [...outcome, validated('no-answer', 2), published([])], 'notValidated'],
  ['the DSO refuses', [...outcome, validated('DSO', 2), published([])], 'nothingPermitted'],
  ['something was sold', [...outcome, validated('DSO', 0), published([outcomeRow()])], null],
  ['the gate is open', asked, null],
  ['the outcome is under way', outcome, null],
  [
    'it was cancelled',
    [...gate, { type: 'SessionCancelled', data: { sessionId: SESSION, reason: 'none' } }],
    null,
  ],
])('%s', (_, events, reason) => {
  expect(reasonAfter(events)).toBe(reason);
});

it.each<[string, number, number, string | null]>([
  ['no node measured', 2, 0, 'nodesSilent'],
  ['some measured', 1, 400, null],
  ['all measured, nothing was delivered', 0, 0, null],
])('sold, and %s', (_, unmeasuredMtus, deliveredWMtu, reason) => {
  const sold = [...outcome, validated('DSO', 0), published([outcomeRow()])];
  expect(reasonAfter(sold, silent(unmeasuredMtus, deliveredWMtu))).toBe(reason);
});
