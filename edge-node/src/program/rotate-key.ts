/** How a Light Node changes its key: what is signed with the old one goes first, then the old one names the new. */
import { type NodeKey, signKeyRotation } from '@flexledger/identity';
import { openDeviceConnection } from '@flexledger/messaging';
import { type Clock, isoNow, messageOf, sleep } from '@flexledger/runtime';
import type { BrokerCredentials } from '../enrolment/enrol-node';
import { openFileOutbox } from '../outbox/file-outbox';
import { takeAnswers } from '../uplink/answers';
import { NoAnswer, addressOf, ask } from '../uplink/ask';
import { createPacketSender } from '../uplink/packet-sender';
import { holdFolder } from './hold-folder';
import {
  type KeptNode,
  NodeFolderUnusable,
  dropNextKey,
  enrolledNode,
  keepRotated,
  nextKeyFor,
  nextKeyIn,
  outboxIn,
} from './node-folder';

export interface KeyRotationOptions {
  readonly podId: string;
  /** The node's own; its program MUST NOT run. */
  readonly folder: string;
  /** Where the platform's REST interface is: `https://market.example`. */
  readonly url: string;
  readonly clock: Clock;
  /** How long answers to what waits in the outbox are awaited, in real time; a minute when absent. */
  readonly patienceMs?: number;
  /** Told what an operator at the node should know. */
  readonly onProblem: (problem: string) => void;
}

/** The key is the one before: the platform refused the change, or what waits under it could not go. */
export class KeyNotRotated extends Error {
  constructor(podId: string, reason: string) {
    super(`The node of PoD ${podId} keeps its key: ${reason}`);
    this.name = 'KeyNotRotated';
  }
}

const PATIENCE_MS = 60_000;
const RESEND_EVERY_MS = 10_000;

/** What a connection fails with before anything was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Answers by which the platform says that nothing was changed. */
const REFUSALS = [400, 404, 409];

/**
 * Changes the key of the node in a folder. One that was begun before, and whose answer was lost, is
 * brought to its end and no other begun: the platform answers it as it did then.
 *
 * @returns the key that the node signs with from now on
 * @throws KeyNotRotated, NodeFolderUnusable, OutboxDamaged; NoAnswer where the platform does not answer:
 *   the same again, or the next start of the node, brings it to its end
 */
export async function rotateKey(options: KeyRotationOptions): Promise<NodeKey> {
  const { podId, folder, url } = options;
  const letGo = await holdFolder(folder);
  try {
    const kept = enrolledNode(folder, podId);
    if (!kept?.broker) {
      throw new NodeFolderUnusable(
        `No node of PoD ${podId} has enrolled in ${folder}; start it there with an invitation first.`,
      );
    }
    const isBegun = nextKeyIn(folder, kept) !== undefined;
    if (!isBegun) await sendWaiting(options, kept.broker);
    const next = nextKeyFor(folder, kept, url);
    try {
      await handOver(kept, next.key, url, options.clock);
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { readonly code?: string };
      const isNothingSent = !isBegun && NEVER_SENT.has(code ?? '');
      if (error instanceof KeyNotRotated || isNothingSent) dropNextKey(folder);
      throw error;
    }
    keepRotated(folder, kept, next.key);
    return next.key;
  } finally {
    await letGo();
  }
}

/**
 * Brings a change of keys to its end that was begun and had no answer; the node may have either key by
 * then, so it signs nothing before.
 *
 * @returns the node with the key it has
 * @throws NoAnswer where the platform does not answer
 */
export async function finishRotation<Node extends KeptNode>(
  folder: string,
  kept: Node,
  { clock, onProblem }: Pick<KeyRotationOptions, 'clock' | 'onProblem'>,
): Promise<Node> {
  const next = nextKeyIn(folder, kept);
  if (!next) return kept;
  try {
    await handOver(kept, next.key, next.url, clock);
  } catch (error) {
    if (!(error instanceof KeyNotRotated)) throw error;
    onProblem(error.message);
    dropNextKey(folder);
    return kept;
  }
  keepRotated(folder, kept, next.key);
  return { ...kept, key: next.key };
}

/** Tells the platform. @throws KeyNotRotated with its reason; NoAnswer where it does not answer */
async function handOver(
  { podId, key }: KeptNode,
  next: NodeKey,
  url: string,
  clock: Clock,
): Promise<void> {
  const rotation = signKeyRotation(podId, { from: key, to: next, at: isoNow(clock) });
  const { content, ...proofs } = rotation;
  const { previousKey, publicKey, at } = content;
  const { status, text } = await ask(
    addressOf(url, `/api/v1/nodes/${encodeURIComponent(podId)}/key`),
    { method: 'POST', body: { previousKey, publicKey, at, ...proofs } },
  );
  const answer = answerOf(text);
  if (status >= 200 && status < 300 && answer.publicKey === publicKey) return;
  const { code, detail } = answer;
  if (REFUSALS.includes(status) && code !== undefined) {
    throw new KeyNotRotated(podId, detail ?? code);
  }
  throw new NoAnswer(url, new Error(`it answered ${status}, which says neither yes nor no`));
}

/** What was answered; nothing where it is not JSON, as a proxy's page of an error. */
function answerOf(text: string): {
  readonly code?: string;
  readonly detail?: string;
  readonly publicKey?: string;
} {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}

/** What waits in the outbox is signed with the old key, and is refused after the change: it goes before. */
async function sendWaiting(options: KeyRotationOptions, broker: BrokerCredentials): Promise<void> {
  const { podId, folder, patienceMs = PATIENCE_MS, onProblem } = options;
  const outbox = await openFileOutbox(outboxIn(folder));
  if (outbox.size() === 0) return outbox.close();
  const tell = (problem: string): void => onProblem(`${podId}: ${problem}`);
  const sender = createPacketSender({
    outbox,
    publish: (packets) => connection.publish(podId, 'measurement', packets),
    resendEveryMs: RESEND_EVERY_MS,
  });
  const take = async (payload: Buffer): Promise<void> => {
    for (const fault of await takeAnswers(payload, sender)) {
      tell('refused' in fault ? fault.refused : fault.unreadable);
    }
  };
  // A setpoint that comes meanwhile gets no receipt, so that it comes again to the node itself.
  const connection = openDeviceConnection({
    ...broker,
    as: { podId, token: broker.token },
    onMessage: ({ kind, payload }) => {
      if (kind === 'measurementAck') take(payload).catch((error) => tell(messageOf(error)));
    },
    onConnected: () => void sender.resume(),
    onProblem: tell,
  });
  const refused = connection.ready.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => Promise.reject(new KeyNotRotated(podId, messageOf(error))),
  );
  const patience = new AbortController();
  try {
    await Promise.race([sender.whenEmpty(), refused, sleep(patienceMs, patience.signal)]);
    if (outbox.size() === 0) return;
    throw new KeyNotRotated(
      podId,
      `${outbox.size()} packets wait in its outbox that the platform has not answered; see that it is ` +
        'connected, and ask again.',
    );
  } finally {
    patience.abort();
    sender.close();
    await connection.close();
    await outbox.close();
  }
}
