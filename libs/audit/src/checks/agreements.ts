/**
 * The terms that settlements are shared by are those that the chain certifies: each certificate in the
 * log has the digest of terms that were accepted and stands on the chain in the transaction named;
 * each PoD was settled under terms that stand there; and the chain certifies nothing beside them.
 */
import {
  type AgreementTerms,
  type Sha256,
  type SoldBy,
  agreementDigest,
  isLastPart,
} from '@flexledger/domain';
import type { ChainCertificate, ChainSnapshot } from '../chain-snapshot';
import type { EventCheck, LoggedOf } from '../logged-event';
import { type Findings, NOT_RUN } from '../report';
import { type Scope, WHOLE_LOG } from '../scope';

type Certified = LoggedOf<'AgreementCertified'> | LoggedOf<'AgreementEndCertified'>;
type Computed = LoggedOf<'SettlementComputed'>;

const keyOf = ({ podId, aggregatorId }: SoldBy): string => `${podId}/${aggregatorId}`;

/** @param chain why it could not be read, where that is so */
export function createAgreementCheck(
  chain: ChainSnapshot | string,
  scope: Scope,
  sha256: Sha256,
  findings: Findings,
): EventCheck {
  const contracts = new Set<string>();
  const certified: Certified[] = [];
  const accepted = createAcceptedTerms(sha256);
  /** Digests by which PoDs were settled, with the settlement that used each first. */
  const used = new Map<string, { readonly podId: string; readonly event: Computed }>();
  const rows = new Map<string, SoldBy[]>();

  function computed(event: Computed): void {
    const { sessionId, part } = event.data;
    if (!scope.settlement(sessionId)) return;
    const known = [...(rows.get(sessionId) ?? []), ...event.data.rows];
    rows.set(sessionId, isLastPart(part) ? [] : known);
    if (!isLastPart(part)) return;
    for (const row of known) {
      const digest = accepted.digestAtSale(sessionId, row);
      if (digest !== undefined && !used.has(digest)) used.set(digest, { podId: row.podId, event });
    }
  }

  function recorded(event: Certified): void {
    const { podId, termsDigest } = event.data;
    certified.push(event);
    if (scope === WHOLE_LOG) findings.checked();
    if (accepted.podOf(termsDigest) === podId) return;
    findings.fail(event, `its digest is not that of any terms that PoD ${podId} accepted`);
  }

  function compareWithChain(changes: readonly ChainCertificate[]): void {
    const onChain = new Map(changes.map((one) => [`${one.change}/${one.termsDigest}`, one]));
    for (const event of certified) {
      const { termsDigest, txHash } = event.data;
      if (scope !== WHOLE_LOG && !used.has(termsDigest)) continue;
      const step = event.type === 'AgreementCertified' ? 'certified' : 'ended';
      const change = onChain.get(`${step}/${termsDigest}`);
      if (!change) findings.fail(event, 'the chain knows no such certificate');
      else if (change.txHash !== txHash) {
        findings.fail(event, `the chain holds it in transaction ${change.txHash}`);
      }
    }
    for (const [digest, { podId, event }] of used) {
      findings.checked();
      if (onChain.has(`certified/${digest}`)) continue;
      findings.fail(event, `PoD ${podId} is settled by terms that the chain does not certify`);
    }
    for (const { termsDigest, txHash } of changes) {
      if (accepted.podOf(termsDigest) !== undefined) continue;
      const what = 'the chain certifies an agreement that the log does not know';
      findings.fail(undefined, `${what}, transaction ${txHash}`);
    }
  }

  return {
    findings,
    types: [
      'CertifierStarted',
      'AgreementProposed',
      'AgreementAccepted',
      'AgreementCertified',
      'AgreementEndCertified',
      'ResultPublished',
      'SettlementComputed',
    ],
    see(event) {
      switch (event.type) {
        case 'CertifierStarted':
          if (event.data.agreementContract) contracts.add(event.data.agreementContract);
          return;
        case 'AgreementProposed':
          return accepted.proposed(event.data);
        case 'AgreementAccepted':
          return accepted.accepted(event.data.podId, event.hash);
        case 'ResultPublished':
          for (const row of event.data.rows) accepted.digestAtSale(event.data.sessionId, row);
          return;
        case 'SettlementComputed':
          return computed(event);
        case 'AgreementCertified':
        case 'AgreementEndCertified':
          return recorded(event);
        default:
      }
    },
    end() {
      if (contracts.size === 0) return findings.note('the log names no agreement contract');
      const changes: ChainCertificate[] = [];
      for (const contract of contracts) {
        const state = typeof chain === 'string' ? chain : chain.agreements.get(contract);
        if (typeof state === 'object') changes.push(...state);
        else findings.fail(undefined, `${NOT_RUN}${state ?? 'the contract was not asked'}`);
      }
      if (typeof chain !== 'string') compareWithChain(changes);
    },
  };
}

/** Terms as they were accepted, by the rule of the award book: those at the sale, else the first later. */
function createAcceptedTerms(sha256: Sha256) {
  const proposed = new Map<string, AgreementTerms>();
  /** By PoD and aggregator, what was accepted last. */
  const latest = new Map<string, string>();
  const pods = new Map<string, string>();
  const atSale = new Map<string, Map<string, string | undefined>>();
  return {
    podOf: (digest: string): string | undefined => pods.get(digest),
    proposed: (terms: AgreementTerms): void => void proposed.set(terms.podId, terms),
    accepted(podId: string, eventHash: string): void {
      const terms = proposed.get(podId);
      if (!terms) return;
      const digest = agreementDigest(sha256, terms, eventHash);
      const key = keyOf(terms);
      pods.set(digest, podId);
      latest.set(key, digest);
      for (const sold of atSale.values()) {
        if (sold.has(key) && sold.get(key) === undefined) sold.set(key, digest);
      }
    },
    digestAtSale(sessionId: string, row: SoldBy): string | undefined {
      const sold = atSale.get(sessionId) ?? new Map<string, string | undefined>();
      atSale.set(sessionId, sold);
      if (!sold.has(keyOf(row))) sold.set(keyOf(row), latest.get(keyOf(row)));
      return sold.get(keyOf(row));
    },
  };
}
