/** Who makes bundles, receipts and read models: what auditors and parties are shown in the place of the log. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import {
  type Bundle,
  type BundledEvent,
  type LoggedEvent,
  auditBundle,
  readBundle,
  rehashed,
} from '@flexledger/audit';
import { createNodeTools, makeBundle } from '@flexledger/audit-cli';
import { EXIT_CODES } from '@flexledger/command-line';
import type { StoredRow } from '@flexledger/domain';
import {
  canonicalJson,
  ed25519KeyFrom,
  sha256,
  sha256Hex,
  signEd25519,
} from '@flexledger/identity';
import { parseCheckpoint, signCheckpoint } from '@flexledger/merkle-log';
import { repositoryRoot } from '@flexledger/service-kit';
import Database from 'libsql';
import { type DataOf, dataOf } from '../testing/simulated-day';
import { lastUnsold, rowOf, shifted } from './edit-rows';
import { hasRows, settlementOf } from './forged-days';
import type { HonestDay } from './honest-day';
import {
  type Adversary,
  type Outcome,
  type Tampering,
  caught,
  notExcluded,
  refused,
} from './tampering';

/** What the bundle is of, as `flexledger bundle` takes it. */
type Wanted = (
  day: HonestDay,
) => Parameters<typeof makeBundle> extends [string, ...infer Asked] ? Readonly<Asked> : never;

const settledSession: Wanted = ({ rows }) => [sessionOf(rows)];
const packet: Wanted = ({ rows }) => {
  const { podId, sequence } = dataOf<'MeasurementRecorded'>(lastUnsold(rows));
  return [`${podId}/${sequence}`];
};
/** Of an aggregator that bid in it. */
const receipt: Wanted = ({ rows }) => {
  const { sessionId, aggregatorId } = dataOf<'FlexibilityOffered'>(offerIn(rows));
  return [sessionId, { bidderId: aggregatorId }];
};
/** The rows of one aggregator in a settlement, which it proves without those of others. */
const ownRows: Wanted = ({ rows }) => {
  const settled = dataOf<'SettlementComputed'>(rowOf(rows, 'SettlementComputed', hasRows));
  return [settled.sessionId, { partyId: settled.rows[0]!.aggregatorId }];
};

