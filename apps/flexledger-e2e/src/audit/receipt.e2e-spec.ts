/**
 * A receipt shows what a bidder had bid when the gate closed, a party's bundle what it was told, a tlog-proof
 * one event: each to who holds a trust file and no log; and whatever is done to one on its way is named.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AuditReport,
  type Bundle,
  type BundledEvent,
  type TrustPolicy,
  auditBundle,
  rehashed,
} from '@flexledger/audit';
import {
  auditBundleFile,
  createNodeTools,
  exportTrust,
  makeBundle,
  makeTlogProof,
} from '@flexledger/audit-cli';
import {
  canonicalJson,
  ed25519KeyFrom,
  sha256,
  sha256Hex,
  signEd25519,
} from '@flexledger/identity';
import {
  NOTE_KEY_TYPES,
  cosignatureLine,
  parseCheckpoint,
  parseTlogProof,
  signCheckpoint,
  tlogProofText,
  verifierKeyText,
} from '@flexledger/merkle-log';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { failing } from './testing/simulated-day';

const SESSION = 'realTime-2026-03-17T15:00Z';

let day: ReleasedDay;
let folder: string;
let trust: TrustPolicy;
let receipt: Bundle;
let closedMs: number;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-receipt-'));
  day = unpackReleasedDay('0.1.0');
  trust = await exportTrust(day);
  receipt = await makeBundle(day.dataDir, SESSION, { bidderId: 'AGG1' });
  closedMs = Date.parse(receipt.events.at(-1)!.row.occurredAt);
});
afterAll(() => {
  day.remove();
  rmSync(folder, { recursive: true });
});

const audited = (bundle: Bundle, by = trust): Promise<AuditReport> =>
  auditBundle(bundle, { trust: by, chain: 'not asked' }, createNodeTools());

const reasons = (report: AuditReport): string =>
  report.checks.flatMap(({ failures }) => failures.map(({ reason }) => reason)).join('\n');

const withEvents = (
  bundle: Bundle,
  change: (events: readonly BundledEvent[]) => readonly BundledEvent[],
): Bundle => ({ ...bundle, events: change(bundle.events) });

/** The bundle with something of the row of an event of a type changed, hash and all. */
function withRow(bundle: Bundle, type: string, change: object): Bundle {
  return withEvents(bundle, (events) =>
    events.map((event) =>
      event.row.type === type
        ? { ...event, row: rehashed(sha256, { ...event.row, ...change }) }
        : event,
    ),
  );
}

function keyOf(name: string) {
  const { publicKey, privateKey } = ed25519KeyFrom(sha256Hex(name));
  const key = { name, publicKey: Buffer.from(publicKey, 'hex') };
  return { key, sign: (message: Uint8Array) => signEd25519(privateKey, message) };
}

/** The receipt as a witness has cosigned it at some time, and a trust file that asks for that witness. */
function witnessed(atMs: number): { readonly bundle: Bundle; readonly by: TrustPolicy } {
  const { key, sign } = keyOf('example.org/tso');
  const { signedText } = parseCheckpoint(receipt.checkpoint);
  const line = cosignatureLine(sha256, signedText, key, Math.floor(atMs / 1_000), sign);
  const keys = [verifierKeyText(sha256, key, NOTE_KEY_TYPES.cosignature)];
  return {
    bundle: { ...receipt, checkpoint: `${receipt.checkpoint}${line}` },
    by: { ...trust, witnesses: { quorum: 1, keys } },
  };
}

