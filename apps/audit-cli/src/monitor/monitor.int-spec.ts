/** A monitor before a log that it does not know whether to believe: a server that may say anything. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TrustPolicy, TRUST_DEFAULTS } from '@flexledger/audit';
import { ed25519KeyFrom, sha256, sha256Hex, signEd25519 } from '@flexledger/identity';
import {
  MerkleTree,
  NOTE_KEY_TYPES,
  TILE_WIDTH,
  cosignatureLine,
  encodeEntryBundle,
  parseCheckpoint,
  parseTilePath,
  signCheckpoint,
  signCompromise,
  signKeyChange,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { VirtualClock } from '@flexledger/runtime';
import { type Round, monitorOnce } from './run-monitor';
import { servedTiles } from './served-tiles';

const ORIGIN = 'flexledger/trial';
const PATIENCE_MS = 0;

/** What the server says; a test makes it lie. */
interface Said {
  entries: Uint8Array[];
  /** The tree whose hashes and roots are told, that of the entries where absent. */
  tree?: MerkleTree;
  note?: string;
  anchored: string[];
  keyChanges?: string[];
  answer?: (path: string) => { status: number; body: string | Buffer } | undefined;
}

let folder: string;
let server: Server;
let url: string;
let said: Said;
let stateFile: string;
let trust: TrustPolicy;
const clock = new VirtualClock(Date.parse('2026-03-17T10:00:00Z'));

const signerOf = (name: string) => {
  const { publicKey, privateKey } = ed25519KeyFrom(sha256Hex(name));
  const sign = (message: Uint8Array): Uint8Array => signEd25519(privateKey, message);
  return { publicKey: Buffer.from(publicKey, 'hex'), sign };
};
const LOG = signerOf('log');
const WITNESS = signerOf('witness');
const WITNESS_KEY = { name: 'example.org/tso', publicKey: WITNESS.publicKey };

const entriesOf = (size: number, kind = 'a', shared = 0): Uint8Array[] =>
  Array.from({ length: size }, (_, leaf) =>
    sha256(Buffer.from(leaf < shared ? `a${leaf}` : `${kind}${leaf}`)),
  );

function treeOf(entries: readonly Uint8Array[]): MerkleTree {
  const tree = new MerkleTree(sha256);
  for (const entry of entries) tree.append(entry);
  return tree;
}

function noteOf(tree: MerkleTree, size = tree.size, { origin = ORIGIN, by = LOG } = {}): string {
  const key = { name: ORIGIN, publicKey: by.publicKey };
  return signCheckpoint(sha256, { origin, size, root: tree.root(size) }, key, by.sign);
}

function cosigned(note: string): string {
  const { signedText } = parseCheckpoint(note);
  return `${note}${cosignatureLine(sha256, signedText, WITNESS_KEY, 1_700_000_000, WITNESS.sign)}`;
}

/** The log as it honestly stands with these entries. */
function stands(entries: Uint8Array[], anchoredSizes: readonly number[] = []): void {
  const tree = treeOf(entries);
  said = {
    entries,
    note: noteOf(tree),
    anchored: anchoredSizes.map((size) => noteOf(tree, size)),
  };
}

