/** What the list of readers says after each thing that owner and reader do. */
import type { RecordedEvent } from '@flexledger/domain';
import { type DataAccessDocument, dataAccessView } from './data-access-view';

const AT = '2026-03-17T10:00:00.000Z';
const source = 'IT002E00000001';
const reader = 'aggregator:AGG2';
const owner = `customer:${source}`;

type Said = readonly (readonly [string, object])[];

function fold(events: Said): DataAccessDocument | undefined {
  let doc: object | undefined;
  for (const [type, data] of events) {
    const event = { type, data: { source, reader, ...data }, occurredAt: AT } as RecordedEvent;
    const [key] = dataAccessView.keysOf(event as never);
    doc = dataAccessView.evolve(doc as DataAccessDocument, event as never, key!, 0);
  }
  return doc as DataAccessDocument | undefined;
}

const asked = ['DataAccessRequested', { dataSets: ['baselines'], purpose: 'a study' }] as const;
const granted = ['DataAccessGranted', { owner, dataSets: ['measurements'], salt: '00' }] as const;
const revoked = ['DataAccessRevoked', { owner, reason: 'over', salt: '00' }] as const;
const refused = ['DataAccessRefused', { owner, reason: 'no' }] as const;
const request = { dataSets: ['baselines'], purpose: 'a study', requestedAt: AT };

it.each<[string, Said, object]>([
  ['asked', [asked], { status: 'requested', dataSets: [], request }],
  ['granted', [asked, granted], { status: 'granted', grantedAt: AT, request: null, reason: null }],
  ['granted, and asked for more', [granted, asked], { status: 'granted', request }],
  ['refused more', [granted, asked, refused], { status: 'granted', request: null, reason: 'no' }],
  ['refused', [asked, refused], { status: 'refused', dataSets: [], reason: 'no' }],
  ['revoked', [granted, revoked], { status: 'revoked', dataSets: [], grantedAt: null }],
  ['revoked while more is asked', [granted, asked, revoked], { status: 'requested', dataSets: [] }],
  ['asked again', [granted, revoked, asked], { status: 'requested', reason: 'over' }],
])('%s', (_, events, expected) => {
  expect(fold(events)).toMatchObject({ source, reader, ...expected });
});