describe('a receipt', () => {
  it('holds the own orders and the gate, under the first checkpoint that covers the closing', async () => {
    expect(failing(await audited(receipt))).toEqual([]);
    const types = receipt.events.map(({ row }) => row.type);
    expect(types.at(0)).toBe('SessionScheduled');
    expect(types.at(-1)).toBe('SessionClosed');
    expect(types).toContain('FlexibilityOffered');
    const { size } = parseCheckpoint(receipt.checkpoint);
    const closing = receipt.events.at(-1)!.leaf;
    expect(size).toBeGreaterThan(closing);
    expect(size - closing).toBeLessThan(30);
  });

  it('says that the times are the operator’s own where no witness tells them', async () => {
    const { checks } = await audited(receipt);
    expect(checks.find(({ name }) => name === 'times')!.note).toMatch(/those of the operator/);
  });

  it('holds where a witness has seen the closing soon after it', async () => {
    const { bundle, by } = witnessed(closedMs + 30_000);
    expect(failing(await audited(bundle, by))).toEqual([]);
    expect(failing(await audited(receipt, by))).toEqual(['trust']);
  });

  it('of a system operator holds its requests', async () => {
    const ofDso = await makeBundle(day.dataDir, 'dayAhead-2026-03-16T23:00Z', {
      bidderId: 'DSO',
    }).catch((error: Error) => error);
    if (ofDso instanceof Error) expect(ofDso.message).toMatch(/DSO had no order/);
    else expect(failing(await audited(ofDso))).toEqual([]);
  });

  it('is given of no session that there is not, and to nobody who did not bid', async () => {
    await expect(makeBundle(day.dataDir, 'dayAhead-1999', { bidderId: 'AGG1' })).rejects.toThrow(
      /no session/,
    );
    await expect(makeBundle(day.dataDir, SESSION, { bidderId: 'AGG9' })).rejects.toThrow(
      /AGG9 had no order/,
    );
  });

  it.each<[string, () => { bundle: Bundle; by?: TrustPolicy }, readonly string[], RegExp]>([
    [
      'with a price changed, hash and all',
      () => {
        const offered = receipt.events.find(({ row }) => row.type === 'FlexibilityOffered')!;
        const data = canonicalJson({ ...(JSON.parse(offered.row.data) as object), bidId: 'other' });
        return { bundle: withRow(receipt, 'FlexibilityOffered', { data }) };
      },
      ['inclusion'],
      /not shown to be leaf/,
    ],
    [
      'backdated in the order of the log: a bid behind the closing',
      () => ({
        bundle: withEvents(receipt, (events) => [
          ...events.filter(({ row }) => row.type !== 'FlexibilityOffered'),
          ...events.filter(({ row }) => row.type === 'FlexibilityOffered'),
        ]),
      }),
      ['order', 'gates'],
      /behind the closing of the gate/,
    ],
    [
      'without the closing',
      () => ({ bundle: withEvents(receipt, (events) => events.slice(0, -1)) }),
      ['inclusion'],
      /does not hold the closing/,
    ],
    [
      'without the bid',
      () => ({
        bundle: withEvents(receipt, (events) =>
          events.filter(({ row }) => row.type !== 'FlexibilityOffered'),
        ),
      }),
      ['inclusion'],
      /holds no order of AGG1/,
    ],
    [
      'handed to another bidder',
      () => ({ bundle: { ...receipt, of: { ...receipt.of, bidderId: 'AGG2' } as Bundle['of'] } }),
      ['gates', 'inclusion'],
      /no order of AGG2/,
    ],
    [
      'recorded long after the gate, the row told otherwise',
      () => ({
        bundle: withRow(receipt, 'FlexibilityOffered', {
          recordedAt: new Date(closedMs + 600_000).toISOString(),
        }),
      }),
      ['times'],
      /recorded 600 s after the gate closed; 120 s are allowed/,
    ],
    [
      'under a checkpoint that another key signed',
      () => {
        const { size, root } = parseCheckpoint(receipt.checkpoint);
        const { publicKey, privateKey } = ed25519KeyFrom(sha256Hex('forger'));
        const key = { name: trust.origin, publicKey: Buffer.from(publicKey, 'hex') };
        const sign = (message: Uint8Array): Uint8Array => signEd25519(privateKey, message);
        const checkpoint = signCheckpoint(sha256, { origin: trust.origin, size, root }, key, sign);
        return { bundle: { ...receipt, checkpoint } };
      },
      ['checkpoints'],
      /not signed by/,
    ],
    [
      'whose closing a witness saw before it was',
      () => witnessed(closedMs - 600_000),
      ['times'],
      /had seen its checkpoint at .* already/,
    ],
    [
      'whose closing a witness saw two hours later only',
      () => witnessed(closedMs + 7_200_000),
      ['times'],
      /has seen its checkpoint at .* only/,
    ],
  ])('%s is named', async (_, make, checks, why) => {
    const { bundle, by } = make();
    const report = await audited(bundle, by);
    expect(failing(report)).toEqual(checks);
    expect(reasons(report)).toMatch(why);
  });
});

