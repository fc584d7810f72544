/**
 * The grants of data that the log holds are those whose roots stand on the chain: each batch in the log has the root
 * of the grants and revocations that come next in the log, stands on the chain with it in the transaction named, and
 * the chain holds no batch beside them.
 */
import {
  type DataAccessChange,
  type Sha256,
  DATA_ACCESS_CHANGES,
  dataAccessEntry,
  toHex,
} from '@flexledger/domain';
import { merkleRoot } from '@flexledger/merkle-log';
import type { ChainAccessBatch, ChainSnapshot } from '../chain-snapshot';
import type { EventCheck, LoggedEvent, LoggedOf } from '../logged-event';
import { type Findings, NOT_RUN } from '../report';
import { type Scope, WHOLE_LOG } from '../scope';

type Recorded = LoggedOf<'DataAccessBatchRecorded'>;

/** @param chain why it could not be read, where that is so */
export function createAccessCheck(
  chain: ChainSnapshot | string,
  scope: Scope,
  sha256: Sha256,
  findings: Findings,
): EventCheck {
  let contract: string | undefined;
  /** Changes that stand in no batch yet, in the order of the log, as they are hashed into its leaves. */
  let waiting: Uint8Array[] = [];
  const recorded: Recorded[] = [];
  const rootOf = (entries: readonly Uint8Array[]): string => toHex(merkleRoot(sha256, entries));

  function named(event: LoggedOf<'DataAccessContractNamed'>): void {
    if (contract === undefined) contract = event.data.contract;
    else findings.fail(event, `grants are recorded in ${contract}; a second contract is named`);
  }

  function batch(event: Recorded): void {
    const { batch: number, count, root } = event.data;
    findings.checked();
    if (number !== recorded.length) {
      findings.fail(event, `batch ${recorded.length} of grants is missing before batch ${number}`);
    }
    recorded.push(event);
    if (event.data.contract !== contract) {
      findings.fail(
        event,
        `it names contract ${event.data.contract}, the log ${contract ?? 'none'}`,
      );
    }
    const entries = waiting.slice(0, count);
    waiting = waiting.slice(count);
    if (entries.length < count) {
      findings.fail(event, `it has ${count} grants, of which the log holds ${entries.length}`);
    } else if (rootOf(entries) !== root) {
      findings.fail(event, `the grants in it have root ${rootOf(entries)}, not ${root}`);
    }
  }

  function compareWithChain(onChain: readonly ChainAccessBatch[]): void {
    const byNumber = new Map(onChain.map((one) => [one.batch, one]));
    for (const event of recorded) {
      const { batch: number, count, root, txHash } = event.data;
      const held = byNumber.get(number);
      byNumber.delete(number);
      if (!held) findings.fail(event, `the chain knows no batch ${number} of grants`);
      else if (held.rootHex !== root || held.count !== count) {
        const has = `${held.count} grants with root ${held.rootHex}`;
        findings.fail(event, `the chain holds batch ${number} otherwise: ${has}`);
      } else if (held.txHash !== txHash) {
        findings.fail(event, `the chain holds it in transaction ${held.txHash}`);
      }
    }
    for (const { batch: number, count, rootHex, txHash } of byNumber.values()) {
      const entries = waiting.slice(0, count);
      if (entries.length === count && rootOf(entries) === rootHex) {
        waiting = waiting.slice(count);
        findings.note(`batch ${number} of grants stands on the chain, and not yet in the log`);
        continue;
      }
      const what = `the chain holds a batch ${number} of ${count} grants that the log does not know`;
      findings.fail(undefined, `${what}, transaction ${txHash}`);
    }
  }

  return {
    findings,
    types: [...DATA_ACCESS_CHANGES, 'DataAccessContractNamed', 'DataAccessBatchRecorded'],
    see(event: LoggedEvent) {
      if (scope !== WHOLE_LOG) return;
      switch (event.type) {
        case 'DataAccessContractNamed':
          return named(event);
        case 'DataAccessBatchRecorded':
          return batch(event);
        case 'DataAccessGranted':
        case 'DataAccessRevoked':
          waiting.push(dataAccessEntry(event as unknown as DataAccessChange));
          return;
        default:
      }
    },
    end() {
      if (scope !== WHOLE_LOG) return findings.note('of the whole log only');
      if (contract !== undefined) {
        const state = typeof chain === 'string' ? chain : chain.access.get(contract);
        if (typeof state === 'object') compareWithChain(state);
        else findings.fail(undefined, `${NOT_RUN}${state ?? 'the contract was not asked'}`);
      }
      if (waiting.length > 0) {
        findings.note(`${waiting.length} grants and revocations wait to be recorded on the chain`);
      }
    },
  };
}