const BUNDLES: readonly Tampering[] = [
  bundle(
    'a session’s bundle with the clearing of another',
    caught('inclusion', 'clearing', 'settlement'),
    {
      adversary: 'operator',
      of: settledSession,
      change: (made, { rows }) =>
        withData<'MarketCleared'>(made, 'MarketCleared', isOf(sessionOf(rows)), (data) => {
          data.rows = data.rows.slice(1);
        }),
    },
  ),
  bundle('a session’s bundle without a measurement that counts', caught('order', 'settlement'), {
    adversary: 'aggregator',
    of: settledSession,
    change: (made, { rows }) => {
      const { podId } = dataOf<'SettlementComputed'>(settlementOf(rows)[0]).rows[0]!;
      const ofPod = made.events.filter(
        ({ row }) =>
          row.type === 'MeasurementRecorded' && dataOf<'MeasurementRecorded'>(row).podId === podId,
      );
      const left = ofPod[Math.floor(ofPod.length / 2)];
      return withEvents(made, (events) => events.filter((event) => event !== left));
    },
  }),
  bundle('a session’s bundle without its settlement', caught('inclusion'), {
    adversary: 'operator',
    of: settledSession,
    change: (made, { rows }) =>
      withEvents(made, (events) =>
        events.filter(({ row }) => row.streamId !== settlementOf(rows)[0].streamId),
      ),
  }),
  bundle(
    'a packet with the key of another in the place of its node’s',
    caught('signatures', 'inclusion'),
    {
      adversary: 'operator',
      of: packet,
      change: (made) =>
        withData<'NodeEnrolled'>(
          made,
          'NodeEnrolled',
          () => true,
          (data) => {
            data.publicKey = OTHER_NODE_KEY;
          },
        ),
    },
  ),
  bundle('a packet under a checkpoint that another key signed', caught('checkpoints'), {
    adversary: 'operator',
    of: packet,
    change: (made) => ({ ...made, checkpoint: signedByAnother(made.checkpoint) }),
  }),
  bundle('a receipt of a bid that came after the gate', caught('inclusion', 'gates'), {
    adversary: 'operator',
    of: receipt,
    change: (made) =>
      withRow(made, 'FlexibilityOffered', (row) => ({
        ...row,
        occurredAt: shifted(row.occurredAt, 24 * 3_600_000),
      })),
  }),
  bundle('a receipt of a dearer bid than was taken', caught('inclusion'), {
    adversary: 'aggregator',
    of: receipt,
    change: (made) =>
      withData<'FlexibilityOffered'>(made, 'FlexibilityOffered', hasOffers, (data) => {
        const [offer] = data.offers;
        if (offer?.kind === 'single') offer.priceMicroEurPerKwh[0]! += 1;
      }),
  }),
  bundle('a party’s own settled rows raised in its bundle', caught('inclusion'), {
    adversary: 'aggregator',
    of: () => ['AGG1'],
    change: (made) => withSettledRows(made, raised),
  }),
  bundle(
    'a party’s own result raised in its bundle',
    notExcluded('of a result of many only its hash is proved; the bundle’s report says so'),
    {
      adversary: 'aggregator',
      of: () => ['AGG1'],
      change: (made) =>
        withEvents(made, (events) =>
          events.map((event) => {
            if (!event.ownRows || event.row.type !== 'ResultPublished') return event;
            const data = dataOf<'ResultPublished'>(event.row);
            for (const row of data.rows) row.acceptedW[0]! += 1;
            return { ...event, row: { ...event.row, data: canonicalJson(data) } };
          }),
        ),
    },
  ),
  bundle('settled rows of a party raised', caught('inclusion'), {
    adversary: 'aggregator',
    of: ownRows,
    change: (made) => withSettledRows(made, raised),
  }),
  bundle('settled rows of a party with another salt', caught('inclusion'), {
    adversary: 'operator',
    of: ownRows,
    change: (made) =>
      withSettledRows(made, (data) => {
        data.rows[0]!.salt = 'ab'.repeat(16);
      }),
  }),
  bundle('settled rows of a party shown twice', caught('order', 'inclusion'), {
    adversary: 'aggregator',
    of: ownRows,
    change: (made) =>
      withEvents(made, (events) =>
        events.flatMap((event) => (event.ownRows ? [event, event] : [event])),
      ),
  }),
  bundle(
    'settled rows of a party without the publication that names their root',
    caught('inclusion'),
    {
      adversary: 'aggregator',
      of: ownRows,
      change: (made) =>
        withEvents(made, (events) =>
          events.filter(({ row }) => row.type !== 'SettlementPublished'),
        ),
    },
  ),
  bundle('settled rows of a party under another root', caught('inclusion'), {
    adversary: 'operator',
    of: ownRows,
    change: (made) =>
      withData<'SettlementPublished'>(
        made,
        'SettlementPublished',
        () => true,
        (data) => {
          data.rowsRoot = 'ab'.repeat(32);
        },
      ),
  }),
  bundle('settled rows of another party', caught('inclusion'), {
    adversary: 'aggregator',
    of: ownRows,
    change: (made) => ({
      ...made,
      of: { ...(made.of as { kind: 'rows'; sessionId: string }), partyId: 'AGG99' },
    }),
  }),
  bundle('a bundle cut short', refused(/events/), {
    adversary: 'outsider',
    of: packet,
    change: (made) => ({ ...made, events: undefined as unknown as Bundle['events'] }),
  }),
];

/** What the interface answers is read from them, and nothing of them is certified. */
const VIEWS: readonly Tampering[] = [
  views('a pay raised in a read model that is served', /settlement-rows .*paidMicroEur\[0\] is 9/, [
    `UPDATE "settlement-rows" SET doc = json_set(doc, '$.paidMicroEur[0]', 999999999)
     WHERE id = (SELECT id FROM "settlement-rows" ORDER BY id LIMIT 1)`,
  ]),
  views('an offer taken out of a read model', /offers .* is missing/, [
    'DELETE FROM offers WHERE id = (SELECT id FROM offers ORDER BY id LIMIT 1)',
  ]),
  views(
    'a pay raised in a read model that says to be of another release',
    /not compared: settlement-rows is of version 99/,
    [
      `UPDATE "settlement-rows" SET doc = json_set(doc, '$.paidMicroEur[0]', 999999999)`,
      `UPDATE _views SET version = 99 WHERE name = 'settlement-rows'`,
    ],
  ),
  views(
    'an offer taken out of a read model that says to have halted',
    /not compared: offers has halted/,
    ['DELETE FROM offers', `UPDATE _views SET halt = '{}' WHERE name = 'offers'`],
  ),
];

export const BY_BUNDLE_MAKERS: readonly Tampering[] = [...BUNDLES, ...VIEWS];

interface BundleTampering {
  readonly adversary: Adversary;
  readonly of: Wanted;
  readonly change: (made: Bundle, day: HonestDay) => Bundle;
}

