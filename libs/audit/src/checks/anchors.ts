/**
 * The chain holds exactly the checkpoints that the log says it anchored, no more and no fewer, in
 * the contract that `CertifierStarted` names.
 */
import type { ChainSnapshot } from '../chain-snapshot';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings } from '../report';

type Started = LoggedOf<'CertifierStarted'>;
type Sealed = LoggedOf<'CheckpointSealed'>;
type Anchored = LoggedOf<'CheckpointAnchored'>;

/** @param chain why it could not be read, where that is so */
export function createAnchorCheck(chain: ChainSnapshot | string, findings: Findings): EventCheck {
  const sealed = new Map<number, Sealed>();
  /** By contract: what it holds, undefined where it could not be read, and what the log says of it. */
  const contracts = new Map<string, Contract>();
  let certifier: Started | undefined;

  function started(event: Started): void {
    certifier = event;
    const { chainId, anchorContract } = event.data;
    if (contracts.has(anchorContract)) return;
    const anchors = typeof chain === 'string' ? undefined : chain.anchors.get(anchorContract);
    const rootOfSize =
      typeof anchors === 'object'
        ? new Map(anchors.map(({ size, rootHex }) => [size, rootHex]))
        : undefined;
    contracts.set(anchorContract, { rootOfSize, recorded: new Set() });
    if (typeof chain === 'string') findings.fail(event, `not run: ${chain}`);
    else if (chain.chainId !== chainId) {
      findings.fail(event, `it names chain ${chainId}, the one that answers is ${chain.chainId}`);
    } else if (!rootOfSize) {
      findings.fail(event, `not run: ${String(anchors ?? 'the contract was not asked')}`);
    }
  }

  function anchoredFault({ data }: Anchored): string | undefined {
    const { size, root } = data;
    if (!certifier) return 'no CertifierStarted before it names a contract';
    const { anchorContract } = certifier.data;
    const { rootOfSize, recorded } = contracts.get(anchorContract)!;
    recorded.add(size);
    if (sealed.get(size)?.data.root !== root) {
      return `no checkpoint of ${size} leaves with root ${root} was sealed before it`;
    }
    const onChain = rootOfSize?.get(size);
    if (!rootOfSize || onChain === root) return undefined;
    return onChain === undefined
      ? `contract ${anchorContract} holds no anchor of ${size} leaves`
      : `contract ${anchorContract} holds root ${onChain} for ${size} leaves`;
  }

  function tellUnrecorded(address: string, { rootOfSize, recorded }: Contract): void {
    for (const [size, rootHex] of rootOfSize ?? []) {
      if (recorded.has(size)) continue;
      const anchor = `contract ${address} holds an anchor of ${size} leaves, root ${rootHex}`;
      findings.fail(sealed.get(size), `${anchor}, that the log does not know: events are missing`);
    }
  }

  return {
    findings,
    types: ['CertifierStarted', 'CheckpointSealed', 'CheckpointAnchored'],
    see(event) {
      if (event.type === 'CertifierStarted') started(event);
      else if (event.type === 'CheckpointSealed') sealed.set(event.data.size, event);
      else {
        const anchored = event as Anchored;
        findings.checked();
        const fault = anchoredFault(anchored);
        if (fault) findings.fail(anchored, fault);
      }
    },
    end() {
      if (!certifier) findings.fail(undefined, 'the log names no contract (CertifierStarted)');
      for (const [address, contract] of contracts) tellUnrecorded(address, contract);
    },
  };
}

interface Contract {
  readonly rootOfSize: ReadonlyMap<number, string> | undefined;
  /** Sizes that the log says it anchored there. */
  readonly recorded: Set<number>;
}
