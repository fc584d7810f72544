import { type Decider, DomainError, type Violation } from '../log/decider';
import type { AgreementCertification, AgreementEvent, AgreementTerms } from './events';

export type AgreementCommand =
  | { readonly kind: 'proposeAgreement'; readonly podId: string; readonly terms: AgreementTerms }
  | {
      readonly kind: 'acceptAgreement';
      readonly podId: string;
      /** The terms the customer has read; terms proposed since then are not accepted unread. */
      readonly terms: AgreementTerms;
    }
  | { readonly kind: 'refuseAgreement'; readonly podId: string; readonly reason: string }
  | { readonly kind: 'endAgreement'; readonly podId: string; readonly reason: string }
  | ({
      readonly kind: 'recordCertification';
      readonly change: 'certified' | 'ended';
    } & AgreementCertification);

type Stage =
  | { readonly status: 'none' }
  | {
      readonly status: 'proposed' | 'inForce' | 'refused' | 'ended';
      readonly terms: AgreementTerms;
    };

export type AgreementState = Stage & {
  readonly wasAccepted: boolean;
  /** What the chain holds of this and earlier agreements of the PoD. */
  readonly certifications: readonly AgreementEvent[];
};

/**
 * Proposed by the aggregator, accepted or refused by the customer, ended by either. A proposal may be
 * replaced until it is answered; terms in force may not. What was accepted is certified on the chain,
 * and so is its end; the chain may be late, so that much may have changed when it answers.
 */
export const agreementDecider: Decider<AgreementState, AgreementCommand, AgreementEvent> = {
  initialState: { status: 'none', wasAccepted: false, certifications: [] },
  decide,
  evolve,
};

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
/** The token contract moves nothing there. */
const NOBODY = /^0x0{40}$/;
const TRANSACTION_HASH = /^0x[0-9a-fA-F]{64}$/;
const DIGEST = /^[0-9a-f]{64}$/;

function decide(command: AgreementCommand, state: AgreementState): AgreementEvent[] {
  switch (command.kind) {
    case 'proposeAgreement':
      return propose(command, state);
    case 'acceptAgreement':
      return accept(command, state);
    case 'refuseAgreement': {
      if (state.status === 'refused') return [];
      if (state.status !== 'proposed') throw notProposed(command.podId, state);
      const { podId, reason } = command;
      return [{ type: 'AgreementRefused', data: { podId, reason } }];
    }
    case 'endAgreement': {
      if (state.status === 'ended') return [];
      if (state.status !== 'proposed' && state.status !== 'inForce') {
        throw notInForce(command.podId, state);
      }
      const { podId, reason } = command;
      return [{ type: 'AgreementEnded', data: { podId, reason } }];
    }
    case 'recordCertification':
      return recordCertification(command, state);
  }
}

function propose(
  { podId, terms }: Extract<AgreementCommand, { kind: 'proposeAgreement' }>,
  state: AgreementState,
): AgreementEvent[] {
  refuseMalformed(podId, terms);
  const isOpen = state.status === 'proposed' || state.status === 'inForce';
  if (isOpen && sameTerms(terms, state.terms)) return [];
  if (state.status === 'inForce') {
    throw new DomainError(
      'agreement-in-force',
      `PoD ${podId} has an agreement with ${state.terms.aggregatorId}; end it before proposing another.`,
    );
  }
  return [{ type: 'AgreementProposed', data: termsOf(terms) }];
}

function refuseMalformed(podId: string, terms: AgreementTerms): void {
  const isOther = terms.podId !== podId;
  const other = isOther ? [{ field: 'podId', reason: `is not ${podId}` }] : [];
  refuseMalformedTerms(`agreement for PoD ${podId}`, terms, other);
}

/**
 * Refuses shares that are none and wallets out of which nobody can claim.
 *
 * @param of what has the terms, for whoever reads the refusal
 * @param found what else is wrong with it
 * @throws DomainError `agreement-malformed`
 */
