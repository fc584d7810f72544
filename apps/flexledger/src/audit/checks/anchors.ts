/**
 * The chain holds exactly the checkpoints that the log says it anchored, no more and no fewer, in
 * the contract that `CertifierStarted` names.
 */
import type { Anchor } from '@flexledger/contracts';
import type { ChainSnapshot } from '../chain-snapshot';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings } from '../report';

type Started = LoggedOf<'CertifierStarted'>;
type Sealed = LoggedOf<'CheckpointSealed'>;
type Anchored = LoggedOf<'CheckpointAnchored'>;

/** @param chain why it could not be read, where that is so */
export function createAnchorCheck(chain: ChainSnapshot | string, findings: Findings): EventCheck {
  const sealed = new Map<number, Sealed>();
  /** Sizes anchored by the log's own account, by contract. */
  const recorded = new Map<string, Set<number>>();
  let certifier: Started | undefined;

  function started(event: Started): void {
    certifier = event;
    const { chainId, anchorContract } = event.data;
    if (recorded.has(anchorContract)) return;
    recorded.set(anchorContract, new Set());
    if (typeof chain === 'string') return;
    const anchors = chain.anchors.get(anchorContract);
    if (chain.chainId !== chainId) {
      findings.fail(event, `it names chain ${chainId}, the one that answers is ${chain.chainId}`);
    } else if (typeof anchors === 'string') findings.fail(event, anchors);
  }

  function anchoredFault({ data }: Anchored): string | undefined {
    const { size, root } = data;
    if (!certifier) return 'no CertifierStarted before it names a contract';
    if (sealed.get(size)?.data.root !== root) {
      return `no checkpoint of ${size} events with root ${root} was sealed before it`;
    }
    const { anchorContract } = certifier.data;
    recorded.get(anchorContract)!.add(size);
    const anchors = anchorsAt(anchorContract);
    const onChain = anchors?.find((anchor) => anchor.size === size);
    if (!anchors || onChain?.rootHex === root) return undefined;
    return onChain
      ? `contract ${anchorContract} holds root ${onChain.rootHex} for ${size} events`
      : `contract ${anchorContract} holds no anchor of ${size} events`;
  }

  function anchorsAt(contract: string): readonly Anchor[] | undefined {
    const anchors = typeof chain === 'string' ? undefined : chain.anchors.get(contract);
    return typeof anchors === 'string' ? undefined : anchors;
  }

  function tellUnrecorded(contract: string, sizes: ReadonlySet<number>): void {
    for (const { size, rootHex } of anchorsAt(contract) ?? []) {
      if (sizes.has(size)) continue;
      const anchor = `contract ${contract} holds an anchor of ${size} events, root ${rootHex}`;
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
      else if (typeof chain === 'string') findings.fail(certifier, `not run: ${chain}`);
      for (const [contract, sizes] of recorded) tellUnrecorded(contract, sizes);
    },
  };
}
