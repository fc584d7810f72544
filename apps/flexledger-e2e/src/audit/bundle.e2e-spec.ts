/**
 * A bundle proves one session or one measurement to who holds a trust file and no log, and whatever is done to
 * one on its way is named.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type Bundle,
  type BundledEvent,
  type LoggedEvent,
  type TrustPolicy,
  SessionNotAuditable,
  auditBundle,
  rehashed,
} from '@flexledger/audit';
import {
  auditBundleFile,
  createNodeTools,
  exportTrust,
  makeBundle,
  readBundleFile,
} from '@flexledger/audit-cli';
import { UsageError } from '@flexledger/command-line';
import { chainFile, startAnvil } from '@flexledger/contracts';
import { canonicalJson, ed25519KeyFrom, sha256 } from '@flexledger/identity';
import { verifierKeyText } from '@flexledger/merkle-log';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { runAudit } from './testing/run-audit';
import { failing, simulatedLog } from './testing/simulated-day';

const SESSION = 'realTime-2026-03-17T15:00Z';

let day: ReleasedDay;
let folder: string;
let trust: TrustPolicy;
let session: Bundle;
let packet: Bundle;
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-bundle-'));
  day = unpackReleasedDay('0.1.0');
  trust = await exportTrust(day);
  session = await makeBundle(day.dataDir, SESSION);
  packet = await makeBundle(day.dataDir, 'IT002E60000001/40');
});
afterAll(() => {
  day.remove();
  rmSync(folder, { recursive: true });
});

const audited = (bundle: Bundle, by = trust) =>
  auditBundle(bundle, { trust: by, chain: 'not asked' }, createNodeTools());

/** The bundle with other events. */
function withEvents(
  bundle: Bundle,
  change: (events: readonly BundledEvent[]) => readonly BundledEvent[],
): Bundle {
  return { ...bundle, events: change(bundle.events) };
}

/** The bundle with the data of the first event of a type changed, hashes and all. */
function withData(bundle: Bundle, type: LoggedEvent['type'], change: object): Bundle {
  const at = bundle.events.findIndex(({ row }) => row.type === type);
  return withEvents(bundle, (events) =>
    events.map((event, index) => {
      if (index !== at) return event;
      const data = canonicalJson({ ...(JSON.parse(event.row.data) as object), ...change });
      return { ...event, row: rehashed(sha256, { ...event.row, data }) };
    }),
  );
}

describe('a bundle', () => {
  it('of a session holds: everything of it is computed again', async () => {
    const report = await audited(session);
    expect(failing(report)).toEqual([]);
    const counts = Object.fromEntries(report.checks.map(({ name, count }) => [name, count]));
    expect(counts).toMatchObject({ clearing: 4, settlement: 2, validation: 2 });
    expect(counts['signatures']).toBeGreaterThan(0);
    expect(report.notExcluded).toContainEqual(expect.stringMatching(/the chain was not asked/));
  });

  it('of a measurement holds, and is small', async () => {
    expect(failing(await audited(packet))).toEqual([]);
    expect(packet.events.length).toBeLessThan(10);
    const { position } = packet.events.at(-1)!.row;
    expect(await makeBundle(day.dataDir, `${position}`)).toEqual(packet);
  });

  it('is held against the chain where its address is given', async () => {
    const stateFile = inFolder('chain.json');
    copyFileSync(chainFile(day.dataDir), stateFile);
    const file = inFolder('packet.json');
    writeFileSync(file, JSON.stringify(packet));
    const anvil = await startAnvil({ stateFile });
    try {
      const { rpcUrl } = anvil;
      const report = await auditBundleFile(file, { trust, rpcUrl });
      expect(failing(report)).toEqual([]);
      expect(report.checks.find(({ name }) => name === 'anchors')!.count).toBe(1);
    } finally {
      await anvil.stop();
    }
    const empty = await startAnvil({});
    try {
      const report = await auditBundleFile(file, { trust, rpcUrl: empty.rpcUrl });
      expect(failing(report)).toEqual(['anchors', 'trust']);
    } finally {
      await empty.stop();
    }
  });

  it('is not made of what is not there', async () => {
    const { dataDir } = day;
    await expect(makeBundle(dataDir, 'IT002E60000001/4000')).rejects.toThrow(/no measurement 4000/);
    await expect(makeBundle(dataDir, '0')).rejects.toThrow(/no measurement at position 0/);
    await expect(makeBundle(dataDir, 'dayAhead-1999')).rejects.toBeInstanceOf(SessionNotAuditable);
  });
});

it('of each session that was settled holds', async () => {
  const made = await simulatedLog();
  try {
    const by = await exportTrust({ dataDir: made.dataDir });
    const settled = made.rows
      .filter(({ type }) => type === 'SettlementPublished')
      .map((row) => (JSON.parse(row.data) as { readonly sessionId: string }).sessionId);
    expect(new Set(settled).size).toBeGreaterThan(5);
    for (const sessionId of new Set(settled)) {
      const report = await audited(await makeBundle(made.dataDir, sessionId), by);
      expect([sessionId, ...failing(report)]).toEqual([sessionId]);
    }
  } finally {
    made.remove();
  }
});

