import { type Decider, DomainError } from '../log/decider';
import type { CertificationEvent } from './events';

type DataOf<Type extends CertificationEvent['type']> = Extract<
  CertificationEvent,
  { type: Type }
>['data'];

export type CertificationCommand =
  | { readonly kind: 'start'; readonly certifier: DataOf<'CertifierStarted'> }
  | { readonly kind: 'replaceKey'; readonly replaced: DataOf<'LogKeyReplaced'> }
  | { readonly kind: 'changeContracts'; readonly change: DataOf<'ContractsChanged'> }
  | { readonly kind: 'seal'; readonly checkpoint: DataOf<'CheckpointSealed'> }
  | { readonly kind: 'recordAnchor'; readonly anchor: DataOf<'CheckpointAnchored'> }
  | { readonly kind: 'recordCosignature'; readonly cosignature: DataOf<'CheckpointCosigned'> }
  | {
      readonly kind: 'recordLost';
      /** Of the last anchor that stands; 0 where none does. */
      readonly standingSize: number;
      /** What the log says it anchored, the smallest first. */
      readonly anchored: readonly { readonly size: number; readonly root: string }[];
    }
  | { readonly kind: 'recordFailure'; readonly failure: DataOf<'AnchorFailed'> };

export interface CertificationState {
  readonly certifier?: DataOf<'CertifierStarted'>;
  readonly sealed?: { readonly size: number; readonly root: string };
  /** Public key that signed that checkpoint. */
  readonly sealedBy?: string;
  readonly anchoredSize: number;
  /** Of the last anchor in the contracts before those in force; absent where there were none. */
  readonly anchoredBefore?: number;
  /** Anchors were lost, and none was made since. */
  readonly isLost?: true;
  /** The largest checkpoint that witnesses have cosigned, and their names. */
  readonly cosigned?: { readonly size: number; readonly witnesses: readonly string[] };
  /**
   * The first checkpoint whose anchoring failed, until it or a later one is anchored. The chain may hold it
   * all the same, where only its answer was lost.
   */
  readonly failed?: { readonly size: number; readonly root: string };
}

/** A log that never signs a checkpoint smaller than, or at odds with, an earlier one. */
export const certificationDecider: Decider<
  CertificationState,
  CertificationCommand,
  CertificationEvent
> = { initialState: { anchoredSize: 0 }, decide, evolve };

function decide(command: CertificationCommand, state: CertificationState): CertificationEvent[] {
  switch (command.kind) {
    case 'start':
      return start(command.certifier, state.certifier);
    case 'replaceKey':
      return replaceKey(command.replaced, state);
    case 'changeContracts':
      return changeContracts(command.change, state);
    case 'seal': {
      const { size, root } = command.checkpoint;
      if (state.sealed?.size === size && state.sealed.root === root) return [];
      if (state.sealed && size <= state.sealed.size) {
        throw new DomainError(
          'checkpoint-shrinks',
          `A checkpoint of ${size} events cannot follow the sealed one of ${state.sealed.size}; ` +
            'the log lost events or the certifier reads another log.',
        );
      }
      return [{ type: 'CheckpointSealed', data: command.checkpoint }];
    }
    case 'recordAnchor':
      return command.anchor.size <= state.anchoredSize
        ? []
        : [{ type: 'CheckpointAnchored', data: command.anchor }];
    case 'recordCosignature': {
      const { size, witness } = command.cosignature;
      const { cosigned } = state;
      const isKnown = cosigned && (size < cosigned.size || isBy(cosigned, size, witness));
      return isKnown ? [] : [{ type: 'CheckpointCosigned', data: command.cosignature }];
    }
    case 'recordLost': {
      const { standingSize, anchored } = command;
      const lost = anchored.filter(({ size }) => size > standingSize && size <= state.anchoredSize);
      return lost.map(({ size, root }) => ({
        type: 'AnchorLost' as const,
        data: { size, root, standingSize },
      }));
    }
    case 'recordFailure':
      // One event an outage and checkpoint; the next success tells when it was over.
      return command.failure.size === state.failed?.size
        ? []
        : [{ type: 'AnchorFailed', data: command.failure }];
  }
}

function start(
  certifier: DataOf<'CertifierStarted'>,
  before: CertificationState['certifier'],
): CertificationEvent[] {
  const names = Object.keys(certifier) as (keyof typeof certifier)[];
  if (before && names.every((name) => before[name] === certifier[name])) return [];
  if (before) refuseAnother(before, certifier);
  return [{ type: 'CertifierStarted', data: certifier }];
}

function replaceKey(
  replaced: DataOf<'LogKeyReplaced'>,
  { certifier }: CertificationState,
): CertificationEvent[] {
  if (!certifier) {
    throw new DomainError('not-certified', 'The log has no key yet that another could replace.');
  }
  if (replaced.publicKey === certifier.publicKey) return [];
  return [{ type: 'LogKeyReplaced', data: replaced }];
}

