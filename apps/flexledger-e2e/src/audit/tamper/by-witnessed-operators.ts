/** The operator with the chain against witnesses, and with some of them on its side. */
import type { StoredRow } from '@flexledger/domain';
import { sha256 } from '@flexledger/identity';
import { editedFirst, lastRowOf, upToAnchor, withInserted, without } from './edit-rows';
import type { HonestDay, Shown, WitnessKey } from './honest-day';
import { type Tampering, caught, notExcluded, tampering } from './tampering';
import { rehashed } from '@flexledger/audit';
import { dataOf } from '../testing/simulated-day';

const alone = tampering.bind(undefined, 'operator, chain');
const withQuorum = tampering.bind(undefined, 'operator, chain, quorum');

export const BY_WITNESSED_OPERATORS: readonly Tampering[] = [
  alone(
    'two logs that part after what the trust file has seen',
    ['stale', notExcluded('whoever saw neither before has no means to tell them apart')],
    (day) => parted(day, []),
  ),
  alone('two logs that part: no witness cosigns the second', ['quorum', caught('trust')], (day) =>
    parted(day, []),
  ),
  alone('two logs that part, with cosignatures of the first', ['quorum', caught('trust')], parted),
  alone('two logs that part, cosigned by one witness', ['quorum', caught('trust')], (day) =>
    parted(day, day.witnesses.slice(0, 1)),
  ),
  alone('a quorum faked by one witness twice', ['quorum', caught('trust')], (day) =>
    parted(day, [day.witnesses[0]!, day.witnesses[0]!]),
  ),
  alone('all cosignatures taken out', ['quorum', caught('trust')], ({ rows, chain }) => ({
    rows: without(rows, ({ type }) => type === 'CheckpointCosigned'),
    chain,
  })),
  alone('cosignatures of an older checkpoint only', ['quorum', caught('trust')], (day) => {
    const { rows, chain, older, witnesses, cosigned } = day;
    const line = cosigned(older.rows, witnesses).slice(-3);
    const plain = without(rows, ({ type }) => type === 'CheckpointCosigned');
    const at = upToAnchor(rows, 60).length;
    return {
      rows: line.reduce<StoredRow[]>(
        (all, row) =>
          withInserted(all, all.length, { ...row, data: JSON.parse(row.data) as object }),
        plain,
      ),
      chain: at > 0 ? chain : '',
    };
  }),
  withQuorum(
    'two logs that part, and a quorum cosigns both',
    ['quorum', notExcluded('who cosigns both logs has not done what a witness does')],
    (day) => parted(day, day.witnesses.slice(0, 2)),
  ),
  withQuorum(
    'all rebuilt from the beginning and cosigned',
    ['none', notExcluded('the log agrees with itself and with its chain')],
    (day) => rebuilt(day),
  ),
  withQuorum('all rebuilt from the beginning and cosigned', ['quorum', caught('trust')], (day) =>
    rebuilt(day),
  ),
];

const THEFT = { awards: 'follow' } as const;

/** Another end of the day than the one that was cosigned, behind what the trust file has seen. */
async function parted(day: HonestDay, by?: readonly WitnessKey[]): Promise<Shown> {
  const { rows, powers, cosigned } = day;
  const last = lastRowOf(rows, 'SettlementPublished');
  const changed = rows.map((row) =>
    row === last ? rehashed(sha256, { ...row, actor: 'platform:another' }) : row,
  );
  if (by === undefined) return powers.onNewChain(changed);
  const plain = without(changed, ({ type }) => type === 'CheckpointCosigned');
  const shown = await powers.onNewChain(plain);
  return { ...shown, rows: cosigned(shown.rows, by) };
}

async function rebuilt({ rows, powers, cosigned, witnesses }: HonestDay): Promise<Shown> {
  const paid = rows.find(
    (row) => row.type === 'SettlementComputed' && dataOf<'SettlementComputed'>(row).rows.length > 0,
  )!;
  const { podId } = dataOf<'SettlementComputed'>(paid).rows[0]!;
  const changed = editedFirst(
    without(rows, ({ type }) => type === 'CheckpointCosigned'),
    'PodRegistered',
    (data) => {
      data.wallet = `0x${'2'.repeat(40)}`;
    },
    (data) => data.podId === podId,
  );
  const shown = await powers.onNewChain(changed, THEFT);
  return { ...shown, rows: cosigned(shown.rows, witnesses) };
}
