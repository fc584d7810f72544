/** Parties: registered once, switched off and on, and named by a text that everybody reads alike. */
import { givenOf } from '../testing/decider-spec';
import { type PartyCommand, partyDecider, partyKindOf } from './decider';
import type { PartyEvent } from './events';

const given = givenOf(partyDecider);
const party = 'aggregator:AGG7';
const register: PartyCommand = { kind: 'registerParty', party, name: 'Seven Energy' };
const registered: PartyEvent = { type: 'PartyRegistered', data: { party, name: 'Seven Energy' } };
const disable: PartyCommand = { kind: 'disableParty', party, reason: 'contract ended' };
const disabled: PartyEvent = { type: 'PartyDisabled', data: { party, reason: 'contract ended' } };
const enable: PartyCommand = { kind: 'enableParty', party };
const enabled: PartyEvent = { type: 'PartyEnabled', data: { party } };

describe('a party', () => {
  it('is registered, disabled and enabled again', () => {
    given().when(register).then(registered);
    given(registered).when(disable).then(disabled);
    given(registered, disabled).when(enable).then(enabled);
  });

  it('changes nothing when it is so already', () => {
    given(registered).when(register).then();
    given(registered, disabled).when(disable).then();
    given(registered).when(enable).then();
  });

  it('is registered under its id once', () => {
    given(registered)
      .when({ ...register, name: 'Another' })
      .thenRefused('party-registered');
  });

  it.each<[string, Partial<PartyCommand>]>([
    ['of an unknown kind', { party: 'king:1' }],
    ['without its id', { party: 'aggregator' }],
    ['with an id it has no use for', { party: 'dso:1' }],
    ['with an id that no address can carry', { party: 'aggregator:a/b' }],
    ['without a name', { name: ' ' }],
    ['with no end of a name', { name: 'x'.repeat(201) }],
    ['of a customer by name', { party: 'customer:IT002E60776854' }],
  ])('%s is refused', (_, deviation) => {
    given()
      .when({ ...register, ...deviation } as PartyCommand)
      .thenRefused('party-malformed');
  });

  it('that nobody knows is neither disabled nor enabled', () => {
    given().when(disable).thenRefused('party-unknown');
    given().when(enable).thenRefused('party-unknown');
    given(registered)
      .when({ ...disable, reason: '' })
      .thenRefused('reason-malformed');
  });

  it('that enables and disables all others is never disabled', () => {
    const operator = { party: 'operator', name: 'Market administrator' };
    given({ type: 'PartyRegistered', data: operator })
      .when({ ...disable, party: 'operator' })
      .thenRefused('party-indispensable');
  });

  it.each([
    ['dso', 'dso'],
    ['aggregator:AGG1', 'aggregator'],
    ['customer:IT002E60776854', 'customer'],
    ['node:IT002E60776854', undefined],
    ['aggregator:', undefined],
    ['aggregator:a b', undefined],
    [`aggregator:${'a'.repeat(64)}`, 'aggregator'],
    [`aggregator:${'a'.repeat(65)}`, undefined],
    ['', undefined],
  ])('is read from its text: "%s"', (text, kind) => expect(partyKindOf(text)).toBe(kind));
});
