/**
 * The contracts that a log has had one after another. Others follow by a statement only (`ContractsChanged`): signed by the
 * key of the log then, sealed in the log, and naming the last anchor that the contract before holds.
 */
import { CheckpointError, verifyContractsChange } from '@flexledger/merkle-log';
import type { ChainSnapshot } from '../chain-snapshot';
import type { CertifiedLeaves } from '../leaves';
import { NO_KEY, keyNamed } from '../log-key';
import type { LoggedOf } from '../logged-event';
import type { Findings } from '../report';
import type { AuditTools } from '../tools';
import type { ContractsOfLog, FormerContracts, TrustPolicy } from '../trust-policy';
import {
  CONTRACTS,
  chainFaults,
  contractIn,
  formerFaults,
  sameAddress,
  trustedContractAt,
  whichChainFaults,
} from './trusted-chain';

type Started = LoggedOf<'CertifierStarted'>;
type Changed = LoggedOf<'ContractsChanged'>;
type Anchored = LoggedOf<'CheckpointAnchored'>['data'];
type Contracts = Pick<Started['data'], (typeof CONTRACTS)[number]>;

/** The contracts of a log, as far as it was shown. */
export interface ContractLine {
  anchored(anchor: Anchored): void;
  /** @param standingSize leaves of the last anchor that stands */
  lost(standingSize: number): void;
  /** A statement; what is wrong with it is told, and it is not followed. @param inForce as the log named itself last */
  changed(event: Changed, inForce: Started['data'] | undefined): void;
  /** The contracts that a start names. @returns whether a statement right before it leads to other ones than before */
  started(event: Started): boolean;
  /** After the last event. @param sealedSize leaves that the log's checkpoints cover */
  end(sealedSize: number): void;
  /** What changes of contracts leave open although they are right, in words for people. */
  notExcluded(): string[];
  /** Those that follow the ones trusted, once `end` was called and found nothing wrong; undefined where none do. */
  followed(): ContractsOfLog | undefined;
}

