/**
 * The chain holds exactly the checkpoints that the log says it anchored, no more and no fewer, in
 * the contract that `CertifierStarted` names. One that the log says is lost (`AnchorLost`) it holds no more, and a
 * later one stands in its place.
 */
import type { AnchoredRoot, ChainSnapshot } from '../chain-snapshot';
import type { EventCheck, LoggedOf } from '../logged-event';
import { type Findings, NOT_RUN } from '../report';

type Started = LoggedOf<'CertifierStarted'>;
type Sealed = LoggedOf<'CheckpointSealed'>;
type Anchored = LoggedOf<'CheckpointAnchored'>;
type Lost = LoggedOf<'AnchorLost'>;

/** An anchor check also tells what the guardian's rejections leave open. */
export interface AnchorCheck extends EventCheck {
  notExcluded(): string[];
}

/** @param chain why it could not be read, where that is so */
export function createAnchorCheck(chain: ChainSnapshot | string, findings: Findings): AnchorCheck {
  const sealed = new Map<number, Sealed>();
  /** By contract: what it holds, undefined where it could not be read, and what the log says of it. */
  const contracts = new Map<string, Contract>();
  let certifier: Started | undefined;

  function started(event: Started): void {
    certifier = event;
    const { chainId, anchorContract } = event.data;
    if (contracts.has(anchorContract)) return;
    const anchors = typeof chain === 'string' ? undefined : chain.anchors.get(anchorContract);
    const held = typeof anchors === 'object' ? anchors : undefined;
    const standing = held?.filter(({ isRejected }) => !isRejected);
    const rootOfSize = standing && new Map(standing.map(({ size, rootHex }) => [size, rootHex]));
    const placeOfSize = new Map(standing?.map((one) => [one.size, placeOf(one)]));
    const rejected = held?.filter(({ isRejected }) => isRejected) ?? [];
    const unread = typeof chain === 'string' ? 0 : (chain.anchorsUnread?.get(anchorContract) ?? 0);
    contracts.set(anchorContract, {
      rootOfSize,
      placeOfSize,
      rejected,
      unread,
      missing: new Map(),
      recorded: new Map(),
      lost: new Map(),
    });
    if (typeof chain === 'string') findings.fail(event, `${NOT_RUN}${chain}`);
    else if (chain.chainId !== chainId) {
      findings.fail(event, `it names chain ${chainId}, the one that answers is ${chain.chainId}`);
    } else if (!rootOfSize) {
      findings.fail(event, `${NOT_RUN}${String(anchors ?? 'the contract was not asked')}`);
    }
  }

  function anchoredFault(event: Anchored): string | undefined {
    const { size, root } = event.data;
    if (!certifier) return 'no CertifierStarted before it names a contract';
    const { anchorContract } = certifier.data;
    const { rootOfSize, placeOfSize, rejected, missing, recorded, lost } =
      contracts.get(anchorContract)!;
    recorded.set(size, root);
    lost.delete(size);
    if (sealed.get(size)?.data.root !== root) {
      return `no checkpoint of ${size} leaves with root ${root} was sealed before it`;
    }
    const onChain = rootOfSize?.get(size);
    if (!rootOfSize || onChain === root) return undefined;
    const isRejected = rejected.some((one) => one.size === size && one.rootHex === root);
    if (isRejected && onChain === undefined) return undefined;
    if (onChain === undefined) {
      // Whether the log says that it is lost, or a later one makes it good, is known at the end.
      missing.set(size, event);
      return undefined;
    }
    return `contract ${anchorContract} holds root ${onChain} for ${size} leaves${placeOfSize.get(size)}`;
  }

  function lostFault(event: Lost): string | undefined {
    const { size, root, standingSize } = event.data;
    if (!certifier) return 'no CertifierStarted before it names a contract';
    const { recorded, lost } = contracts.get(certifier.data.anchorContract)!;
    if (recorded.get(size) !== root) {
      return `no anchor of ${size} leaves with root ${root} was recorded before it`;
    }
    if (size <= standingSize) {
      return `it says that an anchor of ${size} leaves is lost, and one of ${standingSize} stands`;
    }
    lost.set(size, event);
    return undefined;
  }

  function tellUnrecorded(address: string, { rootOfSize, placeOfSize, recorded }: Contract): void {
    for (const [size, rootHex] of rootOfSize ?? []) {
      if (recorded.has(size)) continue;
      const place = placeOfSize.get(size);
      const anchor = `contract ${address} holds an anchor of ${size} leaves, root ${rootHex}${place}`;
      findings.fail(sealed.get(size), `${anchor}, that the log does not know: events are missing`);
    }
  }

  /** A true anchor that was rejected is made good by a later one; a false one is what rejecting is for. */
  function tellRejected(address: string, { rejected, recorded }: Contract): void {
    // Contracts that followed hold later ones of the same log.
    const covered = Math.max(...[...contracts.values()].map(coveredSize));
    const unknown = rejected.filter(({ size, rootHex }) => recorded.get(size) !== rootHex);
    const who = `the guardian of contract ${address} has rejected`;
    for (const { size, rootHex, ...one } of unknown.slice(0, REJECTED_TOLD)) {
      findings.note(
        `${who} an anchor of ${size} leaves, root ${rootHex}${placeOf(one)}, that the log does not know`,
      );
    }
    if (unknown.length > REJECTED_TOLD) {
      findings.note(`${who} ${unknown.length - REJECTED_TOLD} more that the log does not know`);
    }
    for (const { size, rootHex } of rejected) {
      if (recorded.get(size) !== rootHex) continue;
      const told = `${who} an anchor of ${size} leaves, root ${rootHex}`;
      if (size <= covered) findings.note(`${told}, that the log knows, and a later one stands`);
      else
        findings.fail(sealed.get(size), `${told}, and no later one covers what the log anchored`);
    }
  }

  /** What the log anchored and the contract does not hold; where some were not read, a later one makes it good. */
  function tellMissing(address: string, { unread, missing, lost, ...contract }: Contract): void {
    const covered = unread > 0 ? coveredSize(contract) : 0;
    const unseen = unread > 0 ? ` among those that were read, and ${unread} were not` : '';
    for (const [size, event] of missing) {
      if (size <= covered || lost.has(size)) continue;
      findings.fail(event, `contract ${address} holds no anchor of ${size} leaves${unseen}`);
    }
  }

  /**
   * What the log says is lost is made good by a later anchor. One that stands all the same may have come back, or
   * the certifier's node lagged behind: then the certifier has found it there, or made a later one.
   */
  function tellLost(address: string, { rootOfSize, rejected, recorded, lost }: Contract): void {
    if (!rootOfSize) return;
    const standing = new Map([...recorded].filter(([size]) => !lost.has(size)));
    const covered = coveredSize({ rootOfSize, recorded: standing });
    for (const [size, event] of lost) {
      const { root } = event.data;
      // What the guardian rejected is told as that.
      if (rejected.some((one) => one.size === size && one.rootHex === root)) continue;
      const anchor = `an anchor of ${size} leaves, which the log says is lost`;
      const isHeld = rootOfSize.get(size) === root;
      const found = `contract ${address} holds ${isHeld ? '' : 'no more '}${anchor}`;
      if (size <= covered) findings.note(`${found}, and a later one stands`);
      else findings.fail(event, `${found}, and no later one is recorded that stands`);
    }
  }

  return {
    findings,
    notExcluded: () =>
      [...contracts].flatMap(([address, { rejected, recorded, unread }]) => {
        const unknown = rejected.filter(({ size, rootHex }) => recorded.get(size) !== rootHex);
        const open: string[] = [];
        if (unknown.length > 0) {
          open.push(
            `that the log was made anew behind ${unknown.length} anchors that the guardian of contract ` +
              `${address} has rejected: ask the guardian why`,
          );
        }
        if (unread > 0) {
          open.push(
            `that contract ${address} holds other anchors among ${unread} in its middle that were not read: ` +
              'there are far more than the log knows; only the first and the last ones were looked at',
          );
        }
        return open;
      }),
    types: ['CertifierStarted', 'CheckpointSealed', 'CheckpointAnchored', 'AnchorLost'],
    see(event) {
      if (event.type === 'CertifierStarted') started(event);
      else if (event.type === 'CheckpointSealed') sealed.set(event.data.size, event);
      else {
        findings.checked();
        const fault =
          event.type === 'AnchorLost' ? lostFault(event) : anchoredFault(event as Anchored);
        if (fault) findings.fail(event, fault);
      }
    },
    end() {
      if (!certifier) findings.fail(undefined, 'the log names no contract (CertifierStarted)');
      for (const [address, contract] of contracts) {
        tellMissing(address, contract);
        tellLost(address, contract);
        tellUnrecorded(address, contract);
        tellRejected(address, contract);
      }
    },
  };
}