export function refuseMalformedTerms(
  of: string,
  terms: Omit<AgreementTerms, 'podId'>,
  found: readonly Violation[] = [],
): void {
  const violations: Violation[] = [...found];
  for (const field of ['customerSharePerMille', 'customerPenaltySharePerMille'] as const) {
    const share = terms[field];
    if (!Number.isSafeInteger(share) || share < 0 || share > 1_000) {
      violations.push({ field, reason: 'is not a whole number from 0 to 1000' });
    }
  }
  if (!ADDRESS.test(terms.aggregatorWallet)) {
    const reason = 'is not an address of 0x and 40 hex digits';
    violations.push({ field: 'aggregatorWallet', reason });
  } else if (NOBODY.test(terms.aggregatorWallet)) {
    const reason = 'is the zero address, out of which nobody can claim';
    violations.push({ field: 'aggregatorWallet', reason });
  }
  if (violations.length === 0) return;
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  throw new DomainError(
    'agreement-malformed',
    `The ${of} cannot be proposed: ${list}.`,
    violations,
  );
}

function accept(
  { podId, terms }: Extract<AgreementCommand, { kind: 'acceptAgreement' }>,
  state: AgreementState,
): AgreementEvent[] {
  if (state.status === 'inForce' && sameTerms(terms, state.terms)) return [];
  if (state.status !== 'proposed') throw notProposed(podId, state);
  if (!sameTerms(terms, state.terms)) {
    throw new DomainError(
      'agreement-terms-changed',
      `The terms proposed for PoD ${podId} are not the ones accepted; read them again.`,
    );
  }
  return [{ type: 'AgreementAccepted', data: { podId } }];
}

function recordCertification(
  command: Extract<AgreementCommand, { kind: 'recordCertification' }>,
  state: AgreementState,
): AgreementEvent[] {
  const { podId, change, acceptance, termsDigest, txHash } = command;
  if (!state.wasAccepted) throw notInForce(podId, state);
  const hasShape =
    DIGEST.test(acceptance) && DIGEST.test(termsDigest) && TRANSACTION_HASH.test(txHash);
  if (!hasShape) {
    throw new DomainError(
      'certification-malformed',
      `The certification for PoD ${podId} needs two digests of 64 hex digits and a transaction ` +
        'hash of 0x and 64.',
    );
  }
  const type = change === 'certified' ? 'AgreementCertified' : 'AgreementEndCertified';
  const event: AgreementEvent = { type, data: { podId, acceptance, termsDigest, txHash } };
  return state.certifications.some((known) => isSameEvent(known, event)) ? [] : [event];
}

function isSameEvent(one: AgreementEvent, other: AgreementEvent): boolean {
  return one.type === other.type && JSON.stringify(one.data) === JSON.stringify(other.data);
}

function notProposed(podId: string, { status }: AgreementState): DomainError {
  return new DomainError(
    'agreement-not-proposed',
    `No proposal waits for an answer for PoD ${podId} (status ${status}); propose an agreement first.`,
  );
}

function notInForce(podId: string, { status }: AgreementState): DomainError {
  return new DomainError(
    'agreement-not-in-force',
    `No agreement is in force for PoD ${podId} (status ${status}).`,
  );
}

function evolve(state: AgreementState, event: AgreementEvent): AgreementState {
  const { wasAccepted, certifications } = state;
  const known = { wasAccepted, certifications };
  if (event.type === 'AgreementProposed') {
    return { status: 'proposed', terms: termsOf(event.data), ...known };
  }
  if (state.status === 'none') return state;
  const { terms } = state;
  switch (event.type) {
    case 'AgreementAccepted':
      return { status: 'inForce', terms, certifications, wasAccepted: true };
    case 'AgreementRefused':
      return { status: 'refused', terms, ...known };
    case 'AgreementEnded':
      return { status: 'ended', terms, ...known };
    case 'AgreementCertified':
    case 'AgreementEndCertified':
      return { ...state, certifications: [...certifications, certificationOf(event)] };
    default:
      return state;
  }
}

/** As it was decided, whatever order its members were stored in. */
function certificationOf(
  event: Extract<AgreementEvent, { type: 'AgreementCertified' | 'AgreementEndCertified' }>,
): AgreementEvent {
  const { podId, acceptance, termsDigest, txHash } = event.data;
  return { type: event.type, data: { podId, acceptance, termsDigest, txHash } };
}

function termsOf(source: AgreementTerms): AgreementTerms {
  const { podId, aggregatorId, aggregatorWallet } = source;
  const { customerSharePerMille, customerPenaltySharePerMille } = source;
  return {
    podId,
    aggregatorId,
    customerSharePerMille,
    customerPenaltySharePerMille,
    aggregatorWallet,
  };
}

function sameTerms(one: AgreementTerms, other: AgreementTerms): boolean {
  const fields = Object.entries(termsOf(one)) as [keyof AgreementTerms, unknown][];
  return fields.every(([field, value]) => other[field] === value);
}
