/**
 * The log against what the auditor holds of it (`trust-policy.ts`): its name and key, the chain and the
 * contracts on it, the last checkpoint that was seen, and the witnesses that have to have seen it too.
 * Without a trust policy only this is checked: that nobody started a second certifier.
 */
import { CERTIFICATION_STREAM, fromHex, toHex, withRecoveryKey } from '@flexledger/domain';
import {
  type NoteKey,
  type SignedCheckpoint,
  CheckpointError,
  NOTE_KEY_TYPES,
  cosignedAtS,
  parseCheckpoint,
  parseVerifierKey,
  verifierKeyText,
} from '@flexledger/merkle-log';
import type { ChainSnapshot } from '../chain-snapshot';
import type { CertifiedLeaves } from '../leaves';
import {
  type RecoveryKeyNamed,
  keyNamed,
  keyReplaced,
  recoveryKeyIn,
  recoveryNamed,
} from '../log-key';
import type { EventCheck, LoggedOf } from '../logged-event';
import type { Findings } from '../report';
import type { AuditTools } from '../tools';
import type {
  ContractsOfLog,
  FormerKey,
  LogKeys,
  SeenCheckpoint,
  TrustPolicy,
} from '../trust-policy';
import { createContractLine } from './contracts-change';
import { CONTRACTS, accessFaults, sameAddress, scheduledIn } from './trusted-chain';

type Started = LoggedOf<'CertifierStarted'>;
type Sealed = LoggedOf<'CheckpointSealed'>;
type Cosigned = LoggedOf<'CheckpointCosigned'>;

/** A trust check also tells what was seen, for the trust file to remember. */
export interface TrustCheck extends EventCheck {
  /** Is shown every row as well, each as the next leaf. */
  recorded(row: { readonly streamId: string; readonly recordedMs: number }): void;
  /** The largest checkpoint of the log, once all events were shown. */
  lastSeen(): SeenCheckpoint | undefined;
  /** The log's keys, once all events were shown; undefined where it names none. */
  logKeys(): LogKeys | undefined;
  /** What changes of contracts leave open, once all events were shown. */
  notExcluded(): string[];
  /** Contracts that follow those trusted, once all events were shown; undefined where none do, or not rightly. */
  contracts(): ContractsOfLog | undefined;
}

