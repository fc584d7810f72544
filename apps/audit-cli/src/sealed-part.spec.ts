/** Goal: nothing is exported that who has the disk, and not the log's key, has written behind the last checkpoint. */
import { type SmallEvent, rehashed, storedRowsOf } from '@flexledger/audit';
import { type StoredRow, fromHex, toHex } from '@flexledger/domain';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import {
  type NoteSigner,
  MerkleTree,
  signCheckpoint,
  signContractsChange,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { sealedPart } from './sealed-part';

const origin = 'flexledger/test';
const signer = (seed: string): NoteSigner => {
  const { publicKey, privateKey } = ed25519KeyFrom(seed.repeat(32));
  const key = { name: origin, publicKey: fromHex(publicKey) };
  return { key, sign: (message) => signEd25519(privateKey, message) };
};
const [own, next, thief] = ['01', '02', '03'].map(signer) as [NoteSigner, NoteSigner, NoteSigner];
const recoveryKey = verifierKeyText(sha256, thief.key);

const of = (type: SmallEvent['type'], data: object): SmallEvent => ({
  streamId: 'certification',
  type,
  data,
});
const started = (data: object = {}) =>
  of('CertifierStarted', {
    origin,
    publicKey: toHex(own.key.publicKey),
    chainId: 1,
    anchorContract: '0x1',
    tokenContract: '0x2',
    agreementContract: '0x3',
    ...data,
  });
const market = { streamId: 'session-a', type: 'SessionOpened', data: {} } as const;

function rootOf(events: readonly SmallEvent[], size = events.length): Uint8Array {
  const tree = new MerkleTree(sha256);
  for (const { hash } of storedRowsOf(sha256, events)) tree.append(fromHex(hash));
  return tree.root(size);
}

/** A checkpoint of all that is before it, or said to be. */
function sealed(
  before: readonly SmallEvent[],
  { by = own, size = before.length, note }: { by?: NoteSigner; size?: number; note?: string } = {},
): SmallEvent {
  const root = rootOf(before, Math.min(size, before.length));
  const checkpoint = { origin, size, root };
  const signed = note ?? signCheckpoint(sha256, checkpoint, by.key, by.sign);
  const lastPosition = size - 1;
  return of('CheckpointSealed', { size, root: toHex(root), note: signed, lastPosition });
}

const part = (events: readonly SmallEvent[]) => sealedPart(storedRowsOf(sha256, events));
const typesOf = ({ sealed: events }: ReturnType<typeof sealedPart>) =>
  events.map(({ type }) => type);

const begun = [started(), market];
const log = [...begun, sealed(begun)];

it('what the last checkpoint covers is given', () => {
  expect(part(log)).toMatchObject({ leftOut: [], anchors: 0 });
  expect(typesOf(part(log))).toEqual(['CertifierStarted']);
});

it('of a log that has sealed nothing nothing is given, and that is said', () => {
  const { sealed: events, leftOut } = part(begun);
  expect(events).toEqual([]);
  expect(leftOut).toEqual([expect.stringMatching(/contract 0x1.* no checkpoint .* covers it$/)]);
});

it('a recovery key behind the last checkpoint is left out, and named', () => {
  const { sealed: events, leftOut } = part([...log, started({ recoveryKey })]);
  expect(events.map(({ data }) => data)).toEqual([expect.not.objectContaining({ recoveryKey })]);
  expect(leftOut).toEqual([
    `the contract 0x1 and the recovery key ${recoveryKey}, which a start of the certifier names at position 3: ` +
      "no checkpoint of the log's key covers it",
  ]);
});

const named = [...log, started({ recoveryKey })];
const lastNote = (log.at(-1)!.data as { note: string }).note;

it.each<[string, SmallEvent, RegExp]>([
  ['by another key', sealed(named, { by: thief }), /the checkpoint of 4 leaves: /],
  ['with the note of an earlier one', sealed(named, { note: lastNote }), /its note is of another/],
  ['of more leaves than there are', sealed(named, { size: 9 }), /it is of another log/],
])('a checkpoint %s seals nothing', (_, checkpoint, reason) => {
  const { sealed: events, leftOut } = part([...named, checkpoint]);
  expect(events).toHaveLength(1);
  expect(leftOut).toHaveLength(2);
  expect(leftOut[1]).toMatch(reason);
});

it('once the log’s key has sealed it, it is given', () => {
  const { sealed: events, leftOut } = part([...named, sealed(named)]);
  expect(events.at(-1)!.data).toMatchObject({ recoveryKey });
  expect(leftOut).toEqual([]);
});

it('a key that another hands over to counts from then on, and one without leave does not', () => {
  const handedOver = (to: NoteSigner, by: NoteSigner, size = 2) => {
    const checkpoint = { origin, size, root: rootOf(log, size) };
    const statement = signKeyChange(sha256, checkpoint, by, to);
    return of('LogKeyReplaced', { publicKey: toHex(to.key.publicKey), statement });
  };
  const replaced = [...log, handedOver(next, own)];
  const after = [...replaced, sealed(replaced, { by: next })];
  expect(typesOf(part(after))).toEqual(['CertifierStarted', 'LogKeyReplaced']);
  const stolen = [...log, handedOver(thief, thief)];
  const { sealed: events, leftOut } = part([...stolen, sealed(stolen, { by: thief })]);
  expect(events.map(({ type }) => type)).toEqual(['CertifierStarted']);
  expect(leftOut.join()).toMatch(/takes the place of .* without its leave/);
});

it('a change of contracts counts where the log’s key has stated it, and never by its seal alone', () => {
  const change = {
    chainId: 1,
    former: { anchorContract: '0x1', tokenContract: '0x2', agreementContract: '0x3' },
    lastAnchor: { size: 2, root: toHex(rootOf(log, 2)), txHash: '0x4', blockNumber: 5 },
    next: {
      anchorContract: { address: '0x6', codeHash: '0x7' },
      tokenContract: { address: '0x8', codeHash: '0x9' },
      agreementContract: { address: '0xa', codeHash: '0xb' },
      admin: '0xc',
    },
    reason: 'contracts of another release',
  };
  const statedBy = (signer: NoteSigner): SmallEvent[] => {
    const statement = signContractsChange(sha256, origin, change, signer);
    return [...log, of('ContractsChanged', { ...change, statement })];
  };
  const [stated, slippedIn] = [statedBy(own), statedBy(thief)];
  expect(typesOf(part([...stated, sealed(stated)]))).toEqual([
    'CertifierStarted',
    'ContractsChanged',
  ]);
  const { sealed: events, leftOut } = part([...slippedIn, sealed(slippedIn)]);
  expect(events.map(({ type }) => type)).toEqual(['CertifierStarted']);
  expect(leftOut).toEqual([expect.stringMatching(/^a change of contracts without the leave/)]);
});

it('a start that names another key does not make that the log’s', () => {
  const other = [...log, started({ publicKey: toHex(thief.key.publicKey) })];
  expect(part([...other, sealed(other, { by: thief })]).sealed).toHaveLength(1);
});

it('a row that is not what was recorded is refused', () => {
  const rows = storedRowsOf(sha256, log);
  const edited: StoredRow = { ...rows[0]!, data: rows[0]!.data.replace('0x1', '0x9') };
  expect(() => sealedPart([edited, ...rows.slice(1)])).toThrow(
    /position 0 is not what was recorded/,
  );
  // Hashed anew it is another log than the one that was sealed.
  expect(sealedPart([rehashed(sha256, edited), ...rows.slice(1)]).sealed).toEqual([]);
});
