/** Checkpoints and anchors of a real log: what is sealed, when, and what happens when things fail. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordedEvent } from '@flexledger/domain';
import type { EventStore } from '@flexledger/event-store';
import { sha256, uuidFrom, verifyEd25519 } from '@flexledger/identity';
import {
  type ContractsChange,
  MerkleTree,
  type NoteSigner,
  merkleRoot,
  signCheckpoint,
  signContractsChange,
  verifierKeyText,
  verifyCheckpoint,
  verifyKeyChange,
} from '@flexledger/merkle-log';
import { checkpointCovering } from '@flexledger/projections';
import Database from 'libsql';
import type { OpenedCertifier } from '../open';
import {
  type CertifierTrial,
  ORIGIN,
  PUBLIC_KEY,
  SEAL_EVERY_SECONDS,
  openCertifierTrial,
  trialSigner,
} from '../testing/certifier-trial';

/** What the runner does when an instance gets the lease. */
const begin = ({ processors }: OpenedCertifier): Promise<void> =>
  processors[0]!.begin!({ signal: new AbortController().signal, fence: 1 });

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const rootOf = (events: readonly RecordedEvent[]): string =>
  hex(
    merkleRoot(
      sha256,
      events.map(({ hash }) => Buffer.from(hash, 'hex')),
    ),
  );

/** While nothing is new, the chain is asked every three minutes whether it holds what the log says. */
const ASKED_EVERY_ROUNDS = 180 / SEAL_EVERY_SECONDS;

