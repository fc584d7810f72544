/**
 * The day that is tampered with: simulated once, with all that its adversaries may hold (keys of the
 * operator, of a node, of witnesses) and what auditors hold of it.
 */
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AuditReport,
  type ChainSnapshot,
  type TrustPolicy,
  auditRows,
  contentsOf,
} from '@flexledger/audit';
import { createNodeTools, exportTrust, openStoredLog, readChain } from '@flexledger/audit-cli';
import { LOG_ORIGIN, simulateDay } from '@flexledger/composer';
import { chainFile } from '@flexledger/contracts';
import type { RecordedEvent, StoredRow } from '@flexledger/domain';
import { logFile } from '@flexledger/event-store';
import {
  type Ed25519Key,
  type NodeKey,
  ed25519KeyFrom,
  nodeKeyFrom,
  sha256,
  sha256Hex,
  signEd25519,
} from '@flexledger/identity';
import {
  type NoteKey,
  NOTE_KEY_TYPES,
  cosignatureLine,
  parseCheckpoint,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { keyOf } from '@flexledger/scenario';
import { loadRulePack } from '@flexledger/service-kit';
import { type AdversaryContracts, deployBeside, startAdversaryChain } from './adversary-chain';
import { dataOf } from '../testing/simulated-day';
import { lastRowOf, upToAnchor, withInserted } from './edit-rows';
import { type RemakePower, remade } from './remake-log';

const PODS = 6;
const SEED = 1;
/** Which anchor the auditor saw last who did not come back since, of more than a hundred. */
const SEEN_LONG_AGO = 60;

/** What an auditor is shown. */
export interface Shown {
  readonly rows: readonly StoredRow[];
  /** As read; why not, where it cannot be. */
  readonly chain: ChainSnapshot | string;
  readonly sessionId?: string;
}

/**
 * What an auditor holds: nothing; a file that was exported and never used; one that has seen the whole day,
 * or its first half only; one that has seen half of it and asks two of three witnesses for the rest.
 */
export type TrustHeld = 'none' | 'exported' | 'seen' | 'stale' | 'quorum';

/** A party that cosigns checkpoints. */
export interface WitnessKey {
  readonly note: NoteKey;
  readonly privateKey: string;
  /** As a trust file names it. */
  readonly text: string;
}

/** What the operator can do besides changing rows. */
export interface Powers {
  /** Everything signed anew with the log's own key; the chain stays as it is. */
  signed(rows: readonly StoredRow[], other?: Partial<RemakePower>): Promise<Shown>;
  /** Signed anew and put on a chain made anew, whose block 0 is that of the honest one. */
  onNewChain(rows: readonly StoredRow[], other?: Partial<RemakePower>): Promise<Shown>;
  /** The same on a chain begun at another time, so that its block 0 is another. */
  onOtherChain(rows: readonly StoredRow[]): Promise<Shown>;
  /** Signed anew and put into new contracts on the chain as it was. */
  inNewContracts(rows: readonly StoredRow[]): Promise<Shown>;
  /** The chain loses what came after its nth anchor, as by a reorganisation. */
  reorganised(rows: readonly StoredRow[], nthAnchor: number): Promise<Shown>;
}

export interface HonestDay {
  readonly dataDir: string;
  readonly rows: readonly StoredRow[];
  readonly chain: ChainSnapshot;
  /** As it was after the anchor that the stale trust file has seen. */
  readonly older: Shown;
  readonly logKey: Ed25519Key;
  /** Three of them have cosigned the last checkpoint. */
  readonly witnesses: readonly WitnessKey[];
  readonly powers: Powers;
  nodeKeyOf(podId: string): NodeKey;
  trust(held: TrustHeld): TrustPolicy | undefined;
  /** The rows with the cosignatures of some on their last checkpoint. */
  cosigned(rows: readonly StoredRow[], by: readonly WitnessKey[]): StoredRow[];
  audited(shown: Shown, trust?: TrustHeld | TrustPolicy): Promise<AuditReport>;
  /** A copy of the data folder. */
  folder(name: string): string;
  remove(): Promise<void>;
}

/** Simulates the day and reads log and chain. */
export async function makeHonestDay(): Promise<HonestDay> {
  const root = mkdtempSync(path.join(tmpdir(), 'flexledger-tamper-'));
  const dataDir = path.join(root, 'day');
  await simulate(dataDir);
  const log = openStoredLog(logFile(dataDir));
  const stored = [...log.rows()];
  await log.close();
  const witnesses = ['north', 'south', 'west'].map(witnessOf);
  const rows = cosigned(stored, witnesses);
  const chain = await chainOf(rows, { dataDir });
  const exported = await exportTrust({ dataDir });
  const keys = keysIn(dataDir);
  const logKey = ed25519KeyFrom(keys.checkpointKey);
  const olderRows = upToAnchor(rows, SEEN_LONG_AGO);
  const older = { rows: olderRows, chain: cutAfter(chain, SEEN_LONG_AGO, olderRows) };
  const policies = policiesOf(exported, rows, olderRows, witnesses);
  const chains = await adversaryChains(root, dataDir, keys.chainKey, exported, rows);
  return {
    dataDir,
    rows,
    chain,
    older,
    logKey,
    witnesses,
    powers: {
      ...chains.powers(logKey),
      signed: async (changed, other) => ({
        rows: await remade(changed, { key: logKey, origin: LOG_ORIGIN, ...other }),
        chain,
      }),
    },
    nodeKeyOf: (podId) => nodeKeyFrom(keyOf(SEED, `node/${podId}`)),
    trust: (held) => policies[held],
    cosigned,
    async audited(shown, trust = 'none') {
      const policy = typeof trust === 'string' ? policies[trust] : trust;
      const { sessionId } = shown;
      return auditRows(
        { rows: () => shown.rows, faults: [], rowFault: () => undefined },
        {
          contents: await contentsOf(recorded(shown.rows)),
          chain: shown.chain,
          sessionId,
          ...(policy && { trust: policy }),
        },
        createNodeTools(),
      );
    },
    folder(name) {
      const copy = path.join(root, name);
      cpSync(dataDir, copy, { recursive: true });
      return copy;
    },
    async remove() {
      await chains.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function simulate(dataDir: string): Promise<void> {
  await simulateDay({
    pods: PODS,
    date: '2026-03-17',
    seed: SEED,
    grid: 'ieee33',
    dataDir,
    rules: loadRulePack('platone'),
    progress: { update: () => {}, end: () => {} },
    onProblem(problem) {
      throw new Error(problem);
    },
  });
}

async function adversaryChains(
  root: string,
  dataDir: string,
  chainKey: string,
  { chain: { certifier } }: TrustPolicy,
  honest: readonly StoredRow[],
) {
  const privateKey = `0x${chainKey}`;
  const firstMs = Date.parse(honest[0]!.occurredAt);
  const firstS = Math.floor(firstMs / 1_000);
  const same = await startAdversaryChain(privateKey, certifier, firstS);
  const other = await startAdversaryChain(privateKey, certifier, firstS - 60);
  const powers = (key: Ed25519Key): Omit<Powers, 'signed'> => {
    const on = async (
      contracts: AdversaryContracts,
      rows: readonly StoredRow[],
      with_: Partial<RemakePower> = {},
    ): Promise<Shown> => {
      const made = await remade(rows, { key, origin: LOG_ORIGIN, contracts, ...with_ });
      return { rows: made, chain: await chainOf(made, contracts) };
    };
    return {
      onNewChain: async (rows, with_) => on(await same.fresh(firstMs), rows, with_),
      onOtherChain: async (rows) => on(await other.fresh(firstMs), rows),
      async inNewContracts(rows) {
        const stateFile = path.join(root, 'beside.json');
        copyFileSync(chainFile(dataDir), stateFile);
        const lastMs = Date.parse(honest.at(-1)!.occurredAt);
        const contracts = await deployBeside(stateFile, privateKey, lastMs + 1_000);
        try {
          return await on(contracts, rows);
        } finally {
          await contracts.stop();
        }
      },
      async reorganised(rows, nthAnchor) {
        const contracts = await same.fresh(firstMs);
        let remembered = '';
        const made = await remade(rows, {
          key,
          origin: LOG_ORIGIN,
          contracts,
          async onAnchored(count) {
            if (count === nthAnchor) remembered = await contracts.remember();
          },
        });
        await contracts.goBackTo(remembered);
        return { rows: made, chain: await chainOf(made, contracts) };
      },
    };
  };
  return {
    powers,
    async stop() {
      await same.stop();
      await other.stop();
    },
  };
}

/** @throws Error when the chain cannot be read: an adversary's has to answer */
async function chainOf(
  rows: readonly StoredRow[],
  at: { readonly dataDir: string } | { readonly rpcUrl: string },
): Promise<ChainSnapshot> {
  const chain = await readChain({ dataDir: '', ...at }, await contentsOf(recorded(rows)));
  if (typeof chain === 'string') throw new Error(chain);
  return chain;
}

/** What can be read of the rows as events. */
async function* recorded(rows: readonly StoredRow[]): AsyncGenerator<RecordedEvent> {
  for (const row of rows) {
    try {
      yield { ...row, data: JSON.parse(row.data) as object };
    } catch {
      // The audit names it.
    }
  }
}

function policiesOf(
  exported: TrustPolicy,
  rows: readonly StoredRow[],
  olderRows: readonly StoredRow[],
  witnesses: readonly WitnessKey[],
): Record<TrustHeld, TrustPolicy | undefined> {
  const seenIn = (part: readonly StoredRow[]) => {
    const { size, root } = dataOf<'CheckpointSealed'>(lastRowOf(part, 'CheckpointSealed'));
    return { size, root };
  };
  const stale = { ...exported, lastCheckpoint: seenIn(olderRows) };
  return {
    none: undefined,
    exported,
    seen: { ...exported, lastCheckpoint: seenIn(rows) },
    stale,
    quorum: { ...stale, witnesses: { quorum: 2, keys: witnesses.map(({ text }) => text) } },
  };
}

/** The key of a witness by its name. */
export function witnessOf(place: string): WitnessKey {
  const { privateKey, publicKey } = ed25519KeyFrom(sha256Hex(`witness/${place}`));
  const note = { name: `example.org/${place}`, publicKey: Buffer.from(publicKey, 'hex') };
  return { note, privateKey, text: verifierKeyText(sha256, note, NOTE_KEY_TYPES.cosignature) };
}

function cosigned(rows: readonly StoredRow[], by: readonly WitnessKey[]): StoredRow[] {
  const { size, note } = dataOf<'CheckpointSealed'>(lastRowOf(rows, 'CheckpointSealed'));
  const { occurredAt } = rows.at(-1)!;
  const timeS = Math.floor(Date.parse(occurredAt) / 1_000);
  let all = [...rows];
  for (const { note: key, privateKey } of by) {
    const { signedText } = parseCheckpoint(note);
    const line = cosignatureLine(sha256, signedText, key, timeS, (message) =>
      signEd25519(privateKey, message),
    );
    all = withInserted(all, all.length, {
      streamId: 'certification',
      type: 'CheckpointCosigned',
      data: { size, witness: key.name, line },
      occurredAt,
      actor: 'platform:certifier',
    });
  }
  return all;
}

/** The chain as it was when it held so many anchors. */
function cutAfter(
  chain: ChainSnapshot,
  anchors: number,
  rows: readonly StoredRow[],
): ChainSnapshot {
  const awards = rows.filter(({ type }) => type === 'TokensAwarded').map(dataOf<'TokensAwarded'>);
  const [[anchorContract, all]] = [...chain.anchors] as [[string, never[]]];
  const [[tokenContract, token]] = [...chain.tokens] as [[string, ChainTokens]];
  const sum = awards.reduce((total, { amountMicroEur }) => total + BigInt(amountMicroEur), 0n);
  return {
    ...chain,
    anchors: new Map([[anchorContract, all.slice(0, anchors)]]),
    tokens: new Map([
      [
        tokenContract,
        {
          totalSupplyMicroEur: sum,
          distributionRoot: awards.at(-1)?.distributionRoot ?? `0x${'0'.repeat(64)}`,
          awards: token.awards.slice(0, awards.length),
        },
      ],
    ]),
  };
}

type ChainTokens = Exclude<ReturnType<ChainSnapshot['tokens']['get']>, string | undefined>;

function keysIn(dataDir: string): { readonly chainKey: string; readonly checkpointKey: string } {
  const text = readFileSync(path.join(dataDir, 'keys.json'), 'utf8');
  return JSON.parse(text) as { chainKey: string; checkpointKey: string };
}