/** @param chain why it could not be read, where that is so */
export function createTrustCheck(
  trust: TrustPolicy | undefined,
  chain: ChainSnapshot | string,
  leaves: CertifiedLeaves,
  { sha256, verifyEd25519 }: Pick<AuditTools, 'sha256' | 'verifyEd25519'>,
  findings: Findings,
): TrustCheck {
  const { tree } = leaves;
  const contracts = createContractLine(trust, chain, leaves, { sha256, verifyEd25519 }, findings);
  let certifier: Started['data'] | undefined;
  let recovery: RecoveryKeyNamed | undefined;
  /** Keys of the log one after another, each with the leave of the one before or of the recovery key. */
  const keys = new Set<string>();
  const former: FormerKey[] = [];
  /** What is to be remembered of the log. */
  let seen: SeenCheckpoint | undefined;
  /** Leaves up to which a key is believed that was stated compromised; undefined where none was. */
  let endedAt: number | undefined;
  let sealed: Sealed | undefined;
  let anchoredSize = 0;
  /** Leaves of the largest checkpoint that the quorum has cosigned. */
  let vouchedSize = 0;
  let leafCount = 0;
  /** The market's own events that an anchor or the witnesses do not cover yet; the certifier's make no news. */
  let recorded: { readonly leaf: number; readonly recordedMs: number }[] = [];
  let lastRecordedMs = -Infinity;
  const bySize = new Map<number, { readonly event: Sealed; readonly lines: string[] }>();

  function started(event: Started): void {
    findings.checked();
    const before = certifier;
    // The recovery key that was named once stays, also where a later start says it no more.
    certifier = withRecoveryKey(event.data, before);
    recovery ??= recoveryNamed(event, leaves);
    if (!before) keys.add(event.data.publicKey);
    const isLed = contracts.started(event);
    for (const fault of before ? changes(before, event.data, isLed) : []) {
      findings.fail(event, fault);
    }
    if (!isVerifierKey(event.data.recoveryKey)) {
      // Remembered, it would make the trust file unusable, and what that has seen forgotten.
      findings.fail(event, `its recoveryKey ${event.data.recoveryKey} is no verifier key`);
    }
    if (!trust) return;
    for (const fault of certifierFaults(trust, event.data)) findings.fail(event, fault);
  }

  function isVerifierKey(text: string | undefined): boolean {
    try {
      recoveryKeyIn(sha256, text);
      return true;
    } catch (error) {
      if (error instanceof CheckpointError) return false;
      throw error;
    }
  }

  function accessNamed(event: LoggedOf<'DataAccessContractNamed'>): void {
    if (!trust) return;
    const { contract } = event.data;
    const trusted = trust.chain.accessContract;
    if (trusted === undefined) {
      findings.note(
        `grants of data are recorded in ${contract}, which the trust file does not name: it was made before there ` +
          'were any; export it anew, and have it confirmed like the first one',
      );
    } else if (!sameAddress(contract, trusted.address)) {
      findings.fail(event, `its accessContract is ${contract}; trusted is ${trusted.address}`);
    }
  }

  /** What is wrong with a statement `createCheckpointCheck` tells; here it is only not followed. */
  function replaced({ data }: LoggedOf<'LogKeyReplaced'>): void {
    if (!certifier) return;
    const inForce = { ...certifier, recovery, sealed: sealed?.data, rootOf };
    const done = keyReplaced(data, inForce, { sha256, verifyEd25519 });
    if ('fault' in done) return;
    former.push({ key: keyText(certifier), statement: data.statement });
    certifier = { ...certifier, publicKey: data.publicKey };
    keys.add(data.publicKey);
    if (done.isCompromise) ended(done.upTo);
  }

  /** What the ended key has sealed beyond, and witnesses have cosigned of it, counts no more. */
  function ended(upTo: number): void {
    endedAt = upTo;
    vouchedSize = Math.min(vouchedSize, upTo);
    if (seen && seen.size > upTo)
      seen = upTo === 0 ? undefined : { size: upTo, root: rootOf(upTo) };
  }

  const rootOf = (size: number): string => toHex(tree.root(size));
  const keyText = ({ origin: name, publicKey }: Started['data']): string =>
    verifierKeyText(sha256, { name, publicKey: fromHex(publicKey) });

  function recoveryFault({ recoveryKey }: TrustPolicy): string | undefined {
    if (recoveryKey === undefined || recovery?.key === recoveryKey) return undefined;
    return `the log's recovery key is ${recovery?.key ?? 'named by nobody'}; trusted is ${recoveryKey}`;
  }

  function keyFault(policy: TrustPolicy): string | undefined {
    const trusted = toHex(parseVerifierKey(sha256, policy.logKey).publicKey);
    if (keys.has(trusted)) return undefined;
    return `the log's key is ${[...keys].join(', then ') || 'named by nobody'}; trusted is ${trusted}`;
  }

  function cosigned({ data }: Cosigned): void {
    const checkpoint = bySize.get(data.size);
    if (!checkpoint) return;
    checkpoint.lines.push(data.line);
    if (!trust || trust.witnesses.quorum === 0) return;
    if (witnessesOf(checkpoint) < trust.witnesses.quorum) return;
    vouchedSize = Math.max(vouchedSize, data.size);
    forgetCovered();
  }

  function forgetCovered(): void {
    const isAsked = trust !== undefined && trust.witnesses.quorum > 0;
    const covered = isAsked ? Math.min(anchoredSize, vouchedSize) : anchoredSize;
    recorded = recorded.filter(({ leaf }) => leaf >= covered);
  }

  /** How many of the trusted witnesses have cosigned a checkpoint. */
  function witnessesOf({ event, lines }: { event: Sealed; lines: readonly string[] }): number {
    const note = readNote(`${event.data.note}${lines.join('')}`);
    if (!note) return 0;
    const keys = trust!.witnesses.keys.map((text) =>
      parseVerifierKey(sha256, text, NOTE_KEY_TYPES.cosignature),
    );
    const hasSeen = (key: NoteKey): boolean =>
      cosignedAtS(sha256, note, key, verifyEd25519) !== undefined;
    return keys.filter(hasSeen).length;
  }

  function lastSeenFault({ size, root }: SeenCheckpoint): string | undefined {
    if (tree.size < size) {
      return `the trust file has seen ${size} leaves of it, there are ${tree.size}: it shrank, or is another log`;
    }
    const found = toHex(tree.root(size));
    if (found === root) return undefined;
    const isOfEnded = endedAt !== undefined && endedAt < size;
    const why = isOfEnded
      ? `a key that was since stated compromised, from ${endedAt} leaves on, sealed the one or the other`
      : 'it was made anew';
    return `the trust file has seen root ${root} of its first ${size} leaves, they have ${found}: ${why}`;
  }

  /** What was recorded behind the first so many leaves, when that is longer ago than it may be. */
  function waitingFault(covered: number, what: string): string | undefined {
    const first = recorded.find(({ leaf }) => leaf >= covered);
    if (!first) return undefined;
    const waitedS = (lastRecordedMs - first.recordedMs) / 1_000;
    return waitedS > trust!.anchoredWithinSeconds
      ? `${what} what was recorded from leaf ${first.leaf} on, over ${Math.round(waitedS)} s`
      : undefined;
  }

  function trustedFaults(policy: TrustPolicy): (string | undefined)[] {
    const { lastCheckpoint, witnesses } = policy;
    return [
      keyFault(policy),
      recoveryFault(policy),
      lastCheckpoint ? lastSeenFault(lastCheckpoint) : undefined,
      ...(typeof chain === 'string' ? [] : accessFaults(policy, chain)),
      waitingFault(anchoredSize, 'no anchor covers'),
      witnesses.quorum === 0
        ? undefined
        : waitingFault(vouchedSize, `${witnesses.quorum} of the witnesses trusted have not seen`),
      witnesses.quorum > 0 && sealed && vouchedSize === 0
        ? `no checkpoint is cosigned by ${witnesses.quorum} of the ${witnesses.keys.length} witnesses trusted`
        : undefined,
    ];
  }

  return {
    findings,
    recorded({ streamId, recordedMs }) {
      if (trust && streamId !== CERTIFICATION_STREAM && !Number.isNaN(recordedMs)) {
        recorded.push({ leaf: leafCount, recordedMs });
        lastRecordedMs = recordedMs;
      }
      leafCount += 1;
    },
    types: [
      ...['CertifierStarted', 'LogKeyReplaced', 'ContractsChanged', 'CheckpointSealed'],
      ...['CheckpointAnchored', 'AnchorLost', 'CheckpointCosigned', 'DataAccessContractNamed'],
    ] as TrustCheck['types'],
    see(event) {
      switch (event.type) {
        case 'CertifierStarted':
          return started(event);
        case 'LogKeyReplaced':
          return replaced(event);
        case 'ContractsChanged':
          return contracts.changed(event, certifier);
        case 'CheckpointSealed':
          sealed = event;
          seen = { size: event.data.size, root: event.data.root };
          bySize.set(event.data.size, { event, lines: [] });
          return;
        case 'CheckpointAnchored':
          anchoredSize = event.data.size;
          contracts.anchored(event.data);
          return forgetCovered();
        case 'AnchorLost':
          return contracts.lost(event.data.standingSize);
        case 'DataAccessContractNamed':
          return accessNamed(event);
        default:
          return cosigned(event as Cosigned);
      }
    },
    end() {
      if (keys.size > 1) {
        findings.note(
          `the log went over to another key, with the leave of the one before or of its recovery key: ${keys.size - 1} times`,
        );
      }
      contracts.end(sealed?.data.size ?? 0);
      for (const words of typeof chain === 'string' ? [] : scheduledIn(chain)) findings.note(words);
      if (!trust) return;
      for (const fault of trustedFaults(trust)) {
        findings.checked();
        if (fault) findings.fail(undefined, fault);
      }
      if (typeof chain === 'string') findings.note(`chain not checked: ${chain}`);
    },
    lastSeen: () => seen,
    notExcluded: () => contracts.notExcluded(),
    contracts: () => contracts.followed(),
    logKeys: () =>
      certifier &&
      keyNamed(sha256, certifier) && {
        logKey: keyText(certifier),
        formerKeys: former,
        // Who has the disk alone can name one behind what is sealed, and have it remembered for ever.
        ...(recovery && seen && seen.size > recovery.leaf && { recoveryKey: recovery.key }),
      },
  };
}