describe('the bundle of a party', () => {
  it.each(['AGG1', 'IT002E60000001', 'DSO', 'TSO'])('%s holds', async (party) => {
    const bundle = await makeBundle(day.dataDir, party);
    const report = await audited(bundle);
    expect(failing(report)).toEqual([]);
    expect(report.checks.find(({ name }) => name === 'signatures')!.count).toBeGreaterThan(0);
  });

  it('shows an aggregator its bids, results and settlements, and no row of another’s', async () => {
    const bundle = await makeBundle(day.dataDir, 'AGG1');
    const types = new Set(bundle.events.map(({ row }) => row.type));
    for (const type of [
      'FlexibilityOffered',
      'ResultPublished',
      'SettlementComputed',
      'MeasurementRecorded',
    ]) {
      expect(types).toContain(type);
    }
    const named = bundle.events.flatMap(({ row }) => [
      ...row.data.matchAll(/"aggregatorId":"([^"]+)"/g),
    ]);
    expect(new Set(named.map(([, id]) => id))).toEqual(new Set(['AGG1']));
  });

  it('says that own rows are not proved, and takes them for no other type of event', async () => {
    const bundle = await makeBundle(day.dataDir, 'AGG1');
    const { notExcluded } = await audited(bundle);
    expect(notExcluded).toContainEqual(expect.stringMatching(/own rows of \d+ events/));
    const forged = withEvents(bundle, (events) =>
      events.map((event) => {
        if (event.row.type !== 'FlexibilityOffered') return event;
        return { ...event, ownRows: true, row: { ...event.row, data: '{}' } };
      }),
    );
    expect(failing(await audited(forged))).toEqual(['hashes', 'inclusion']);
    const receiptForged = withEvents(receipt, (events) =>
      events.map((event) => ({ ...event, ownRows: true, row: { ...event.row, actor: 'x' } })),
    );
    expect(failing(await audited(receiptForged))).toEqual(['hashes', 'inclusion']);
  });

  it('with a measurement changed, or the hash of a settlement, is named', async () => {
    const bundle = await makeBundle(day.dataDir, 'IT002E60000001');
    const changed = withRow(bundle, 'MeasurementRecorded', { actor: 'x' });
    expect(failing(await audited(changed))).toEqual(['inclusion']);
    const settled = withEvents(bundle, (events) =>
      events.map((event) =>
        event.ownRows ? { ...event, row: { ...event.row, hash: '0'.repeat(64) } } : event,
      ),
    );
    expect(failing(await audited(settled))).toEqual(['inclusion']);
  });
});

describe('a tlog-proof of an event', () => {
  const proved = async (text: string): Promise<AuditReport> => {
    const file = path.join(folder, 'event.tlog-proof');
    writeFileSync(file, text);
    return auditBundleFile(file, { trust });
  };

  it('holds, by position and by id', async () => {
    const text = await makeTlogProof(day.dataDir, '100');
    expect(failing(await proved(text))).toEqual([]);
    const { id } = JSON.parse(Buffer.from(parseTlogProof(text).extra).toString()) as { id: string };
    expect(await makeTlogProof(day.dataDir, id)).toBe(text);
    await expect(makeTlogProof(day.dataDir, '999999')).rejects.toThrow(/no event at position/);
  });

  it.each<[string, (text: string) => string, readonly string[]]>([
    ['of another leaf', (text) => text.replace('\nindex 100\n', '\nindex 101\n'), ['inclusion']],
    [
      'with its event changed',
      (text) => {
        const proof = parseTlogProof(text);
        const row = JSON.parse(Buffer.from(proof.extra).toString()) as { actor: string };
        const extra = Buffer.from(JSON.stringify({ ...row, actor: 'x' }));
        return tlogProofText({ ...proof, extra });
      },
      ['hashes', 'inclusion'],
    ],
    [
      'without its event',
      (text) => tlogProofText({ ...parseTlogProof(text), extra: new Uint8Array(0) }),
      ['hashes'],
    ],
    [
      'with another size in its checkpoint',
      (text) => text.replace(/\n(\d+)\n([^\n]+)\n\n/, '\n1$1\n$2\n\n'),
      ['checkpoints'],
    ],
  ])('%s is named', async (_, change, checks) => {
    const text = change(await makeTlogProof(day.dataDir, '100'));
    expect(failing(await proved(text))).toEqual(checks);
  });

  it('cut short is refused, and says where', async () => {
    const text = await makeTlogProof(day.dataDir, '100');
    await expect(proved(text.slice(0, 60))).rejects.toThrow(/no tlog-proof/);
    await expect(proved(text.replace(/\nindex 100\n/, '\n'))).rejects.toThrow(/no line "index"/);
  });
});
