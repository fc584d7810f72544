/** Readers ask, the owner grants, changes, revokes and refuses; nobody else does. */
import { givenOf } from '../testing/decider-spec';
import { type DataAccessCommand, dataAccessDecider } from './decider';
import type { DataAccessEvent, DataSet } from './events';

const given = givenOf(dataAccessDecider);
const source = 'IT002E60000001';
const owner = `customer:${source}`;
const reader = 'aggregator:AGG2';
const salt = '0123456789abcdef0123456789abcdef';
const reason = 'not needed any more';
const purpose = 'a study of heat pumps';

const ask = (...dataSets: DataSet[]): DataAccessCommand => {
  return { kind: 'requestAccess', source, reader, dataSets, purpose };
};
const grant = (...dataSets: DataSet[]) => {
  return { kind: 'grantAccess', by: owner, source, reader, dataSets, salt } as const;
};
const revoke = { kind: 'revokeAccess', by: owner, source, reader, reason, salt } as const;
const refuse = { kind: 'refuseAccess', by: owner, source, reader, reason } as const;

const asked = (...dataSets: DataSet[]): DataAccessEvent => {
  return { type: 'DataAccessRequested', data: { source, reader, dataSets, purpose } };
};
const granted = (...dataSets: DataSet[]): DataAccessEvent => {
  return { type: 'DataAccessGranted', data: { source, reader, owner, dataSets, salt } };
};
const revoked: DataAccessEvent = {
  type: 'DataAccessRevoked',
  data: { source, reader, owner, reason, salt },
};
const refused: DataAccessEvent = {
  type: 'DataAccessRefused',
  data: { source, reader, owner, reason },
};

describe('a request', () => {
  it('is asked once, and again for something else', () => {
    given().when(ask('setpoints', 'measurements')).then(asked('measurements', 'setpoints'));
    given(asked('measurements')).when(ask('measurements')).then();
    given(asked('measurements')).when(ask('baselines')).then(asked('baselines'));
  });

  it('for what the reader reads already changes nothing, after a refusal it may come again', () => {
    given(granted('measurements')).when(ask('measurements')).then();
    given(asked('measurements'), refused).when(ask('measurements')).then(asked('measurements'));
  });

  it.each<[string, object]>([
    ['for nothing', { dataSets: [] }],
    ['for what the source does not have', { dataSets: ['grid'] }],
    ['of a source that is none', { source: 'a/b' }],
    ['of nobody', { reader: 'king:1' }],
    ['of the owner', { reader: owner }],
    ['of who reads all by right', { reader: 'auditor' }],
    ['without a purpose', { purpose: ' ' }],
  ])('%s is refused', (_, deviation) => {
    given()
      .when({ ...ask('measurements'), ...deviation } as DataAccessCommand)
      .thenRefused('access-malformed');
  });
});

describe('a grant', () => {
  it('is the owner’s, whether or not it was asked for, and replaces the one before', () => {
    given().when(grant('measurements')).then(granted('measurements'));
    given(asked('measurements')).when(grant('livePower')).then(granted('livePower'));
    given(granted('measurements')).when(grant('measurements')).then();
    given(granted('measurements')).when(grant('baselines')).then(granted('baselines'));
  });

  it('answers what was asked, also where it adds nothing', () => {
    given(granted('measurements'), asked('baselines'))
      .when(grant('measurements'))
      .then(granted('measurements'));
    given(asked('measurements'), granted('measurements'))
      .when(refuse)
      .thenRefused('access-not-requested');
  });

  it('is revoked once, and given again', () => {
    given(granted('measurements')).when(revoke).then(revoked);
    given(granted('measurements'), revoked).when(revoke).then();
    given().when(revoke).then();
    given(granted('measurements'), revoked)
      .when(grant('measurements'))
      .then(granted('measurements'));
  });

  it('that can be guessed on the chain is none', () => {
    given()
      .when({ ...grant('measurements'), salt: '' })
      .thenRefused('access-malformed');
    given(granted('measurements'))
      .when({ ...revoke, salt: '1' })
      .thenRefused('access-malformed');
  });

  it.each(['aggregator:AGG1', 'dso', 'customer:IT002E60000002', reader, 'operator'])(
    'is never %s’s to give, to take or to refuse',
    (by) => {
      given(asked('measurements'))
        .when({ ...grant('measurements'), by })
        .thenRefused('not-data-owner');
      given(granted('measurements'))
        .when({ ...revoke, by })
        .thenRefused('not-data-owner');
      given(asked('measurements'))
        .when({ ...refuse, by })
        .thenRefused('not-data-owner');
    },
  );

  it('of the grid is the DSO’s', () => {
    const ofGrid = { ...grant('grid'), source: 'grid', by: 'dso' };
    given()
      .when(ofGrid)
      .then({
        type: 'DataAccessGranted',
        data: { source: 'grid', reader, owner: 'dso', dataSets: ['grid'], salt },
      });
    given()
      .when({ ...ofGrid, by: owner })
      .thenRefused('not-data-owner');
  });
});

it('what is asked is refused once, with the reason', () => {
  given(asked('measurements')).when(refuse).then(refused);
  given(asked('measurements'), refused).when(refuse).thenRefused('access-not-requested');
  given(asked('measurements'))
    .when({ ...refuse, reason: '' })
    .thenRefused('reason-malformed');
});

it('a revocation leaves what is asked for to be answered', () => {
  given(granted('measurements'), asked('baselines'), revoked).when(refuse).then(refused);
});
