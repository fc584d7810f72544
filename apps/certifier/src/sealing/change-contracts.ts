/**
 * A planned change of contracts: what was recorded is sealed and anchored in the contracts until now, others are deployed,
 * a statement that the log's key signs names both, and the log goes on in the new ones. It is made anew or gone on with,
 * wherever it was cut off: until the statement is recorded nothing has changed, and from then on the reason tells that it
 * is the same change.
 */
import {
  CERTIFICATION_STREAM,
  type CertificationCommand,
  type CertificationEvent,
  type CertificationState,
  certificationDecider,
  toHex,
} from '@flexledger/domain';
import { contextOf, createCommandHandler } from '@flexledger/event-store';
import { sha256Hex } from '@flexledger/identity';
import { type ContractsChange, contractsChangeText, reasonFault } from '@flexledger/merkle-log';
import { messageOf } from '@flexledger/runtime';
import type { Anchors } from '../anchoring/anchors';
import { signedNote } from '../keys/log-signer';
import { createCertifiedLog } from '../leaves/certified-log';
import { openLeafStore } from '../leaves/leaf-store';
import { askWitnesses } from '../witnessing/witnesses';
import {
  type Certifier,
  type CertifierChain,
  type SealingOptions,
  createCertifier,
} from './sealing';

/** The contracts of a log, and where it is anchored in them. */
export interface ContractsOfLog {
  readonly chain: CertifierChain;
  readonly anchors: Anchors;
}

export interface ChangeContractsOptions extends Omit<
  SealingOptions,
  'certified' | 'anchors' | 'chain' | 'witnesses'
> {
  /** Where the certifier keeps its leaves; `:memory:` for nowhere. */
  readonly folder: string;
  /** For people, one line; a change for the same reason as the last one is that one. */
  readonly reason: string;
  /** Those that the log names now. */
  readonly current: ContractsOfLog;
  /** Deploys others. */
  deploy(): Promise<ContractsChange['next']>;
  /**
   * Refuses while the contracts until now hold what the log does not know, and would then never record. Asked before others
   * are deployed, and again when they are: what was on its way to the chain meanwhile is there by then.
   */
  requireRecorded(): Promise<void>;
  /**
   * Takes the work in the contracts until now from everybody, on whatever machine, so that what they hold then is the last of
   * it. It MUST refuse where somebody can still anchor. @throws ContractsNotChanged
   */
  close(): Promise<void>;
  /** Gives it back where nobody has it; nothing happens where it cannot. */
  reopen(): Promise<void>;
  /** Those that the log names once the change is recorded. */
  follow(): Promise<ContractsOfLog>;
}

/** A change as the log holds it. */
export type ContractsChanged = Extract<CertificationEvent, { type: 'ContractsChanged' }>['data'];

/** Contracts cannot be changed now; the message says why, and what helps. */
export class ContractsNotChanged extends Error {
  override readonly name = 'ContractsNotChanged';
}

/**
 * Makes the change, or goes on with it.
 *
 * @throws ContractsNotChanged, DomainError `another-certifier`; what log and chain throw
 */
export async function changeContracts(asked: ChangeContractsOptions): Promise<ContractsChanged> {
  const { log, reason, current, follow, signer, before = [] } = asked;
  const fault = reasonFault(reason);
  if (fault) throw new ContractsNotChanged(`The reason ${fault}; give one line of text.`);
  let last: ContractsChanged | undefined;
  let state = certificationDecider.initialState;
  for await (const recorded of log.readStream(CERTIFICATION_STREAM)) {
    const event = recorded as unknown as CertificationEvent;
    state = certificationDecider.evolve(state, event);
    if (event.type === 'ContractsChanged') last = event.data;
  }
  // A key that is to take the place of the one in force does so at the next start, not here.
  const inForce = [signer, ...before].find(
    ({ key }) => toHex(key.publicKey) === state.certifier?.publicKey,
  );
  const options = { ...asked, signer: inForce ?? signer, before: [] };
  if (last?.reason === reason) {
    await goOn(options, current);
    return last;
  }
  const change = await recorded(options);
  await goOn(options, await follow());
  return change;
}

/** The statement in the log, behind all that is anchored in the contracts until now. */
async function recorded(options: ChangeContractsOptions): Promise<ContractsChanged> {
  const { log, clock, origin, signer, reason, current, deploy, requireRecorded, reopen } = options;
  const { chainId, anchorContract, tokenContract, agreementContract } = current.chain;
  // Cut off behind the closing it may be closed, and hold an anchor that the log has not recorded.
  await reopen();
  await withCertifier(
    options,
    current,
    async (certifier) => void (await settled(certifier, current)),
  );
  await requireRecorded();
  const next = await deploy();
  let change: ContractsChanged;
  try {
    const said = {
      chainId,
      former: { anchorContract, tokenContract, agreementContract },
      lastAnchor: await closedAt(options),
      next,
      reason,
    };
    await requireRecorded();
    // A key in a token may not sign now.
    change = { ...said, statement: await signedNote(contractsChangeText(origin, said), signer) };
  } catch (error) {
    await reopen().catch((cause: unknown) => options.onProblem(messageOf(cause)));
    throw error;
  }
  const handler = createCommandHandler<
    CertificationState,
    CertificationCommand,
    CertificationEvent
  >({ store: log, clock, decider: certificationDecider, cachedStreams: 1 });
  const step = `certifier/contracts/${sha256Hex(change.statement)}`;
  const context = contextOf(step, 'certification', 'platform:certifier');
  await handler.handle(CERTIFICATION_STREAM, { kind: 'changeContracts', change }, context);
  return change;
}

