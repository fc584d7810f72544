/** Who holds no key: changes files on their way to the auditor, or writes in others' names. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { auditLog, readTrustFile } from '@flexledger/audit-cli';
import { type StoredRow, rowChecksum } from '@flexledger/domain';
import { archiveEvents, logFile } from '@flexledger/event-store';
import { canonicalJson, nodeKeyFrom, sha256, sha256Hex, signMessage } from '@flexledger/identity';
import { NOTE_KEY_TYPES, verifierKeyText } from '@flexledger/merkle-log';
import Database from 'libsql';
import { dataOf } from '../testing/simulated-day';
import {
  edited,
  editedFirst,
  lastRowOf,
  rowOf,
  shifted,
  upToAnchor,
  without,
  withInserted,
} from './edit-rows';
import { type HonestDay, type TrustHeld, type WitnessKey, witnessOf } from './honest-day';
import {
  type Outcome,
  type Tampering,
  caught,
  notExcluded,
  refused,
  tampering,
  trustChanged,
} from './tampering';

const outsider = tampering.bind(undefined, 'outsider');

/** Bytes of the file changed, nothing computed anew. */
const BYTES: readonly Tampering[] = [
  outsider(
    'one byte of a measurement',
    ['none', caught('hashes', 'signatures', 'inclusion', 'settlement')],
    ({ rows, chain }) => {
      const row = rowOf(rows, 'MeasurementRecorded');
      const data = row.data.replace('"injectedWh"', '"injectedWn"');
      return { rows: rows.map((other) => (other === row ? { ...row, data } : other)), chain };
    },
  ),
  outsider('one digit of a stored hash', ['none', caught('hashes')], ({ rows, chain }) => {
    const row = rowOf(rows, 'BaselineDeclared');
    const hash = otherHex(row.hash);
    return { rows: rows.map((other) => (other === row ? { ...row, hash } : other)), chain };
  }),
  outsider(
    'recordedAt, its checksum left',
    ['none', caught('hashes', 'order', 'times')],
    ({ rows, chain }) => {
      const row = rowOf(rows, 'FlexibilityOffered');
      const recordedAt = shifted(row.recordedAt, -3_600_000);
      return { rows: rows.map((other) => (other === row ? { ...row, recordedAt } : other)), chain };
    },
  ),
  outsider('the last anchor cut off', ['none', caught('anchors')], ({ rows, chain }) => ({
    rows: rows.slice(0, rows.indexOf(lastRowOf(rows, 'CheckpointAnchored'))),
    chain,
  })),
  outsider(
    'a measurement cut out',
    ['none', caught('order', 'checkpoints', 'inclusion', 'settlement')],
    ({ rows, chain }) => {
      const cut = rowOf(rows, 'MeasurementRecorded', ({ sequence }) => sequence === 20);
      return { rows: rows.filter((row) => row !== cut), chain };
    },
  ),
  outsider(
    'two events swapped',
    ['none', caught('order', 'checkpoints', 'inclusion')],
    ({ rows, chain }) => {
      const measured = ({ type }: StoredRow): boolean => type === 'MeasurementRecorded';
      const first = rows.findIndex((row, index) => measured(row) && measured(rows[index + 1]!));
      const swapped = [...rows];
      [swapped[first], swapped[first + 1]] = [rows[first + 1]!, rows[first]!];
      return { rows: swapped, chain };
    },
  ),
  outsider(
    'the log as it was at noon',
    ['none', caught('anchors', 'tokens')],
    ({ older, chain }) => ({
      ...older,
      chain,
    }),
  ),
];

/** Events in others' names; whoever slips them into the file recomputes its hashes. */
const IN_OTHERS_NAMES: readonly Tampering[] = [
  outsider(
    'a measurement signed by a key of its own',
    ['none', caught('signatures', 'checkpoints', 'inclusion')],
    ({ rows, chain }) => {
      const own = nodeKeyFrom(sha256Hex('an outsider'));
      const changed = editedFirst(rows, 'MeasurementRecorded', (data) => {
        data.signedHash = signMessage(own.privateKey, canonicalJson(data.inputData));
      });
      return { rows: changed, chain };
    },
  ),
  outsider(
    'a bid in the name of an aggregator',
    ['none', caught('gates', 'clearing', 'checkpoints', 'inclusion')],
    ({ rows, chain }) => {
      const offer = rowOf(rows, 'FlexibilityOffered', ({ offers }) => offers.length > 0);
      const data = dataOf<'FlexibilityOffered'>(offer);
      data.bidId = 'forged';
      for (const one of data.offers) one.offerId = `forged-${one.offerId}`;
      const { streamId, type, occurredAt, schemaVersion } = offer;
      const forged = { streamId, type, data, occurredAt, schemaVersion };
      return { rows: withInserted(rows, rows.indexOf(offer) + 1, forged), chain };
    },
  ),
];

