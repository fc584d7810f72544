/** Persons: recorded by one holder, erased for good. */
import { givenOf } from '../testing/decider-spec';
import { type PersonCommand, personDecider } from './decider';
import type { PersonData, PersonEvent } from './events';

const given = givenOf(personDecider);
const data: PersonData = {
  personId: 'p-1',
  holder: 'aggregator:AGG1',
  sealed: 'A'.repeat(80),
  keptUntil: '2036-03-17',
};
const record: PersonCommand = { kind: 'recordPerson', ...data };
const recorded: PersonEvent = { type: 'PersonRecorded', data };
const erase: PersonCommand = { kind: 'erasePerson', personId: 'p-1', reason: 'asked for it' };
const erased: PersonEvent = {
  type: 'PersonErased',
  data: { personId: 'p-1', reason: 'asked for it' },
};

describe('a person', () => {
  it('is recorded, recorded anew, erased', () => {
    given().when(record).then(recorded);
    given(recorded).when(record).then(recorded);
    given(recorded).when(erase).then(erased);
    given(recorded, erased).when(erase).then();
  });

  it('stays erased', () => {
    given(recorded, erased).when(record).thenRefused('person-erased');
  });

  it('is its holder’s', () => {
    given(recorded)
      .when({ ...record, holder: 'aggregator:AGG2' })
      .thenRefused('person-exists');
  });

  it.each<[string, Partial<PersonData>]>([
    ['an address for an id', { personId: 'mario@example.com' }],
    ['a holder that is none', { holder: 'king' }],
    ['its name in the clear', { sealed: 'Mario Rossi' }],
    ['no day', { keptUntil: 'soon' }],
  ])('is not recorded with %s', (_, deviation) => {
    given()
      .when({ ...record, ...deviation } as PersonCommand)
      .thenRefused('person-malformed');
  });

  it('that nobody knows is not erased', () => {
    given().when(erase).thenRefused('person-unknown');
  });
});