/** A true bundle that somebody changed, audited against an exported trust file and the true chain. */
function bundle(
  what: string,
  outcome: Outcome,
  { adversary, of, change }: BundleTampering,
): Tampering {
  return {
    adversary,
    what,
    trust: 'exported',
    outcome,
    async audit(day) {
      const changed = change(await makeBundle(day.dataDir, ...of(day)), day);
      const basis = { trust: day.trust('exported')!, chain: day.chain };
      return auditBundle(readBundle(JSON.parse(JSON.stringify(changed))), basis, createNodeTools());
    },
  };
}

function views(what: string, words: RegExp, statements: readonly string[]): Tampering {
  return {
    adversary: 'operator',
    what,
    trust: 'none',
    outcome: refused(words),
    async audit(day) {
      const dataDir = day.folder(what.replace(/\W+/g, '-'));
      const db = new Database(path.join(dataDir, 'views.sqlite'));
      for (const statement of statements) db.exec(statement);
      db.close();
      const told = toldOfViews(dataDir);
      if (told !== undefined) throw new Error(told);
      return day.audited(day);
    },
  };
}

/** What the command as it is shipped names first, where it does not end well; undefined where it does. */
function toldOfViews(dataDir: string): string | undefined {
  const asked = [COMMAND_LINE, 'audit', '--views', '--data', dataDir];
  const { status, stdout, stderr } = spawnSync(process.execPath, asked, { encoding: 'utf8' });
  if (status === 0) return undefined;
  if (status !== EXIT_CODES.failed)
    throw new Error(`audit --views ended with ${status}: ${stderr}`);
  const [, first = stdout] = stdout.split('\n');
  return first.trim();
}

const COMMAND_LINE = path.join(repositoryRoot(), 'dist/apps/flexledger/src/main.js');

const OTHER_NODE_KEY = `04${sha256Hex('another x')}${sha256Hex('another y')}`;

const hasOffers = (data: { readonly offers?: readonly unknown[] }): boolean =>
  (data.offers?.length ?? 0) > 0;

const isOf =
  (sessionId: string) =>
  (data: { readonly sessionId?: string }): boolean =>
    data.sessionId === sessionId;

function offerIn(rows: HonestDay['rows']): StoredRow {
  return rowOf(rows, 'FlexibilityOffered', hasOffers);
}

function sessionOf(rows: HonestDay['rows']): string {
  return dataOf<'SettlementComputed'>(rowOf(rows, 'SettlementComputed', hasRows)).sessionId;
}

function withEvents(
  made: Bundle,
  change: (events: readonly BundledEvent[]) => readonly BundledEvent[],
): Bundle {
  return { ...made, events: change(made.events) };
}

/** With the settled rows that it shows changed. */
function withSettledRows(
  made: Bundle,
  change: (data: DataOf<'SettlementComputed'>) => void,
): Bundle {
  return withEvents(made, (events) =>
    events.map((event) => {
      if (!event.ownRows || event.row.type !== 'SettlementComputed') return event;
      const data = dataOf<'SettlementComputed'>(event.row);
      if (data.rows.length > 0) change(data);
      return { ...event, row: { ...event.row, data: canonicalJson(data) } };
    }),
  );
}

function raised(data: DataOf<'SettlementComputed'>): void {
  for (const row of data.rows) row.paidMicroEur[0]! += 1;
}

/** With the first row of a type changed, its hash computed anew. */
function withRow(
  made: Bundle,
  type: LoggedEvent['type'],
  change: (row: StoredRow) => StoredRow,
  wanted: (row: StoredRow) => boolean = () => true,
): Bundle {
  const at = made.events.findIndex(({ row }) => row.type === type && wanted(row));
  if (at < 0) throw new Error(`the bundle holds no such ${type}`);
  return withEvents(made, (events) =>
    events.map((event, index) =>
      index === at ? { ...event, row: rehashed(sha256, change(event.row)) } : event,
    ),
  );
}

function withData<Type extends LoggedEvent['type']>(
  made: Bundle,
  type: Type,
  wanted: (data: DataOf<Type> & { readonly sessionId?: string }) => boolean,
  change: (data: DataOf<Type>) => void,
): Bundle {
  const changed = (row: StoredRow): StoredRow => {
    const data = dataOf<Type>(row);
    change(data);
    return { ...row, data: canonicalJson(data) };
  };
  return withRow(made, type, changed, (row) => wanted(dataOf<Type>(row)));
}

function signedByAnother(note: string): string {
  const { origin, size, root } = parseCheckpoint(note);
  const { publicKey, privateKey } = ed25519KeyFrom(sha256Hex('another log'));
  const key = { name: origin, publicKey: Buffer.from(publicKey, 'hex') };
  return signCheckpoint(sha256, { origin, size, root }, key, (message) =>
    signEd25519(privateKey, message),
  );
}