function answerOf(asked: string): { status: number; body: string | Buffer } {
  const { pathname, searchParams } = new URL(asked, 'http://log');
  const own = said.answer?.(pathname);
  if (own) return own;
  if (pathname === '/api/v1/log/checkpoint') {
    return said.note === undefined
      ? { status: 404, body: JSON.stringify({ code: 'checkpoint-unknown' }) }
      : { status: 200, body: said.note };
  }
  if (pathname === '/api/v1/anchors') {
    const all = said.anchored.map((note) => ({ size: parseCheckpoint(note).size, note }));
    const items = all.sort((one, other) => other.size - one.size);
    const from = Number(searchParams.get('cursor') ?? 0);
    const next = from + 2 < items.length ? `${from + 2}` : null;
    return {
      status: 200,
      body: JSON.stringify({ items: items.slice(from, from + 2), next }),
    };
  }
  if (pathname === '/api/v1/log/key-changes') {
    return { status: 200, body: JSON.stringify({ items: said.keyChanges ?? [] }) };
  }
  const tile = parseTilePath(pathname.replace('/api/v1/log/', ''));
  if (!tile) return { status: 404, body: 'no such tile' };
  const { index, width } = tile;
  if (tile.level === 'entries') {
    const part = said.entries.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    return { status: 200, body: Buffer.from(encodeEntryBundle(part)) };
  }
  const tree = said.tree ?? treeOf(said.entries);
  return { status: 200, body: Buffer.from(tree.tile({ level: tile.level, index, width })) };
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-monitor-'));
  server = createServer((request, response) => {
    const { status, body } = answerOf(request.url ?? '/');
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logKey = verifierKeyText(sha256, { name: ORIGIN, publicKey: LOG.publicKey });
  const contract = { address: '0x1', codeHash: '0x2' };
  trust = {
    ...TRUST_DEFAULTS,
    origin: ORIGIN,
    logKey,
    chain: {
      chainId: 1,
      genesisHash: '0x3',
      certifier: '0x4',
      anchorContract: contract,
      tokenContract: contract,
      agreementContract: contract,
    },
  };
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
let trial = 0;
beforeEach(() => {
  trial += 1;
  stateFile = path.join(folder, `monitor-${trial}.json`);
});

const round = (by = trust): Promise<Round> =>
  monitorOnce(servedTiles(url), { trust: by, stateFile, clock }, PATIENCE_MS);
const kinds = ({ alarms }: Round): string[] => alarms.map(({ kind }) => kind);
const state = () =>
  JSON.parse(readFileSync(stateFile, 'utf8')) as {
    size: number;
    alarms: { kind: string; evidence: string[] }[];
  };

describe('an honest log', () => {
  it('is followed from nothing on, over full and partial tiles', async () => {
    said = { entries: [], anchored: [] };
    expect(await round()).toEqual({ size: 0, alarms: [] });
    for (const size of [1, 255, 256, 300, 300, 1_000]) {
      stands(
        entriesOf(size),
        [1, 200, 256, 290, 512, 700].filter((anchored) => anchored <= size),
      );
      expect(await round()).toEqual({ size, alarms: [] });
    }
    expect(state()).toMatchObject({ size: 1_000, alarms: [] });
  });

  it('whose earlier checkpoints another key of it has signed is followed by the key of today', async () => {
    const entries = entriesOf(400);
    stands(entries);
    said.anchored = [noteOf(treeOf(entries), 200, { by: signerOf('key before') })];
    expect(await round()).toEqual({ size: 400, alarms: [] });
  });

  it('whose key was ended by its recovery key raises the alarm, and goes on with the next; nobody takes that back', async () => {
    stands(entriesOf(300));
    await round();
    const [next, recovery] = [signerOf('next key'), signerOf('recovery')];
    const keyOf = ({ publicKey }: typeof LOG) => ({ name: ORIGIN, publicKey });
    const knowing = { ...trust, recoveryKey: verifierKeyText(sha256, keyOf(recovery)) };
    const tree = treeOf(entriesOf(400));
    const checkpoint = { origin: ORIGIN, size: 300, root: tree.root(300) };
    const statement = signCompromise(sha256, checkpoint, {
      ended: keyOf(LOG),
      next: keyOf(next),
      recovery: { key: keyOf(recovery), sign: recovery.sign },
    });
    stands(entriesOf(400));
    said.note = noteOf(tree, 400, { by: next });
    said.keyChanges = [statement];
    const told = await round(knowing);
    expect(told.size).toBe(400);
    expect(told.alarms).toEqual([
      {
        kind: 'compromised',
        what: expect.stringContaining('beyond 300 entries does not count'),
        evidence: [statement],
      },
    ]);
    // Who has the ended key goes on with it, and shows no statement.
    stands(entriesOf(500));
    expect(kinds(await round(knowing))).toEqual(['compromised', 'checkpoint']);
  });

  it('that has gone over to another key, by a statement of both, is followed by the trusted one', async () => {
    stands(entriesOf(300));
    await round();
    const next = signerOf('next key');
    const tree = treeOf(entriesOf(400));
    stands(entriesOf(400));
    said.note = noteOf(tree, 400, { by: next });
    expect(kinds(await round())).toEqual(['checkpoint']);
    const sides = [LOG, next].map(({ publicKey, sign }) => ({
      key: { name: ORIGIN, publicKey },
      sign,
    }));
    const sealed = { origin: ORIGIN, size: 300, root: tree.root(300) };
    said.keyChanges = ['no statement', signKeyChange(sha256, sealed, sides[0]!, sides[1]!)];
    expect(await round()).toEqual({ size: 400, alarms: [] });
  });

  it('whose key was handed over and the next one ended is not begun anew by who shows less of that', async () => {
    const [second, third, recovery, thief] = ['2', '3', 'recovery', 'thief'].map(signerOf);
    const sideOf = ({ publicKey, sign }: typeof LOG) => ({
      key: { name: ORIGIN, publicKey },
      sign,
    });
    const knowing = { ...trust, recoveryKey: verifierKeyText(sha256, sideOf(recovery!).key) };
    const tree = treeOf(entriesOf(400));
    const sealed = { origin: ORIGIN, size: 300, root: tree.root(300) };
    const handedOver = signKeyChange(sha256, sealed, sideOf(LOG), sideOf(second!));
    const ended = signCompromise(sha256, sealed, {
      ended: sideOf(second!).key,
      next: sideOf(third!).key,
      recovery: sideOf(recovery!),
    });
    stands(entriesOf(400));
    said.note = noteOf(tree, 400, { by: third! });
    said.keyChanges = [handedOver, ended];
    expect(kinds(await round(knowing))).toEqual(['compromised']);
    // Nothing is shown once, so that what was known would be forgotten; then the ended key goes on.
    said.keyChanges = [];
    said.note = noteOf(treeOf(entriesOf(400)), 400, { by: second! });
    expect(kinds(await round(knowing))).toContain('checkpoint');
    said.keyChanges = [handedOver];
    expect(kinds(await round(knowing))).toContain('checkpoint');
    // Who has the first key, given up since, hands over to another, or goes on with it.
    stands(entriesOf(500));
    said.keyChanges = [signKeyChange(sha256, sealed, sideOf(LOG), sideOf(thief!))];
    said.note = noteOf(treeOf(entriesOf(500)), 500, { by: thief! });
    expect(kinds(await round(knowing))).toContain('checkpoint');
    said.keyChanges = [];
    said.note = noteOf(treeOf(entriesOf(500)), 500);
    expect(kinds(await round(knowing))).toContain('checkpoint');
    expect(state().size).toBe(400);
  });

  it('has the quorum of witnesses, or the alarm is raised and the log followed all the same', async () => {
    const keys = [verifierKeyText(sha256, WITNESS_KEY, NOTE_KEY_TYPES.cosignature)];
    const asking = { ...trust, witnesses: { quorum: 1, keys } };
    stands(entriesOf(300));
    const lacking = await round(asking);
    expect(kinds(lacking)).toEqual(['cosignatures']);
    expect(lacking.size).toBe(300);
    said.note = cosigned(said.note!);
    expect(await round(asking)).toEqual({ size: 300, alarms: [] });
  });
});

describe('the alarm is raised where a log', () => {
  beforeEach(async () => {
    stands(entriesOf(300));
    expect(await round()).toEqual({ size: 300, alarms: [] });
  });

  it.each<[string, () => void, string, RegExp]>([
    ['shrinks', () => stands(entriesOf(299)), 'shrunk', /it had 300 entries, and signs 299/],
    [
      'is gone',
      () => {
        delete said.note;
      },
      'shrunk',
      /has no checkpoint/,
    ],
    [
      'signs another root of the same size',
      () => stands(entriesOf(300, 'b', 299)),
      'forked',
      /of 300 entries it signs root/,
    ],
    [
      'grows from another history, which its tiles show no more than its checkpoint',
      () => stands(entriesOf(400, 'b', 100)),
      'forked',
      /of 400 entries it signs root/,
    ],
    [
      'signs a checkpoint over entries other than those it serves',
      () => {
        stands(entriesOf(400));
        said.note = noteOf(treeOf(entriesOf(400, 'b', 350)));
      },
      'forked',
      /of 400 entries/,
    ],
    [
      'serves entries whose hash is not in its tree',
      () => {
        const tree = treeOf(entriesOf(400));
        stands(entriesOf(400, 'b', 390));
        said.tree = tree;
        said.note = noteOf(tree);
      },
      'entry',
      /leaf 390: its tile has/,
    ],
    [
      'anchored a checkpoint that is not of it',
      () => {
        stands(entriesOf(400));
        said.anchored = [noteOf(treeOf(entriesOf(350, 'b', 340)))];
      },
      'forked',
      /of 350 entries/,
    ],
    [
      'is signed by another key',
      () => {
        said.note = noteOf(treeOf(entriesOf(400)), 400, { by: signerOf('thief') });
      },
      'checkpoint',
      /not signed by/,
    ],
    [
      'is another log',
      () => {
        said.note = noteOf(treeOf(entriesOf(400)), 400, { origin: 'flexledger/other' });
      },
      'checkpoint',
      /of log "flexledger\/other"/,
    ],
  ])('%s', async (_, lie, kind, what) => {
    lie();
    const found = await round();
    expect(kinds(found)).toEqual([kind]);
    expect(found.alarms[0]!.what).toMatch(what);
    expect(found.size).toBe(300);
    await round();
    const kept = state();
    expect(kept.size).toBe(300);
    expect(kept.alarms.map((alarm) => alarm.kind)).toEqual([kind]);

    stands(entriesOf(400));
    expect(await round()).toEqual({ size: 400, alarms: [] });
  });

  it('and both signed notes of a fork are kept as evidence', async () => {
    const before = said.note!;
    stands(entriesOf(300, 'b', 299));
    await round();
    expect(state().alarms[0]!.evidence).toEqual([before, said.note]);

    stands(entriesOf(400, 'b', 299));
    await round();
    expect(
      state()
        .alarms.map(({ evidence }) => evidence)
        .at(-1),
    ).toEqual([before, said.note]);
    expect(state().alarms).toHaveLength(2);
  });
});

describe('a log that cannot be followed', () => {
  it.each<[string, (path: string) => { status: number; body: string } | undefined, RegExp]>([
    ['fails', () => ({ status: 500, body: 'broken' }), /checkpoint: 500 broken/],
    [
      'has no tiles',
      (asked) => (asked.includes('/tile/') ? { status: 404, body: 'none' } : undefined),
      /tile\/entries\/000: 404/,
    ],
    [
      'serves tiles that are none',
      (asked) => (asked.includes('/tile/') ? { status: 200, body: 'no tile' } : undefined),
      /tile\/entries\/000/,
    ],
    [
      'serves no list of anchors',
      (asked) => (asked.endsWith('/anchors') ? { status: 200, body: '[]' } : undefined),
      /no page of checkpoints/,
    ],
    [
      'never ends its answer',
      (asked) =>
        asked.endsWith('/checkpoint') ? { status: 200, body: 'x'.repeat(5_000_000) } : undefined,
      /more than 4000000 bytes/,
    ],
  ])(
    'because it %s is said to be unreachable, and nothing is taken over',
    async (_, answer, why) => {
      stands(entriesOf(300), [200]);
      said.answer = answer;
      const found = await round();
      expect(found).toMatchObject({ size: 0, alarms: [] });
      expect(found.unreachable).toMatch(why);
      delete said.answer;
      expect(await round()).toEqual({ size: 300, alarms: [] });
    },
  );

  it('because nobody listens', async () => {
    const nobody = servedTiles('http://127.0.0.1:1');
    const found = await monitorOnce(nobody, { trust, stateFile, clock }, PATIENCE_MS);
    expect(found.unreachable).toMatch(/GET \/api\/v1\/log\/checkpoint/);
  });
});

describe('its state', () => {
  it('of another log, or unreadable, is refused', async () => {
    stands(entriesOf(3));
    await round();
    const other = { ...trust, origin: 'flexledger/other' };
    await expect(round(other)).rejects.toThrow(/is of the log flexledger\/trial/);
    writeFileSync(stateFile, readFileSync(stateFile, 'utf8').slice(0, 40));
    await expect(round()).rejects.toThrow(/cannot be used.*Restore it/);
  });
});