describe.each(['dense', 'spaced'] as const)('over a log of %s positions', (kind) => {
  let trial: CertifierTrial;
  beforeEach(async () => {
    trial = await openCertifierTrial(kind);
  });
  afterEach(() => trial.close());

  const rounds = (count: number): Promise<void> =>
    trial.clock.advanceTo(trial.clock.nowMs() + count * SEAL_EVERY_SECONDS * 1_000);

  /** Every checkpoint is of the events before it, and its last one is at its last position. */
  async function expectSound(): Promise<void> {
    const events = await trial.events();
    for (const { size, root, note, lastPosition } of await trial.sealed()) {
      expect(root).toBe(rootOf(events.slice(0, size)));
      expect(lastPosition).toBe(events[size - 1]!.position);
      const expected = { origin: ORIGIN, key: { name: ORIGIN, publicKey: PUBLIC_KEY } };
      const verified = verifyCheckpoint(sha256, note, expected, verifyEd25519);
      expect([verified.size, hex(verified.root)]).toEqual([size, root]);
    }
  }

  it('hands the log over to the key that takes the place of its own, once', async () => {
    await begin(await trial.openOne());
    await trial.happen(3);
    await rounds(1);
    const keys = { own: 'successor', before: 'certifier' };
    const successor = await trial.openOne(trial.log, keys);
    await begin(successor);
    await begin(successor);
    await begin(await trial.openOne(trial.log, keys));
    const [sealed] = await trial.sealed();
    const change = (await trial.events()).filter(({ type }) => type === 'LogKeyReplaced');
    expect(change).toHaveLength(1);
    const { publicKey, statement } = change[0]!.data as { publicKey: string; statement: string };
    const before = { origin: ORIGIN, key: { name: ORIGIN, publicKey: PUBLIC_KEY } };
    const { checkpoint, key } = verifyKeyChange(sha256, statement, before, verifyEd25519);
    expect([checkpoint.size, hex(checkpoint.root)]).toEqual([sealed!.size, sealed!.root]);
    expect([hex(key.publicKey), publicKey]).toEqual([
      publicKey,
      hex(trialSigner('successor').key.publicKey),
    ]);

    await trial.happen(2);
    await rounds(1);
    const note = (await trial.sealed()).at(-1)!.note;
    expect(() =>
      verifyCheckpoint(sha256, note, { origin: ORIGIN, key }, verifyEd25519),
    ).not.toThrow();
  });

  it('signs nothing more with a key that another instance has replaced', async () => {
    const old = await trial.openOne();
    await begin(old);
    await trial.happen(3);
    await rounds(1);
    await begin(await trial.openOne(trial.log, { own: 'successor', before: 'certifier' }));
    await trial.happen(1);
    await expect(old.certifier.seal()).rejects.toMatchObject({ code: 'another-certifier' });
    await expect(trial.openOne()).rejects.toMatchObject({ code: 'another-certifier' });
  });

  /** A checkpoint of the log as it is, which the log's key has not signed, as who has the disk alone can write it. */
  async function plantCheckpoint(): Promise<void> {
    const events = await trial.events();
    const tree = new MerkleTree(sha256);
    for (const { hash } of events) tree.append(Buffer.from(hash, 'hex'));
    const { size } = tree;
    const root = tree.root();
    const { key, sign } = trialSigner('thief') as NoteSigner;
    const note = signCheckpoint(sha256, { origin: ORIGIN, size, root }, key, sign);
    const { position: lastPosition, occurredAt } = events.at(-1)!;
    const id = uuidFrom('planted checkpoint');
    await trial.log.append('certification', 'any', [
      {
        ...{ id, type: 'CheckpointSealed', schemaVersion: 2, actor: 'platform:certifier' },
        ...{ occurredAt, correlationId: id, causationId: id },
        data: { size, root: hex(root), note, lastPosition },
      },
    ]);
  }

  it('seals no name of a recovery key that others wrote into the log, and goes on where it was sealed before', async () => {
    const opened = await trial.openOne();
    await begin(opened);
    await trial.happen(3);
    await rounds(1);
    const [started] = await trial.events();
    const { type, schemaVersion, actor, data } = started!;
    const id = uuidFrom('planted');
    const occurredAt = new Date(trial.clock.nowMs()).toISOString();
    const recoveryKey = verifierKeyText(sha256, { name: 'thief', publicKey: PUBLIC_KEY });
    await trial.log.append('certification', 'any', [
      {
        ...{ id, type, schemaVersion, actor, occurredAt, correlationId: id, causationId: id },
        data: { ...data, recoveryKey },
      },
    ]);
    await trial.happen(1);
    await plantCheckpoint();
    await trial.happen(1);
    const { length } = await trial.sealed();
    await expect(opened.certifier.seal()).rejects.toThrow(
      /recovery key thief\+.*which no checkpoint covers and this certifier does not name/,
    );
    expect(await trial.sealed()).toHaveLength(length);
    const naming = await trial.openOne(trial.log, { own: 'certifier', recoveryKey });
    await naming.certifier.seal();
    expect(await trial.sealed()).toHaveLength(length + 1);
    await trial.happen(1);
    await opened.certifier.seal();
    expect(await trial.sealed()).toHaveLength(length + 2);
  });

  it('seals no change of contracts that others wrote into the log', async () => {
    const opened = await trial.openOne();
    await begin(opened);
    await trial.happen(3);
    await rounds(1);
    const next = { address: '0x9', codeHash: '0x9' };
    const change: ContractsChange = {
      chainId: 31_337,
      former: { anchorContract: '0x6', tokenContract: '0x7', agreementContract: '0x8' },
      lastAnchor: { size: 9, root: '0'.repeat(64), txHash: '0x5', blockNumber: 5 },
      next: { anchorContract: next, tokenContract: next, agreementContract: next, admin: '0x9' },
      reason: 'none',
    };
    const statement = signContractsChange(sha256, ORIGIN, change, trialSigner('thief'));
    const id = uuidFrom('planted');
    const occurredAt = new Date(trial.clock.nowMs()).toISOString();
    await trial.log.append('certification', 'any', [
      {
        ...{ id, type: 'ContractsChanged', schemaVersion: 1, actor: 'platform:certifier' },
        ...{ occurredAt, correlationId: id, causationId: id, data: { ...change, statement } },
      },
    ]);
    await trial.happen(1);
    await plantCheckpoint();
    await trial.happen(1);
    const { length } = await trial.sealed();
    await expect(opened.certifier.seal()).rejects.toThrow(
      /change of contracts at position \d+ is not stated by the log's key/,
    );
    expect(await trial.sealed()).toHaveLength(length);
  });

  it('names key and contracts once, and seals nothing of its own', async () => {
    const opened = await trial.openOne();
    await begin(opened);
    await begin(opened);
    await rounds(3);
    expect(await trial.types()).toEqual(['CertifierStarted']);
    expect((await trial.events())[0]!.data).toEqual({
      origin: ORIGIN,
      publicKey: hex(PUBLIC_KEY),
      chainId: 31_337,
      anchorContract: '0x1',
      tokenContract: '0x2',
      agreementContract: '0x3',
    });
  });

  it('seals and anchors what is new, and nothing when nothing is', async () => {
    const opened = await trial.openOne();
    await trial.happen(5);
    await begin(opened);
    await rounds(4);
    expect(await trial.types()).toEqual([
      'CertifierStarted',
      'CheckpointSealed',
      'CheckpointAnchored',
    ]);
    await trial.happen(1);
    await rounds(4);
    const sealed = await trial.sealed();
    expect(sealed.map(({ size }) => size)).toEqual([6, 9]);
    expect(trial.chain.anchored).toEqual(sealed.map(({ size, root }) => ({ size, rootHex: root })));
    await expectSound();
    expect(trial.problems).toEqual([]);
  });

  it('tells an outage of the chain once, and catches up with the next anchor', async () => {
    const opened = await trial.openOne();
    await begin(opened);
    trial.chain.isDown = true;
    await trial.happen(3);
    await rounds(3);
    await trial.happen(2);
    await rounds(1);
    trial.chain.isDown = false;
    await rounds(2);
    expect(await trial.types()).toEqual([
      'CertifierStarted',
      'CheckpointSealed',
      'AnchorFailed',
      'CheckpointSealed',
      'CheckpointAnchored',
      'CheckpointAnchored',
    ]);
    expect(trial.chain.anchored.map(({ size }) => size)).toEqual(
      (await trial.sealed()).map(({ size }) => size),
    );
    expect(trial.problems[0]).toBe('certifier, anchor: the chain does not answer');
    await expectSound();
  });

  it('anchors again, also a quiet log, what the chain holds no more or its guardian has rejected', async () => {
    await begin(await trial.openOne());
    for (let nth = 0; nth < 3; nth += 1) {
      await trial.happen(2);
      await rounds(1);
    }
    const [first, second, last] = await trial.sealed();
    trial.chain.anchored.splice(1);
    // Of a quiet log it is asked every few minutes, and a node may lag behind for one round.
    await rounds(ASKED_EVERY_ROUNDS);
    expect(await trial.types()).not.toContain('AnchorLost');
    await rounds(1);
    const { anchorsLost, standing } = {
      anchorsLost: (await trial.events()).filter(({ type }) => type === 'AnchorLost'),
      standing: trial.chain.anchored.map(({ size }) => size),
    };
    expect(anchorsLost.map(({ data }) => data)).toEqual(
      [second, last].map((one) => ({
        size: one!.size,
        root: one!.root,
        standingSize: first!.size,
      })),
    );
    expect(standing).toEqual([first!.size, last!.size]);
    expect((await trial.types()).slice(-3)).toEqual([
      'AnchorLost',
      'AnchorLost',
      'CheckpointAnchored',
    ]);
    // What was under the one that is lost is proved under the next one that stands.
    await trial.views.runner.catchUp();
    const covering = await checkpointCovering(trial.views.documents, second!.size - 1, {
      anchored: true,
    });
    expect(covering?.size).toBe(last!.size);
    // Once more the same: it is anchored again each time.
    trial.chain.anchored.splice(0);
    await rounds(ASKED_EVERY_ROUNDS + 2);
    expect(trial.chain.anchored.map(({ size }) => size)).toEqual([last!.size]);
    // Of each only once: what is lost by now was not anchored since, but for the last.
    const told = (await trial.events()).filter(({ type }) => type === 'AnchorLost').slice(2);
    expect(told.map(({ data }) => (data as { readonly size: number }).size)).toEqual([
      first!.size,
      last!.size,
    ]);
    expect(trial.problems.splice(0)).toHaveLength(2);
    await rounds(ASKED_EVERY_ROUNDS + 2);
    expect(trial.problems).toEqual([]);
  });

  it('says of a busy log too what is lost, before a larger anchor would hide it', async () => {
    await begin(await trial.openOne());
    for (let nth = 0; nth < 2; nth += 1) {
      await trial.happen(2);
      await rounds(1);
    }
    trial.chain.anchored.splice(1);
    for (let nth = 0; nth < 3; nth += 1) {
      await trial.happen(2);
      await rounds(1);
    }
    const [first, second, ...later] = await trial.sealed();
    const lost = (await trial.events()).filter(({ type }) => type === 'AnchorLost');
    expect(lost.map(({ data }) => data)).toEqual([
      { size: second!.size, root: second!.root, standingSize: first!.size },
    ]);
    expect(trial.chain.anchored.map(({ size }) => size)).toEqual(
      [first!, ...later].map(({ size }) => size),
    );
    expect(trial.problems.splice(0)).toHaveLength(1);
  });

  it('records an anchor whose answer was lost before it makes a larger one', async () => {
    const opened = await trial.openOne();
    await begin(opened);
    const { anchor } = trial.chain;
    trial.chain.anchor = async (size, root) => {
      await anchor(size, root);
      throw new Error('its answer was lost');
    };
    await trial.happen(3);
    await rounds(1);
    trial.chain.isDown = true;
    await trial.happen(2);
    await rounds(1);
    trial.chain.isDown = false;
    trial.chain.anchor = anchor;
    await rounds(1);
    const sizes = (await trial.sealed()).map(({ size }) => size);
    expect(trial.chain.anchored.map(({ size }) => size)).toEqual(sizes);
    const recorded = (await trial.events()).filter(({ type }) => type === 'CheckpointAnchored');
    expect(recorded.map(({ data }) => (data as { size: number }).size)).toEqual(sizes);
  });

  it('goes on after a restart, also when its leaves are lost or another file is there', async () => {
    const first = await trial.openOne();
    await begin(first);
    await trial.happen(300);
    await rounds(1);
    const digest = await first.certifier.logDigest();
    await first.close();
    const file = path.join(trial.folder, 'leaves.sqlite');
    for (const harm of ['none', 'lost', 'damaged'] as const) {
      for (const end of ['', '-wal', '-shm']) {
        if (harm !== 'none') rmSync(`${file}${end}`, { force: true });
      }
      if (harm === 'damaged') writeFileSync(file, 'no database '.repeat(1_000));
      const again = await trial.openOne();
      expect(await again.certifier.logDigest()).toBe(digest);
      await again.close();
    }
    const last = await trial.openOne();
    await begin(last);
    await rounds(2);
    expect(await trial.sealed()).toHaveLength(1);
    await trial.happen(1);
    await rounds(1);
    expect((await trial.sealed()).map(({ size }) => size)).toEqual([301, 304]);
    await expectSound();
    expect(trial.problems).toEqual([expect.stringMatching(/leaves.sqlite cannot be used/)]);
  });

  it.each<[string, string]>([
    ['a hash was changed', 'UPDATE leaves SET hash = zeroblob(32) WHERE leaf = 4'],
    ['the last hash was changed', 'UPDATE leaves SET hash = zeroblob(32) WHERE leaf = 10'],
    ['a position was changed', 'UPDATE leaves SET position = position + 1 WHERE leaf = 10'],
    ['a leaf is missing', 'DELETE FROM leaves WHERE leaf = 4'],
    ['the end is missing', 'DELETE FROM leaves WHERE leaf > 4'],
  ])('reads the log anew where %s', async (_, harm) => {
    const first = await trial.openOne();
    await begin(first);
    await trial.happen(10);
    await rounds(1);
    await first.close();
    const db = new Database(path.join(trial.folder, 'leaves.sqlite'));
    db.exec(harm);
    db.close();
    const again = await trial.openOne();
    expect(await again.certifier.logDigest()).toBe(rootOf(await trial.events()));
    await trial.happen(1);
    await again.certifier.seal();
    await expectSound();
  });

  it('reads the log anew where hashes of its tree are lost', async () => {
    const first = await trial.openOne();
    await begin(first);
    await trial.happen(600);
    await rounds(1);
    await first.close();
    const file = path.join(trial.folder, 'leaves.sqlite');
    for (const harm of ['DELETE FROM blocks WHERE level = 0', 'DROP TABLE blocks']) {
      const db = new Database(file);
      db.exec(harm);
      db.close();
      const again = await trial.openOne();
      expect(await again.certifier.logDigest()).toBe(rootOf(await trial.events()));
      await trial.happen(1);
      await again.certifier.seal();
      await again.close();
      const whole = new Database(file);
      const { blocks } = whole.prepare('SELECT count(*) AS blocks FROM blocks').get() as {
        blocks: number;
      };
      whole.close();
      expect(blocks).toBe(3);
    }
    await expectSound();
  });

  it('signs nothing more of a log that is not as it was sealed', async () => {
    const first = await trial.openOne();
    await trial.happen(10);
    await first.certifier.seal();
    await first.close();
    const forged = withChanged(trial.log, 3);
    await trial.happen(1);
    const again = await trial.openOne(forged);
    await expect(again.certifier.seal()).resolves.toBeUndefined();
    rmSync(path.join(trial.folder, 'leaves.sqlite'));
    const fresh = await trial.openOne(forged);
    await expect(fresh.certifier.seal()).rejects.toThrow(/not the one that was sealed.*restore/);
    await begin(fresh);
    await rounds(1);
    expect(trial.problems.at(-1)).toMatch(/^certifier, seal: The log is not the one/);
    const withKeyBefore = await trial.openOne(forged, { own: 'certifier', before: 'predecessor' });
    await expect(begin(withKeyBefore)).resolves.toBeUndefined();
  });

  describe('two instances', () => {
    it('seal each event once, whichever comes first', async () => {
      const [one, other] = [await trial.openOne(), await trial.openOne()];
      await begin(one);
      await begin(other);
      for (let round = 0; round < 4; round += 1) {
        await trial.happen(round + 1);
        await Promise.all([one.certifier.seal(), other.certifier.seal()]);
        await rounds(1);
      }
      const sizes = (await trial.sealed()).map(({ size }) => size);
      expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
      expect(trial.chain.anchored.at(-1)!.size).toBe(sizes.at(-1));
      expect((await trial.types()).filter((type) => type === 'CertifierStarted')).toHaveLength(1);
      expect(await trial.types()).not.toContain('AnchorFailed');
      expect(await one.certifier.logDigest()).toBe(await other.certifier.logDigest());
      expect(trial.problems).toEqual([]);
      await expectSound();
    });

    it('one reads on where the other has sealed further in the midst of its sealing', async () => {
      const other = await trial.openOne();
      let isPassed = false;
      const passing: EventStore = {
        ...bound(trial.log),
        async append(streamId, expected, events) {
          if (!isPassed && events[0]!.type === 'CheckpointSealed') {
            isPassed = true;
            await trial.happen(2);
            await other.certifier.seal();
          }
          return trial.log.append(streamId, expected, events);
        },
      };
      const one = await trial.openOne(passing);
      await trial.happen(3);
      await one.certifier.seal();
      expect((await trial.sealed()).map(({ size }) => size)).toEqual([5]);
      await trial.happen(1);
      await one.certifier.seal();
      await expectSound();
      expect(trial.problems).toEqual([]);
    });

    it('no failure is told of an anchor that the other has made', async () => {
      const [one, other] = [await trial.openOne(), await trial.openOne()];
      await trial.happen(3);
      const { anchor } = trial.chain;
      let isFirst = true;
      trial.chain.anchor = async (size, root) => {
        if (!isFirst) return anchor(size, root);
        isFirst = false;
        await trial.happen(1);
        await other.certifier.seal();
        return anchor(size, root);
      };
      await one.certifier.seal();
      expect(await trial.types()).toEqual([
        'CheckpointSealed',
        'CheckpointAnchored',
        'CheckpointSealed',
        'CheckpointAnchored',
      ]);
      expect(trial.problems).toEqual([]);
    });
  });
});

/** The log as it would be with another event in the place of one. */
function withChanged(log: EventStore, index: number): EventStore {
  return {
    ...bound(log),
    async *readAll(options) {
      const before: number[] = [];
      for await (const { position } of log.readAll({ limit: index + 1 })) before.push(position);
      for await (const event of log.readAll(options)) {
        yield event.position === before[index] ? { ...event, hash: '00'.repeat(32) } : event;
      }
    },
  };
}

function bound(log: EventStore): EventStore {
  return {
    append: (...args) => log.append(...args),
    readStream: (...args) => log.readStream(...args),
    readAll: (...args) => log.readAll(...args),
    subscribe: (...args) => log.subscribe(...args),
    head: () => log.head(),
    close: () => log.close(),
  };
}
