/** What a Light Node keeps beside its outbox: its key, and with what it signs in to the broker. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type NodeKey, generateNodeKey, nodeKeyFrom, sha256Hex } from '@flexledger/identity';
import { messageOf, withoutFullStop } from '@flexledger/runtime';
import type { BrokerCredentials } from '../enrolment/enrol-node';

/** The folder cannot be used as it is; nothing in it was changed. */
export class NodeFolderUnusable extends Error {
  override readonly name = 'NodeFolderUnusable';
}

/** What an enrolment left. */
export interface KeptNode {
  readonly podId: string;
  readonly key: NodeKey;
  /** SHA-256 of the invitation that the key is meant for, hex: the same one enrols nothing anew. */
  readonly invitationHash: string;
  /** Absent until the platform has answered. */
  readonly broker?: BrokerCredentials;
}

/** The key that is to follow the enrolled node's; kept before the platform is asked. */
export interface NextKey {
  readonly podId: string;
  readonly key: NodeKey;
  /** The public key that it follows, hex. */
  readonly previousKey: string;
  /** Which platform is asked. */
  readonly url: string;
}

type Kept = Pick<KeptNode, 'podId' | 'key'>;

/** The node that has enrolled; the one that is about to, so that a refusal leaves the other as it is. */
const ENROLLED = 'node.json';
const INVITED = 'invited.json';
const NEXT_KEY = 'next-key.json';

/** The outbox of the node in a folder. */
export const outboxIn = (folder: string): string => path.join(folder, 'outbox');

/**
 * The node that has enrolled from a folder; undefined where none has.
 *
 * @throws NodeFolderUnusable when it is another PoD's, or cannot be read
 */
export function enrolledNode(folder: string, podId: string): KeptNode | undefined {
  return read<KeptNode>(folder, ENROLLED, podId);
}

/**
 * The node that an invitation is for: the one that has enrolled by it; else the key that was made for it
 * before, since what comes again after a lost answer has to come with the same key; else a new key.
 *
 * @throws NodeFolderUnusable
 */
export function invitedNode(folder: string, podId: string, invitation: string): KeptNode {
  const invitationHash = sha256Hex(invitation);
  for (const name of [ENROLLED, INVITED]) {
    const kept = read<KeptNode>(folder, name, podId);
    if (kept?.invitationHash === invitationHash) return kept;
  }
  const made: KeptNode = { podId, key: generateNodeKey(), invitationHash };
  write(folder, INVITED, made);
  return made;
}

/** Keeps a node that has enrolled, in the place of any before. */
export function keepEnrolled(folder: string, node: KeptNode): void {
  write(folder, ENROLLED, node);
  rmSync(path.join(folder, INVITED), { force: true });
  dropNextKey(folder);
}

/**
 * The key that a node is about to change to, if it is; one that was to follow another key counts no more.
 *
 * @throws NodeFolderUnusable
 */
export function nextKeyIn(folder: string, { podId, key }: Kept): NextKey | undefined {
  const next = read<NextKey>(folder, NEXT_KEY, podId);
  return next?.previousKey === key.publicKey ? next : undefined;
}

/** The key that a node is to change to, the same until it has: made now, or before. @throws NodeFolderUnusable */
export function nextKeyFor(folder: string, kept: Kept, url: string): NextKey {
  const { podId, key } = kept;
  const made = nextKeyIn(folder, kept)?.key ?? generateNodeKey();
  const next: NextKey = { podId, key: made, previousKey: key.publicKey, url };
  write(folder, NEXT_KEY, next);
  return next;
}

/** The key is not to change any more. */
export function dropNextKey(folder: string): void {
  rmSync(path.join(folder, NEXT_KEY), { force: true });
}

/** Keeps an enrolled node with the key it has changed to. */
export function keepRotated(folder: string, node: KeptNode, key: NodeKey): void {
  write(folder, ENROLLED, { ...node, key });
  dropNextKey(folder);
}

function read<Node extends Kept>(folder: string, name: string, podId: string): Node | undefined {
  const file = path.join(folder, name);
  if (!existsSync(file)) return undefined;
  let kept: Node;
  try {
    const { privateKey, ...node } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly privateKey: string;
    } & Omit<Node, 'key'>;
    kept = { ...node, key: nodeKeyFrom(privateKey) } as unknown as Node;
  } catch (error) {
    throw new NodeFolderUnusable(
      `${file} cannot be used: ${withoutFullStop(messageOf(error))}. Put it back as it was, or move the ` +
        'folder away and ask for an invitation that replaces the node.',
    );
  }
  if (kept.podId === podId) return kept;
  throw new NodeFolderUnusable(
    `${folder} is of the node of PoD ${kept.podId}, not ${podId}; name another folder.`,
  );
}

/** Writes it beside the old one and then in its place, readable by its owner only. */
function write(folder: string, name: string, { key, ...node }: KeptNode | NextKey): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = { ...node, privateKey: key.privateKey };
  const fresh = path.join(folder, `${name}.new`);
  writeFileSync(fresh, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(fresh, path.join(folder, name));
}