/** Both events stand together: who reads what the certifier names needs not know of the change. */
function changeContracts(
  change: DataOf<'ContractsChanged'>,
  { certifier, anchoredSize }: CertificationState,
): CertificationEvent[] {
  if (!certifier) {
    throw new DomainError('not-certified', 'The log has no contracts yet that could be changed.');
  }
  const { chainId, former, next, lastAnchor } = change;
  const addresses = {
    anchorContract: next.anchorContract.address,
    tokenContract: next.tokenContract.address,
    agreementContract: next.agreementContract.address,
  };
  if (CONTRACTS.every((name) => certifier[name] === addresses[name])) return [];
  refuseAnother(certifier, { ...certifier, chainId, ...former });
  for (const name of CONTRACTS) {
    if (addresses[name] !== former[name]) continue;
    throw new DomainError(
      'contract-in-force',
      `The ${name} ${former[name]} is the one in force; a change of contracts names another for each.`,
    );
  }
  if (lastAnchor.size !== anchoredSize || anchoredSize === 0) {
    throw new DomainError(
      'last-anchor-differs',
      `The last anchor that the log records is of ${anchoredSize} leaves, that of the change of ${lastAnchor.size}; ` +
        'anchor the log first.',
    );
  }
  return [
    { type: 'ContractsChanged', data: change },
    { type: 'CertifierStarted', data: { ...certifier, ...addresses } },
  ];
}

const CONTRACTS = ['anchorContract', 'tokenContract', 'agreementContract'] as const;

/** A log has one name, its key and its contracts; others are refused by name. */
function refuseAnother(before: DataOf<'CertifierStarted'>, now: DataOf<'CertifierStarted'>): void {
  for (const name of CERTIFIED_BY) {
    // Logs from before agreements were certified name their contract later.
    if (before[name] === undefined || before[name] === now[name]) continue;
    // What the log names once it keeps, also where its certifier says it no more.
    if (name === 'recoveryKey' && now[name] === undefined) continue;
    throw new DomainError(
      'another-certifier',
      `The log is certified with ${name} ${before[name]}; a certifier with ${now[name]} cannot go on ` +
        'with it. Start it with the keys and the chain that belong to the log.',
    );
  }
}

const CERTIFIED_BY = ['origin', 'publicKey', 'chainId', ...CONTRACTS, 'recoveryKey'] as const;

function evolve(state: CertificationState, event: CertificationEvent): CertificationState {
  switch (event.type) {
    case 'CertifierStarted':
      return { ...state, certifier: withRecoveryKey(event.data, state.certifier) };
    case 'LogKeyReplaced': {
      const { publicKey } = event.data;
      return state.certifier ? { ...state, certifier: { ...state.certifier, publicKey } } : state;
    }
    case 'ContractsChanged': {
      const { failed: _, isLost: __, ...rest } = state;
      return { ...rest, anchoredBefore: event.data.lastAnchor.size };
    }
    case 'CheckpointSealed': {
      const { size, root } = event.data;
      const sealedBy = state.certifier?.publicKey;
      return { ...state, sealed: { size, root }, ...(sealedBy !== undefined && { sealedBy }) };
    }
    case 'CheckpointAnchored': {
      const { failed, isLost: _, ...rest } = state;
      const { size } = event.data;
      return { ...rest, ...(failed && failed.size > size && { failed }), anchoredSize: size };
    }
    case 'CheckpointCosigned': {
      const { size, witness } = event.data;
      const before = state.cosigned?.size === size ? state.cosigned.witnesses : [];
      return { ...state, cosigned: { size, witnesses: [...before, witness] } };
    }
    case 'AnchorLost': {
      const { standingSize } = event.data;
      const anchoredSize = Math.min(state.anchoredSize, standingSize);
      return { ...state, anchoredSize, isLost: true };
    }
    case 'AnchorFailed':
      return { ...state, failed: state.failed ?? { size: event.data.size, root: event.data.root } };
    default:
      return state;
  }
}

/** A certifier as it starts, with the recovery key that its log has named before. */
export function withRecoveryKey(
  now: DataOf<'CertifierStarted'>,
  before: DataOf<'CertifierStarted'> | undefined,
): DataOf<'CertifierStarted'> {
  const recoveryKey = before?.recoveryKey ?? now.recoveryKey;
  return recoveryKey === undefined ? now : { ...now, recoveryKey };
}

function isBy(
  cosigned: NonNullable<CertificationState['cosigned']>,
  size: number,
  witness: string,
): boolean {
  return cosigned.size === size && cosigned.witnesses.includes(witness);
}
