import fc from 'fast-check';
import { givenOf } from '../testing/decider-spec';
import { type AgreementCommand, agreementDecider } from './decider';
import type { AgreementEvent, AgreementTerms } from './events';

const given = givenOf(agreementDecider);
const podId = 'IT002E60776854';
const terms: AgreementTerms = {
  podId,
  aggregatorId: 'AGG1',
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 100,
  aggregatorWallet: `0x${'ab'.repeat(20)}`,
};
const better = { ...terms, customerSharePerMille: 800 };
const certification = {
  podId,
  acceptance: '0c'.repeat(32),
  termsDigest: '1a'.repeat(32),
  txHash: `0x${'2b'.repeat(32)}`,
};

const propose: AgreementCommand = { kind: 'proposeAgreement', podId, terms };
const proposeBetter: AgreementCommand = { kind: 'proposeAgreement', podId, terms: better };
const accept: AgreementCommand = { kind: 'acceptAgreement', podId, terms };
const refuse: AgreementCommand = { kind: 'refuseAgreement', podId, reason: 'share too low' };
const end: AgreementCommand = { kind: 'endAgreement', podId, reason: 'moved house' };
const certify: AgreementCommand = {
  kind: 'recordCertification',
  change: 'certified',
  ...certification,
};
const certifyEnd: AgreementCommand = { ...certify, change: 'ended' };

const proposed: AgreementEvent = { type: 'AgreementProposed', data: terms };
const proposedBetter: AgreementEvent = { type: 'AgreementProposed', data: better };
const accepted: AgreementEvent = { type: 'AgreementAccepted', data: { podId } };
const refused: AgreementEvent = {
  type: 'AgreementRefused',
  data: { podId, reason: 'share too low' },
};
const ended: AgreementEvent = { type: 'AgreementEnded', data: { podId, reason: 'moved house' } };
const certified: AgreementEvent = { type: 'AgreementCertified', data: certification };
const endCertified: AgreementEvent = { type: 'AgreementEndCertified', data: certification };

describe('an agreement between aggregator and customer', () => {
  it('is proposed, accepted, certified and ended', () => {
    given().when(propose).then(proposed);
    given(proposed).when(accept).then(accepted);
    given(proposed, accepted).when(certify).then(certified);
    given(proposed, accepted, certified).when(end).then(ended);
    given(proposed, accepted, certified, ended).when(certifyEnd).then(endCertified);
  });

  it.each<[string, Partial<AgreementTerms>]>([
    ['a share above the whole', { customerSharePerMille: 1_001 }],
    ['a negative share of the penalty', { customerPenaltySharePerMille: -1 }],
    ['a fraction of a per mille', { customerSharePerMille: 0.5 }],
    ['a wallet that is no address', { aggregatorWallet: '0xab' }],
    ['a wallet that nobody has', { aggregatorWallet: `0x${'0'.repeat(40)}` }],
    ['terms for another PoD', { podId: 'IT002E00000001' }],
  ])('is not proposed with %s', (_, deviation) => {
    given()
      .when({ kind: 'proposeAgreement', podId, terms: { ...terms, ...deviation } })
      .thenRefused('agreement-malformed');
  });

  it('may be proposed with better terms until it is answered', () => {
    given(proposed).when(proposeBetter).then(proposedBetter);
    given(proposed, accepted).when(proposeBetter).thenRefused('agreement-in-force');
  });

  it('is not accepted unread', () => {
    given(proposed, proposedBetter).when(accept).thenRefused('agreement-terms-changed');
  });

  it('is answered only when it was proposed', () => {
    given().when(accept).thenRefused('agreement-not-proposed');
    given().when(refuse).thenRefused('agreement-not-proposed');
    given(proposed, accepted).when(refuse).thenRefused('agreement-not-proposed');
    given(proposed, refused).when(accept).thenRefused('agreement-not-proposed');
  });

  it('may be proposed again after a refusal or an end', () => {
    given(proposed).when(refuse).then(refused);
    given(proposed, refused).when(propose).then(proposed);
    given(proposed, accepted, ended).when(propose).then(proposed);
  });

  it('can be withdrawn before the answer, and ended only while it stands', () => {
    given(proposed).when(end).then(ended);
    given().when(end).thenRefused('agreement-not-in-force');
    given(proposed, refused).when(end).thenRefused('agreement-not-in-force');
  });

  it('is certified once it was accepted, by a digest and a transaction', () => {
    given().when(certify).thenRefused('agreement-not-in-force');
    given(proposed).when(certify).thenRefused('agreement-not-in-force');
    given(proposed, refused).when(certify).thenRefused('agreement-not-in-force');
    given(proposed, accepted)
      .when({ ...certify, ...certification, txHash: '0x12' } as AgreementCommand)
      .thenRefused('certification-malformed');
  });

  it('is certified however late the chain answers', () => {
    given(proposed, accepted, ended).when(certify).then(certified);
    given(proposed, accepted, ended, proposedBetter).when(certify).then(certified);
    given(proposed, accepted, ended, proposedBetter, certified).when(certifyEnd).then(endCertified);
  });

  it('may be certified by another transaction when the first did not stay', () => {
    const other = { ...certification, txHash: `0x${'3c'.repeat(32)}` };
    given(proposed, accepted, certified)
      .when({ ...certify, ...other } as AgreementCommand)
      .then({ type: 'AgreementCertified', data: other });
  });

  it('does nothing more when an accepted command comes again', () => {
    const all = [propose, proposeBetter, accept, refuse, end, certify, certifyEnd];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all)), (commands) => {
        let state = agreementDecider.initialState;
        for (const command of commands) {
          try {
            state = agreementDecider.decide(command, state).reduce(agreementDecider.evolve, state);
          } catch {
            continue;
          }
          expect(agreementDecider.decide(command, state)).toEqual([]);
        }
      }),
    );
  });
});
