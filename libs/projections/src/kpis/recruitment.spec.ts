/** Agreements -> who was contacted and who took part, at any instant. */
import type { AgreementEvent } from '@flexledger/domain';
import { documentsAfter, inStream, timeAt } from '../testing/recorded-log';
import { recruitedAt, recruitmentView } from './recruitment-view';

const podId = 'IT002E0000000A';
const proposed: AgreementEvent = {
  type: 'AgreementProposed',
  data: {
    podId,
    aggregatorId: 'AGG1',
    aggregatorWallet: '0x2',
    customerSharePerMille: 700,
    customerPenaltySharePerMille: 500,
  },
};
const accepted: AgreementEvent = { type: 'AgreementAccepted', data: { podId } };
const refused: AgreementEvent = { type: 'AgreementRefused', data: { podId, reason: 'no' } };
const ended: AgreementEvent = { type: 'AgreementEnded', data: { podId, reason: 'moved' } };

/** `-` not contacted, `c` contacted, `A` accepted; after each event. */
function standing(events: readonly AgreementEvent[]): string {
  const [doc] = documentsAfter(recruitmentView, inStream(`agreement-${podId}`, events));
  return events
    .map((_, position) => recruitedAt(doc, timeAt(position)))
    .map(({ contacted, accepted: takesPart }) => (takesPart ? 'A' : contacted ? 'c' : '-'))
    .join('');
}

it.each<[string, readonly AgreementEvent[], string]>([
  ['accepts', [proposed, accepted], 'cA'],
  ['refuses, then accepts better terms', [proposed, refused, proposed, accepted], 'cccA'],
  ['leaves and comes back', [proposed, accepted, ended, proposed, accepted], 'cAccA'],
  ['lets a proposal go by', [proposed, ended, proposed, accepted], 'cccA'],
])('a customer who %s', (_, events, expected) => {
  expect(standing(events)).toBe(expected);
});

it('a customer before the first proposal, and one without any', () => {
  const [doc] = documentsAfter(recruitmentView, inStream(`agreement-${podId}`, [proposed]));
  expect(recruitedAt(doc, '2026-03-16T09:59:59.999Z').contacted).toBe(false);
  expect(recruitedAt(undefined, timeAt(0)).contacted).toBe(false);
});