describe('named is a bundle', () => {
  const last = (bundle: Bundle): BundledEvent => bundle.events.at(-1)!;
  it.each<[string, () => Bundle, readonly string[]]>([
    [
      'with a measurement changed, hashes and all',
      () => withData(packet, 'MeasurementRecorded', { signedHash: '1'.repeat(128) }),
      ['signatures', 'inclusion'],
    ],
    [
      'with a byte changed',
      () =>
        withEvents(packet, (events) =>
          events.map((one) =>
            one === last(packet) ? { ...one, row: { ...one.row, actor: 'x' } } : one,
          ),
        ),
      ['hashes', 'inclusion'],
    ],
    [
      'with the proof of another leaf',
      () =>
        withEvents(session, ([one, other, ...rest]) => [
          { ...one!, proof: other!.proof },
          other!,
          ...rest,
        ]),
      ['inclusion'],
    ],
    [
      'with another leaf',
      () =>
        withEvents(packet, (events) =>
          events.map((one) => (one === last(packet) ? { ...one, leaf: one.leaf + 1 } : one)),
        ),
      ['inclusion'],
    ],
    [
      'with its events in another order',
      () => withEvents(packet, (events) => events.toReversed()),
      ['order', 'signatures'],
    ],
    [
      'without a request',
      () =>
        withEvents(session, (events) => {
          const at = events.findIndex(({ row }) => row.type === 'FlexibilityRequested');
          return events.toSpliced(at, 1);
        }),
      ['order', 'gates', 'clearing'],
    ],
    [
      'without the settlement it is of',
      () => withEvents(session, (events) => events.slice(0, -1)),
      ['inclusion'],
    ],
    [
      'said to be of another session',
      () => ({ ...session, of: { kind: 'session', sessionId: 'dayAhead-1999' } }),
      ['inclusion'],
    ],
    [
      'with a smaller size in its checkpoint',
      () => ({ ...packet, checkpoint: packet.checkpoint.replace(/\n\d+\n/, '\n7\n') }),
      ['checkpoints'],
    ],
    [
      'of another log',
      () => ({ ...packet, checkpoint: packet.checkpoint.replace(/^.*\n/, 'example.org/log\n') }),
      ['checkpoints'],
    ],
    ['without a checkpoint', () => ({ ...packet, checkpoint: '' }), ['checkpoints']],
  ])('%s', async (_, change, checks) => {
    expect(failing(await audited(change()))).toEqual(checks);
  });

  it('that a trust file speaks against', async () => {
    const size = Number(packet.checkpoint.split('\n')[1]);
    const name = trust.origin;
    const publicKey = Buffer.from(ed25519KeyFrom('1'.repeat(64)).publicKey, 'hex');
    const other = verifierKeyText(sha256, { name, publicKey });
    expect(failing(await audited(packet, { ...trust, logKey: other }))).toEqual(['checkpoints']);
    const lastCheckpoint = { size, root: 'ab'.repeat(32) };
    expect(failing(await audited(packet, { ...trust, lastCheckpoint }))).toEqual(['trust']);
    const witness = verifierKeyText(sha256, { name: 'w', publicKey }, 4);
    const witnesses = { quorum: 1, keys: [witness] };
    expect(failing(await audited(packet, { ...trust, witnesses }))).toEqual(['trust']);
  });
});

describe('a file that is no bundle', () => {
  it.each<[string, () => string, RegExp]>([
    ['cut short', () => JSON.stringify(packet).slice(0, -9), /cannot be used/],
    ['of another format', () => JSON.stringify({ ...packet, format: 'x' }), /format is "x"/],
    [
      'of nothing',
      () => JSON.stringify({ ...packet, of: {} }),
      /no session, measurement, receipt, party or rows/,
    ],
    ['without events', () => JSON.stringify({ ...packet, events: [] }), /are not a list/],
    [
      'with more anchors than there can be',
      () => JSON.stringify({ ...packet, anchors: 1e12 }),
      /anchors/,
    ],
    [
      'with a proof without end',
      () =>
        JSON.stringify(
          withEvents(packet, (events) =>
            events.map((one) => ({ ...one, proof: Array<string>(54).fill('0'.repeat(64)) })),
          ),
        ),
      /events\[0\]\.proof/,
    ],
    [
      'with a row that is none',
      () => JSON.stringify({ ...packet, events: [{ leaf: 0, proof: [], row: {} }] }),
      /events\[0\]\.row\.id is no text/,
    ],
  ])('because it is %s is refused by name', (_, text, reason) => {
    const file = inFolder('broken.json');
    writeFileSync(file, text());
    expect(() => readBundleFile(file)).toThrow(UsageError);
    expect(() => readBundleFile(file)).toThrow(reason);
  });
});

it('flexledger audit --bundle tells it and exits with 0, 1 or 2', async () => {
  const trustFile = inFolder('trust.json');
  writeFileSync(trustFile, JSON.stringify(trust));
  const file = inFolder('told.json');
  writeFileSync(file, JSON.stringify(packet));
  const whole = await runAudit('--bundle', file, '--trust', trustFile);
  expect(whole.exitCode).toBe(0);
  expect(whole.text).toMatch(/^The bundle holds\.$/m);
  writeFileSync(file, JSON.stringify({ ...packet, checkpoint: '' }));
  const broken = await runAudit('--bundle', file, '--trust', trustFile, '--json');
  expect(broken.exitCode).toBe(1);
  expect(JSON.parse(broken.text)).toMatchObject({ ok: false, verdict: 'broken' });
  await expect(runAudit('--bundle', file)).rejects.toThrow(/--trust/);
  await expect(runAudit('--all', '--bundle', file, '--trust', trustFile)).rejects.toThrow(
    UsageError,
  );
});