/** What is anchored last, once nobody can anchor any more. @throws ContractsNotChanged */
async function closedAt(options: ChangeContractsOptions): Promise<ContractsChange['lastAnchor']> {
  const { log, current, close, reopen } = options;
  return withCertifier(options, current, async (certifier) => {
    for (let closings = 1; ; closings += 1) {
      await close();
      if (await isSettled(certifier, current)) return lastAnchorOf(log, current);
      if (closings === CLOSINGS_AT_MOST) throw await notSettled(certifier, current);
      // Somebody else has anchored before it was closed, and the log is yet to record that.
      await reopen();
      await settled(certifier, current);
    }
  });
}

/** Each one more took an anchor of somebody else between a sealing and a transaction. */
const CLOSINGS_AT_MOST = 3;

/** A chain that lags, or holds what the log has not recorded, has agreed with it by the third sealing, or does not. */
const SEALINGS_AT_MOST = 3;

/** Seals and anchors until log and contract say the same of the last anchor. @throws ContractsNotChanged */
async function settled(certifier: Certifier, contracts: ContractsOfLog): Promise<void> {
  for (let sealings = 0; sealings < SEALINGS_AT_MOST; sealings += 1) {
    await certifier.seal();
    if (await isSettled(certifier, contracts)) return;
  }
  throw await notSettled(certifier, contracts);
}

/** Whether something is anchored, and log and contract say the same of it. */
async function isSettled(certifier: Certifier, { anchors }: ContractsOfLog): Promise<boolean> {
  const standingSize = await anchors.standingSize();
  const { anchoredSize } = await certifier.state();
  return standingSize === anchoredSize && anchoredSize > 0;
}

async function notSettled(
  certifier: Certifier,
  { anchors, chain }: ContractsOfLog,
): Promise<ContractsNotChanged> {
  const { anchoredSize } = await certifier.state();
  return new ContractsNotChanged(
    `The contract ${chain.anchorContract} holds a last anchor of ${await anchors.standingSize()} leaves, the log says ` +
      `${anchoredSize}: no audit would follow a change from there. Start the platform until the log is anchored, ` +
      'then change the contracts.',
  );
}

/** As the log recorded it, in the contract in force; what it says is lost is none. */
async function lastAnchorOf(
  log: SealingOptions['log'],
  { chain }: ContractsOfLog,
): Promise<ContractsChange['lastAnchor']> {
  let contract: string | undefined;
  let anchors: ContractsChange['lastAnchor'][] = [];
  for await (const event of log.readStream(CERTIFICATION_STREAM)) {
    const { type, data } = event as unknown as CertificationEvent;
    if (type === 'CertifierStarted') {
      if (data.anchorContract !== contract) anchors = [];
      contract = data.anchorContract;
    } else if (type === 'CheckpointAnchored') {
      const { size, root, txHash, blockNumber } = data;
      anchors.push({ size, root, txHash, blockNumber });
    } else if (type === 'AnchorLost') {
      anchors = anchors.filter(({ size }) => size <= data.standingSize);
    }
  }
  const last = anchors.at(-1);
  if (last) return last;
  throw new ContractsNotChanged(
    `Nothing is anchored in the contract ${chain.anchorContract} yet; start the platform until the log is anchored.`,
  );
}

/** Seals the statement, and anchors it in the new contracts. @throws ContractsNotChanged */
async function goOn(options: ChangeContractsOptions, next: ContractsOfLog): Promise<void> {
  await withCertifier(options, next, async (certifier) => {
    await certifier.seal();
    const { sealed, anchoredSize } = await certifier.state();
    if (!(await certifier.hasUnsealedChange()) && sealed?.size === anchoredSize) return;
    throw new ContractsNotChanged(
      `The change is recorded, and nothing is anchored in the contract ${next.chain.anchorContract} yet. ` +
        'Repeat the command with the same reason, or start the platform, when the chain answers again.',
    );
  });
}

async function withCertifier<Answer>(
  options: ChangeContractsOptions,
  { chain, anchors }: ContractsOfLog,
  use: (certifier: Certifier) => Promise<Answer>,
): Promise<Answer> {
  const { log, folder, policy, onProblem } = options;
  const leaves = openLeafStore(folder, onProblem);
  try {
    const certified = createCertifiedLog({ log, leaves, onProblem });
    const witnesses = askWitnesses(policy.witnesses, onProblem);
    const certifier = createCertifier({ ...options, chain, anchors, certified, witnesses });
    await certifier.requireOwnLog();
    await certifier.start();
    return await use(certifier);
  } finally {
    leaves.close();
  }
}