/** The certifier's own words, without its key. */
const CHECKPOINTS: readonly Tampering[] = [
  note('a checkpoint note of a smaller size', (text) => text.replace(/^(.*\n)\d+\n/, '$17\n')),
  note('a checkpoint note of another origin', (text) => text.replace(/^.*\n/, 'another.org/log\n')),
  note('a checkpoint note with a byte of its signature', (text) => {
    const at = text.length - 12;
    return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  }),
  outsider(
    'cosignatures of witnesses nobody knows',
    ['quorum', caught('trust')],
    ({ rows, chain, cosigned }) => ({
      rows: cosigned(withoutCosignatures(rows), [witnessOf('nowhere'), witnessOf('elsewhere')]),
      chain,
    }),
  ),
  outsider(
    'two cosignatures moved to another checkpoint',
    ['quorum', caught('trust')],
    ({ rows, chain }) => ({
      rows: rows.map((row) =>
        row.type === 'CheckpointCosigned'
          ? edited<'CheckpointCosigned'>([row], row, (data) => {
              data.line = data.line.replace(/.{6}\n$/, 'AAAA==\n');
            })[0]!
          : row,
      ),
      chain,
    }),
  ),
];

/** The chain that the auditor is led to. */
const CHAINS: readonly Tampering[] = [
  outsider('a chain of another id', ['none', caught('anchors')], ({ rows, chain }) => ({
    rows,
    chain: { ...chain, chainId: 1 },
  })),
  outsider(
    'a chain that does not answer',
    ['none', caught('anchors', 'agreements', 'tokens')],
    ({ rows }) => ({ rows, chain: 'connection refused' }),
  ),
  outsider(
    'a chain with the same contracts, all empty',
    ['none', caught('anchors', 'agreements', 'tokens')],
    async ({ rows, powers }) => ({ rows, chain: (await powers.onNewChain([])).chain }),
  ),
];

/** Files in the place of those that the auditor should have. */
const FILES: readonly Tampering[] = [
  onFolder('the log file deleted', refused(/events\.sqlite/), ({ dataDir }) => {
    rmSync(logFile(dataDir));
  }),
  onFolder('another file in the place of the log', refused(/./), ({ dataDir }) => {
    writeFileSync(logFile(dataDir), 'no log');
  }),
  onFolder(
    'the leaves that the certifier keeps edited',
    notExcluded('of no effect: an audit computes the leaves from the log'),
    ({ dataDir }) => {
      const db = new Database(path.join(dataDir, 'certifier', 'leaves.sqlite'));
      db.exec("UPDATE leaves SET hash = x'00' WHERE leaf = 100");
      db.close();
    },
  ),
  onFolder(
    'a row changed in the file by SQL, checksum and all',
    caught('hashes', 'inclusion'),
    ({ dataDir }, { rows }) => {
      const row = rowOf(rows, 'PodLocated');
      const db = new Database(logFile(dataDir));
      db.prepare('UPDATE events SET actor = ? WHERE position = ?').run('nobody', row.position);
      db.close();
    },
  ),
  onFolder(
    'the time of a row moved in the file by SQL, checksum and all',
    caught('order', 'times'),
    ({ dataDir }, { rows }) => {
      const row = rowOf(rows, 'FlexibilityOffered');
      const recordedAt = shifted(row.recordedAt, -3_600_000);
      const db = new Database(logFile(dataDir));
      db.prepare('UPDATE events SET recordedAt = ?, checksum = ? WHERE position = ?').run(
        recordedAt,
        rowChecksum(sha256, { ...row, recordedAt }),
        row.position,
      );
      db.close();
    },
  ),
  onFolder(
    'all of the file after its thirtieth checkpoint deleted by SQL',
    caught('anchors', 'tokens', 'trust'),
    ({ dataDir }, { rows }) => {
      const db = new Database(logFile(dataDir));
      const { position } = upToAnchor(rows, 30).at(-1)!;
      db.exec(`DELETE FROM events WHERE position > ${position}`);
      db.close();
    },
    'seen',
  ),
];

/** Measurements in the log's archive, which the log lists with less than its files hold. */
const ARCHIVES: readonly Tampering[] = [
  onFolder(
    'the measurements moved into an archive of the log',
    notExcluded('of no effect: its rows are audited as those of the log’s own file'),
    ({ dataDir }) => archived(dataDir),
  ),
  ...[
    ['of other types', `types = '["PacketRejected"]'`],
    ['of other streams', "streamPrefix = 'meter-nobody'"],
  ].map(([what, change]) =>
    onFolder(
      `an archive listed as ${what}`,
      caught('hashes', 'checkpoints', 'anchors', 'tokens'),
      async ({ dataDir }) => {
        await archived(dataDir);
        const db = new Database(logFile(dataDir));
        db.exec(`UPDATE archives SET ${change}`);
        db.close();
      },
    ),
  ),
];