/** What a later start of the certifier says otherwise than the one before. @param isLed other contracts rightly follow */
function changes(before: Started['data'], after: Started['data'], isLed: boolean): string[] {
  const faults: string[] = [];
  if (before.origin !== after.origin || before.publicKey !== after.publicKey) {
    faults.push(
      `a second certifier signs as ${after.origin} with key ${after.publicKey}; ` +
        `before it ${before.origin} did with key ${before.publicKey}`,
    );
  }
  for (const name of ['chainId', ...(isLed ? [] : CONTRACTS), 'recoveryKey'] as const) {
    // Logs from before agreements were certified name their contract later.
    if (before[name] === undefined || before[name] === after[name]) continue;
    // Once named it stays, also where a later start says it no more.
    if (name === 'recoveryKey' && after[name] === undefined) continue;
    faults.push(`its ${name} is ${after[name]}; before it was ${before[name]}`);
  }
  return faults;
}

function certifierFaults(trust: TrustPolicy, data: Started['data']): string[] {
  const faults: string[] = [];
  if (data.origin !== trust.origin) {
    faults.push(`the log is "${data.origin}"; trusted is "${trust.origin}"`);
  }
  if (data.chainId !== trust.chain.chainId) {
    faults.push(`its chain is ${data.chainId}; trusted is ${trust.chain.chainId}`);
  }
  return faults;
}

function readNote(text: string): SignedCheckpoint | undefined {
  try {
    return parseCheckpoint(text);
  } catch (error) {
    if (error instanceof CheckpointError) return undefined;
    throw error;
  }
}