/** @param chain why it could not be read, where that is so */
export function createContractLine(
  trust: TrustPolicy | undefined,
  chain: ChainSnapshot | string,
  leaves: Pick<CertifiedLeaves, 'leafIndexOf'>,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
  findings: Findings,
): ContractLine {
  /** Contracts that a trust file knows, the oldest first. */
  const trusted = trust ? [...(trust.formerContracts ?? []), trust.chain] : [];
  /** How many statements the log has followed. */
  const followed: Changed[] = [];
  /** Found right, and the start that names its contracts is the next one. */
  let waiting: Changed | undefined;
  /** Anchors that the log says stand in the contract in force. */
  let anchors: Anchored[] = [];
  let faults = 0;

  function fail(event: Started | Changed | undefined, fault: string): void {
    faults += 1;
    findings.fail(event, fault);
  }

  function changeFault({ data }: Changed, inForce: Started['data'] | undefined) {
    if (!inForce) return 'no CertifierStarted before it names contracts that others could follow';
    const { former, next, chainId, lastAnchor, statement, ...rest } = data;
    const key = keyNamed(sha256, inForce);
    if (!key) return NO_KEY;
    try {
      const change = { former, next, chainId, lastAnchor, ...rest };
      const log = { origin: inForce.origin, key };
      verifyContractsChange(sha256, statement, change, log, verifyEd25519);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      return `contracts change without the leave of the log's key: ${error.message}`;
    }
    if (chainId !== inForce.chainId)
      return `it is of chain ${chainId}, the log of ${inForce.chainId}`;
    for (const name of CONTRACTS) {
      const before = inForce[name];
      // To the letter: anchors and tokens are looked for under the address that the log has.
      if (before === undefined || former[name] !== before) {
        return `it gives up the ${name} ${former[name]}; the log has ${before ?? 'none'}`;
      }
      const known = [...followed.map((one) => one.data.former[name]), before];
      if (known.some((one) => sameAddress(one, next[name].address))) {
        return `the ${name} ${next[name].address} that it goes on to is one of before`;
      }
    }
    const last = anchors.at(-1);
    if (last?.size !== lastAnchor.size || last.root !== lastAnchor.root) {
      return `it names the anchor of ${lastAnchor.size} leaves as the last; the log's last is of ${last?.size ?? 0}`;
    }
    const { txHash, blockNumber } = last;
    if (txHash === lastAnchor.txHash && blockNumber === lastAnchor.blockNumber) return undefined;
    return (
      `it names transaction ${lastAnchor.txHash} in block ${lastAnchor.blockNumber} for the last anchor; ` +
      `the log has ${txHash} in block ${blockNumber}`
    );
  }

  /** Between the two the award book would have gone on, and the certifier not. */
  function isWrittenWith(event: Started, change: Changed): boolean {
    return leaves.leafIndexOf(event) === leaves.leafIndexOf(change)! + 1;
  }

  function failNotFollowed(change: Changed): void {
    fail(
      change,
      'no CertifierStarted that names the contracts that it goes on to is written with it',
    );
  }

  /** That the contract before holds the named anchor as its last. */
  function lastAnchorFault({ data: { former, lastAnchor } }: Changed, on: ChainSnapshot) {
    const contract = former.anchorContract;
    const held = on.anchors.get(contract);
    if (typeof held !== 'object') return undefined; // the check of anchors tells
    const named = `the last anchor that the change of contracts names, of ${lastAnchor.size} leaves`;
    const isHeld = held.some(
      ({ size, rootHex }) => size === lastAnchor.size && rootHex === lastAnchor.root,
    );
    if (!isHeld) return `contract ${contract} does not hold ${named}`;
    const later = held.find(({ size, isRejected }) => size > lastAnchor.size && !isRejected);
    if (!later) return undefined;
    const place = later.index === undefined ? '' : ` (anchor ${later.index})`;
    return `contract ${contract} holds an anchor of ${later.size} leaves${place} behind ${named}`;
  }

  /** That what follows is the code that the statement names, under the admin that it names where it is not trusted yet. */
  function nextFaults({ data: { next } }: Changed, isNew: boolean, on: ChainSnapshot): string[] {
    const told = CONTRACTS.flatMap((name) => {
      const { address, codeHash } = next[name];
      const state = contractIn(on, { address });
      if (!state || state.codeHash === codeHash) return [];
      return [
        `the code of the ${name} ${address} has hash ${state.codeHash}, the change says ${codeHash}`,
      ];
    });
    const owner = contractIn(on, next.anchorContract)?.owner;
    if (isNew && owner !== undefined && !sameAddress(owner, next.admin)) {
      told.push(
        `the anchorContract ${next.anchorContract.address} obeys ${owner}, the change says ${next.admin}`,
      );
    }
    return told;
  }

  /** Changes that the trust file does not know yet: its own contracts are those of before the first of them. */
  const newChanges = (): readonly Changed[] => (trust ? followed.slice(trusted.length - 1) : []);

  function trustedFaults(policy: TrustPolicy, on: ChainSnapshot): string[] {
    const former = policy.formerContracts ?? [];
    const isInForce = newChanges().length === 0;
    return [
      ...former.flatMap((one) => formerFaults(one, on)),
      ...(isInForce
        ? chainFaults(policy, on)
        : [...whichChainFaults(policy, on), ...formerFaults(policy.chain, on)]),
    ];
  }

  /** Who else has a duty in the contracts that follow: the operator gives them, and a file that follows takes them over. */
  function otherDuties({ chain: before }: TrustPolicy, on: ChainSnapshot): string[] {
    const next = newChanges().at(-1)?.data.next;
    if (!next) return [];
    const told = CONTRACTS.flatMap((name) => {
      const { guardians } = before[name];
      const found = contractIn(on, next[name])?.duties?.guardians ?? [];
      if (guardians === undefined || isSameAccounts(guardians, found)) return [];
      return [
        `the ${name} ${next[name].address} that follows has ${listed('guardian', found)}, the one before had ` +
          listed('guardian', guardians),
      ];
    });
    if (!sameAddress(next.admin, before.certifier)) {
      told.push(
        `the contracts that follow obey ${next.admin}, those before obeyed ${before.certifier}`,
      );
    }
    return told;
  }

  function contractsTrusted(named: Started): void {
    const place = followed.length;
    const expected = trusted[place];
    if (!expected) return;
    for (const name of CONTRACTS) {
      const { address } = expected[name];
      const found = named.data[name];
      if (found !== undefined && sameAddress(found, address)) continue;
      // Named by a later start, in logs from before agreements were certified.
      if (found === undefined && name === 'agreementContract') continue;
      fail(named, `its ${name} is ${found}; trusted is ${address}`);
    }
  }

  return {
    anchored: (anchor) => void anchors.push(anchor),
    lost(standingSize) {
      anchors = anchors.filter(({ size }) => size <= standingSize);
    },
    changed(event, inForce) {
      findings.checked();
      if (waiting) failNotFollowed(waiting);
      waiting = undefined;
      const fault = changeFault(event, inForce);
      if (fault) return fail(event, fault);
      waiting = event;
    },
    started(event) {
      const next = waiting;
      waiting = undefined;
      const isLed =
        next !== undefined &&
        isWrittenWith(event, next) &&
        CONTRACTS.every((name) => sameAs(event.data[name], next.data.next[name].address));
      if (isLed) {
        followed.push(next);
        anchors = [];
      } else if (next) failNotFollowed(next);
      contractsTrusted(event);
      return isLed;
    },
    end(sealedSize) {
      if (waiting) failNotFollowed(waiting);
      for (const event of followed) {
        if (leaves.leafIndexOf(event)! < sealedSize) continue;
        fail(event, 'no checkpoint covers this change of contracts, so nothing is believed of it');
      }
      if (followed.length > 0) {
        findings.note(
          `the log went on to other contracts, by a statement of its key: ${followed.length} times`,
        );
      }
      if (trust && followed.length + 1 < trusted.length) {
        const { address } = trust.chain.anchorContract;
        fail(
          undefined,
          `the log does not come to the anchorContract ${address} that is trusted: it shrank, or is another log`,
        );
      }
      if (typeof chain === 'string') return;
      const isNew = new Set(newChanges());
      for (const event of followed) {
        findings.checked();
        const told = [lastAnchorFault(event, chain), ...nextFaults(event, isNew.has(event), chain)];
        for (const fault of told) if (fault) fail(event, fault);
      }
      if (!trust) return;
      for (const words of otherDuties(trust, chain)) findings.note(words);
      for (const fault of trustedFaults(trust, chain)) fail(undefined, fault);
    },
    notExcluded() {
      // Without a trust file that is said of any log; more than half of the witnesses see one way only.
      if (!trust || trust.witnesses.quorum > 0) return [];
      return followed.map(
        ({ data: { former, next } }) =>
          `that who holds the key of the log has gone on from contract ${former.anchorContract} to others besides ` +
          `${next.anchorContract.address}, and shows others a log there: no contract tells which one follows it, and ` +
          'no witness is asked for; compare the new addresses with those that were announced',
      );
    },
    followed() {
      const changes = newChanges();
      const last = changes.at(-1);
      if (!trust || !last || typeof chain === 'string' || faults > 0) return undefined;
      const at = (name: (typeof CONTRACTS)[number]) =>
        trustedContractAt(chain, last.data.next[name].address);
      return {
        chain: {
          ...trust.chain,
          certifier: last.data.next.admin,
          anchorContract: at('anchorContract'),
          tokenContract: at('tokenContract'),
          agreementContract: at('agreementContract'),
        },
        formerContracts: [
          ...(trust.formerContracts ?? []),
          ...changes.map(({ data }, index) =>
            formerContracts(data, index === 0 ? trust.chain : changes[index - 1]!.data.next),
          ),
        ],
      };
    },
  };
}

/** What a change gave up, for trust files to keep. @param contracts with the hashes of their code, as they were in force */
export function formerContracts(
  { lastAnchor: { size, root }, statement }: Changed['data'],
  contracts: Pick<TrustPolicy['chain'], (typeof CONTRACTS)[number]>,
): FormerContracts {
  const withCode = (name: (typeof CONTRACTS)[number]) => {
    const { address, codeHash } = contracts[name];
    return { address, codeHash };
  };
  return {
    anchorContract: withCode('anchorContract'),
    tokenContract: withCode('tokenContract'),
    agreementContract: withCode('agreementContract'),
    lastAnchor: { size, root },
    statement,
  };
}

function isSameAccounts(some: readonly string[], others: readonly string[]): boolean {
  const isIn = (one: string): boolean => others.some((other) => sameAddress(one, other));
  return some.length === others.length && some.every(isIn);
}

const listed = (duty: string, accounts: readonly string[]): string =>
  accounts.length === 0 ? `no ${duty}` : `the ${duty} ${accounts.join(', ')}`;

const sameAs = (one: Contracts['agreementContract'], other: string): boolean =>
  one !== undefined && sameAddress(one, other);
