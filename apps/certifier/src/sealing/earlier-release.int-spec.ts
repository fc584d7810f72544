/** A log that release 0.1.0 made and certified goes on: its positions were its leaves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { CertificationEvent } from '@flexledger/domain';
import { type EventStore, openSqliteEventStore } from '@flexledger/event-store';
import { ed25519KeyFrom, sha256, signEd25519, uuidFrom } from '@flexledger/identity';
import { verifyConsistency } from '@flexledger/merkle-log';
import { VirtualClock } from '@flexledger/runtime';
import { repositoryRoot } from '@flexledger/service-kit';
import { createCertifiedLog } from '../leaves/certified-log';
import { openLeafStore } from '../leaves/leaf-store';
import { askWitnesses } from '../witnessing/witnesses';
import { createCertifier } from './sealing';

type Started = Extract<CertificationEvent, { type: 'CertifierStarted' }>['data'];
type Sealed = Extract<CertificationEvent, { type: 'CheckpointSealed' }>['data'];

let folder: string;
let log: EventStore;
const clock = new VirtualClock(Date.parse('2027-01-01T00:00:00Z'));
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'certifier-'));
  const kept = path.join(repositoryRoot(), 'infra/releases/0.1.0/day-20/events.sqlite.gz');
  const file = path.join(folder, 'log.sqlite');
  writeFileSync(file, gunzipSync(readFileSync(kept)));
  log = openSqliteEventStore({ path: file, clock });
});
afterAll(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

async function dataOf<Data>(type: CertificationEvent['type']): Promise<Data[]> {
  const found: Data[] = [];
  for await (const { data } of log.readAll({ filter: { types: [type] } })) found.push(data as Data);
  return found;
}
const checkpoints = (): Promise<Sealed[]> => dataOf('CheckpointSealed');

it('is read, agrees with its checkpoints, and is sealed further', async () => {
  const problems: string[] = [];
  const onProblem = (problem: string): void => void problems.push(problem);
  const leaves = openLeafStore(path.join(folder, 'certifier'), onProblem);
  const certified = createCertifiedLog({ log, leaves, onProblem });
  const origin = 'flexledger/rome';
  const kept = path.join(repositoryRoot(), 'infra/releases/0.1.0/day-20/keys.json');
  const { checkpointKey } = JSON.parse(readFileSync(kept, 'utf8')) as { checkpointKey: string };
  const { publicKey, privateKey } = ed25519KeyFrom(checkpointKey);
  const [named] = await dataOf<Started>('CertifierStarted');
  const { chainId, anchorContract, tokenContract, agreementContract } = named!;
  const certifier = createCertifier({
    log,
    certified,
    clock,
    timers: clock,
    anchors: {
      anchor: async () => ({ txHash: '0x1', blockNumber: 1 }),
      standingSize: async () => Infinity,
    },
    origin,
    signer: {
      key: { name: origin, publicKey: Buffer.from(publicKey, 'hex') },
      sign: (message) => signEd25519(privateKey, message),
    },
    chain: { chainId, anchorContract, tokenContract, agreementContract: agreementContract! },
    policy: { sealEverySeconds: 60, witnesses: [] },
    witnesses: askWitnesses([], () => {}),
    onProblem,
  });
  const before = (await checkpoints()).at(-1)!;
  expect(before.lastPosition).toBeUndefined();
  await certifier.state();
  expect(certified.positionOf(before.size - 1)).toBe(before.size - 1);
  await certifier.seal();
  expect((await checkpoints()).at(-1)).toEqual(before);

  const event = (await log.readAll({ limit: 1 })[Symbol.asyncIterator]().next()).value!;
  const { type, schemaVersion, occurredAt, correlationId, causationId, actor } = event;
  await log.append('thing', 'noStream', [
    {
      id: uuidFrom('another thing'),
      type,
      schemaVersion,
      occurredAt,
      correlationId,
      causationId,
      actor,
      data: {},
    },
  ]);
  await certifier.seal();
  const after = (await checkpoints()).at(-1)!;
  expect(after.lastPosition).toBe(after.size - 1);
  const tree = certified.tree();
  const isConsistent = verifyConsistency(sha256, {
    firstSize: before.size,
    firstRoot: Buffer.from(before.root, 'hex'),
    secondSize: after.size,
    secondRoot: Buffer.from(after.root, 'hex'),
    proof: tree.consistencyProof(before.size, after.size),
  });
  expect([after.size > before.size, isConsistent]).toEqual([true, true]);
  leaves.close();
  expect(problems).toEqual([]);
});