/** Where an anchor stands in its contract, for whoever is to reject it; nothing where that was not told. */
const placeOf = ({ index }: Pick<AnchoredRoot, 'index'>): string =>
  index === undefined ? '' : ` (anchor ${index})`;

/** Rejected anchors that are told one by one. */
const REJECTED_TOLD = 10;

/** The largest size that the log says it anchored and the contract holds. */
function coveredSize({ rootOfSize, recorded }: Pick<Contract, 'rootOfSize' | 'recorded'>): number {
  let covered = 0;
  for (const size of recorded.keys()) {
    if (rootOfSize?.has(size)) covered = Math.max(covered, size);
  }
  return covered;
}

interface Contract {
  /** Of the anchors that stand; undefined where they could not be read. */
  readonly rootOfSize: ReadonlyMap<number, string> | undefined;
  /** Words for where each of them stands. */
  readonly placeOfSize: ReadonlyMap<number, string>;
  readonly rejected: readonly AnchoredRoot[];
  /** How many of its anchors were not read. */
  readonly unread: number;
  /** What the log anchored and is not among those that were read. */
  readonly missing: Map<number, Anchored>;
  /** Roots by the sizes that the log says it anchored there. */
  readonly recorded: Map<number, string>;
  /** What the log says of them that the chain holds no more, and did not anchor again since, by their sizes. */
  readonly lost: Map<number, Lost>;
}