/** The trust file itself. */
const TRUST_FILES: readonly Tampering[] = [
  trustChanged('trust file: another key of the log', caught('trust'), (trust) => ({
    ...trust,
    logKey: verifierKeyText(sha256, { ...witnessOf('nowhere').note, name: trust.origin }),
  })),
  trustChanged(
    'trust file: a recovery key that the log does not name',
    caught('trust'),
    (trust) => ({
      ...trust,
      recoveryKey: trust.logKey,
    }),
  ),
  trustChanged('trust file: another root was seen', caught('trust'), (trust) => ({
    ...trust,
    lastCheckpoint: { ...trust.lastCheckpoint!, root: 'ab'.repeat(32) },
  })),
  trustChanged('trust file: more leaves were seen', caught('trust'), (trust) => ({
    ...trust,
    lastCheckpoint: { ...trust.lastCheckpoint!, size: 100_000 },
  })),
  trustChanged('trust file: of another chain', caught('trust'), (trust) => ({
    ...trust,
    chain: { ...trust.chain, chainId: 1, genesisHash: `0x${'1'.repeat(64)}` },
  })),
  trustChanged('trust file: another account anchors', caught('trust'), (trust) => ({
    ...trust,
    chain: { ...trust.chain, certifier: `0x${'1'.repeat(40)}` },
  })),
  trustChanged('trust file: other code of a contract', caught('trust'), (trust) => ({
    ...trust,
    chain: {
      ...trust.chain,
      tokenContract: { ...trust.chain.tokenContract, codeHash: `0x${'1'.repeat(64)}` },
    },
  })),
  trustFile('trust file: cut short', refused(/cannot be used/), (text) => text.slice(0, -20)),
  trustFile('trust file: one of three witnesses is enough', refused(/more than half/), (text) =>
    text.replace('"quorum":2', '"quorum":1'),
  ),
  trustFile(
    'trust file: one witness under two names',
    refused(/same key/),
    (text, { witnesses }) => {
      const [one] = witnesses;
      const again = witnessNamed('example.org/again', one!);
      return text.replace(JSON.stringify(witnesses[1]!.text), JSON.stringify(again));
    },
  ),
];

export const BY_OUTSIDERS: readonly Tampering[] = [
  ...BYTES,
  ...IN_OTHERS_NAMES,
  ...CHECKPOINTS,
  ...CHAINS,
  ...FILES,
  ...ARCHIVES,
  ...TRUST_FILES,
];

function otherHex(hex: string): string {
  return (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
}

/** The note of a checkpoint in the middle of the day, changed by somebody without the key. */
function note(what: string, change: (text: string) => string): Tampering {
  const checks = ['checkpoints', 'inclusion'] as const;
  return outsider(what, ['none', caught(...checks)], ({ rows, chain }) => {
    const [sealed] = rows.filter(({ type }) => type === 'CheckpointSealed').slice(10);
    const changed = edited<'CheckpointSealed'>(rows, sealed!, (data) => {
      data.note = change(data.note);
    });
    return { rows: changed, chain };
  });
}

/** The folder of the day with something changed in it, as the command line opens it. */
function onFolder(
  what: string,
  outcome: Outcome,
  change: (folder: { readonly dataDir: string }, day: HonestDay) => void | Promise<void>,
  trust: TrustHeld = 'none',
): Tampering {
  const adversary = 'outsider';
  return {
    adversary,
    what,
    trust,
    outcome,
    async audit(day) {
      const dataDir = day.folder(what.replace(/\W+/g, '-'));
      await change({ dataDir }, day);
      const policy = day.trust(trust);
      return auditLog({ dataDir, ...(policy && { trust: policy }) });
    },
  };
}

/** The measurements of the day are in the log's archive. */
async function archived(dataDir: string): Promise<void> {
  await archiveEvents({ path: logFile(dataDir), before: '9999-12', streamPrefix: 'meter-' });
}

/** The honest day, and a trust file whose text somebody changed. */
function trustFile(
  what: string,
  outcome: Outcome,
  change: (text: string, day: HonestDay) => string,
): Tampering {
  return {
    adversary: 'outsider',
    what,
    trust: 'edited',
    outcome,
    async audit(day) {
      const file = `${day.dataDir}-trust.json`;
      writeFileSync(file, change(JSON.stringify(day.trust('quorum')), day));
      return day.audited(day, readTrustFile(file));
    },
  };
}

/** A witness's key as a trust file names it, under another name. */
function witnessNamed(name: string, { note: { publicKey } }: WitnessKey): string {
  return verifierKeyText(sha256, { name, publicKey }, NOTE_KEY_TYPES.cosignature);
}

function withoutCosignatures(rows: HonestDay['rows']): HonestDay['rows'] {
  return without(rows, ({ type }) => type === 'CheckpointCosigned');
}
