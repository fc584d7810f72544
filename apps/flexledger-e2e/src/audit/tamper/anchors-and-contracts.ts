/** What the operator with the chain makes of what stands on it: anchors that are gone or false, other code, other roles. */
import type { StoredRow } from '@flexledger/domain';
import { edited, lastRowOf, upToAnchor, withLost } from './edit-rows';
import { stolen } from './forged-days';
import type { HonestDay, Shown } from './honest-day';
import { type Tampering, caught, notExcluded, tampering } from './tampering';

const mighty = tampering.bind(undefined, 'operator, chain');
const THEFT = { awards: 'follow' } as const;

const anchorsIn = (rows: readonly StoredRow[]): number =>
  rows.filter(({ type }) => type === 'CheckpointAnchored').length;

/** Anchors that are there no more, or are not where the log says. */
export const ANCHORS_AND_CONTRACTS: readonly Tampering[] = [
  mighty('the last anchor lost by a reorganisation', ['none', caught('anchors')], (day) =>
    day.powers.reorganised(day.rows, anchorsIn(day.rows) - 1),
  ),
  mighty(
    'anchors and awards lost by a reorganisation',
    ['none', caught('anchors', 'tokens')],
    (day) => day.powers.reorganised(day.rows, 60),
  ),
  mighty(
    'an anchor lost in the middle, which the log does not say',
    ['none', caught('anchors')],
    ({ rows, chain }) => ({
      rows,
      chain: withAnchors(chain, (anchors) => anchors.filter((_, index) => index !== 60)),
    }),
  ),
  mighty(
    'the last anchors lost, as the log says, and none in their place',
    ['none', caught('anchors')],
    ({ rows, chain }) => ({
      rows: withLost(rows, rows.length, 3),
      chain: withAnchors(chain, (anchors) => anchors.slice(0, -3)),
    }),
  ),
  mighty(
    'an anchor lost in the middle, as the log says',
    ['none', notExcluded('a later anchor covers what it covered; the audit names it')],
    async ({ rows, powers }) => {
      const anchored = upToAnchor(rows, 60);
      const made = await powers.onNewChain(withLost(rows, anchored.length, 1));
      if (typeof made.chain === 'string') return made;
      return {
        ...made,
        chain: withAnchors(made.chain, (anchors) => anchors.filter((_, index) => index !== 59)),
      };
    },
  ),
  mighty(
    'the transaction that the last anchor names',
    ['none', notExcluded('of no effect: the contract is asked for the root, by size')],
    ({ rows, chain }) => {
      const changed = edited<'CheckpointAnchored'>(
        rows,
        lastRowOf(rows, 'CheckpointAnchored'),
        (data) => {
          data.txHash = `0x${'e'.repeat(64)}`;
        },
      );
      return { rows: changed, chain };
    },
  ),
  mighty(
    'other code under the address of the anchors',
    ['seen', caught('trust')],
    ({ rows, chain }) => ({
      rows,
      chain: withContracts(chain, (state) => ({ ...state, codeHash: `0x${'c'.repeat(64)}` })),
    }),
  ),
  mighty('a second account that anchors', ['exported', caught('trust')], ({ rows, chain }) => ({
    rows,
    chain: withContracts(chain, ({ duties, ...state }) => ({
      ...state,
      duties: duties && { ...duties, workers: [...duties.workers, `0x${'e'.repeat(40)}`] },
    })),
  })),
  mighty(
    'an account that was given a role, and had it taken again',
    ['exported', caught('trust')],
    ({ rows, chain }) => ({
      rows,
      chain: withContracts(chain, ({ duties, ...state }) => ({
        ...state,
        duties: duties && { ...duties, changes: [...duties.changes!, ...inPassing] },
      })),
    }),
  ),
  mighty(
    'a contract swamped with anchors that its guardian rejected',
    ['none', notExcluded('the audit says how many it did not read, and what they may cover')],
    ({ rows, chain }) => {
      const swamp = Array.from({ length: 1_000 }, () => ({
        ...FALSE_ANCHOR,
        isRejected: true as const,
      }));
      const swamped = withAnchors(chain, (anchors) => [...swamp, ...anchors.slice(-10)]);
      const anchorsUnread = new Map([...chain.anchors.keys()].map((one) => [one, 30_000]));
      return { rows, chain: { ...swamped, anchorsUnread } };
    },
  ),
  mighty(
    'a true anchor rejected, and none in its place',
    ['none', caught('anchors')],
    ({ rows, chain }) => ({
      rows,
      chain: withAnchors(chain, (anchors) => [
        ...anchors.slice(0, -1),
        { ...anchors.at(-1)!, isRejected: true },
      ]),
    }),
  ),
  mighty('a false anchor beyond the log', ['none', caught('anchors')], ({ rows, chain }) => ({
    rows,
    chain: withAnchors(chain, (anchors) => [...anchors, FALSE_ANCHOR]),
  })),
  mighty(
    'a false anchor beyond the log that the guardian rejected',
    ['none', notExcluded('it counts no more, and the audit says what may have stood behind it')],
    ({ rows, chain }) => ({
      rows,
      chain: withAnchors(chain, (anchors) => [...anchors, { ...FALSE_ANCHOR, isRejected: true }]),
    }),
  ),
  mighty(
    'all rebuilt behind anchors that a guardian rejected for it',
    ['none', notExcluded('the audit says that the log may have been made anew behind them')],
    rebuiltBehindRejected,
  ),
  mighty(
    'all rebuilt behind anchors that a guardian rejected for it',
    ['seen', caught('trust')],
    rebuiltBehindRejected,
  ),
  mighty('an anchor contract that obeys another', ['seen', caught('trust')], ({ rows, chain }) => ({
    rows,
    chain: withContracts(chain, (state) =>
      state.owner === undefined ? state : { ...state, owner: `0x${'d'.repeat(40)}` },
    ),
  })),
];

type ContractState = NonNullable<ReturnType<HonestDay['chain']['contracts']['get']>>;

/** A role for as long as it takes. */
const inPassing = [true, false].map((isGranted, index) => ({
  role: 'worker' as const,
  account: `0x${'e'.repeat(40)}`,
  isGranted,
  blockNumber: 9_000 + index,
}));

const FALSE_ANCHOR = { size: 2 ** 32, rootHex: 'f'.repeat(64), timestampS: 0 };

type Anchors = Exclude<ReturnType<HonestDay['chain']['anchors']['get']>, string | undefined>;

function withAnchors(
  chain: HonestDay['chain'],
  change: (anchors: Anchors) => Anchors,
): HonestDay['chain'] {
  const anchors = [...chain.anchors].map(
    ([address, held]) => [address, typeof held === 'string' ? held : change(held)] as const,
  );
  return { ...chain, anchors: new Map(anchors) };
}

/** On a chain of its own, on which the anchors of the true log stand too, rejected. */
async function rebuiltBehindRejected({ rows, chain, powers }: HonestDay): Promise<Shown> {
  const made = await powers.onNewChain(stolen(rows), THEFT);
  if (typeof made.chain === 'string') return made;
  const [[, honest]] = [...chain.anchors] as [[string, Anchors]];
  const before = honest.map((anchor) => ({ ...anchor, isRejected: true as const }));
  return { ...made, chain: withAnchors(made.chain, (anchors) => [...before, ...anchors]) };
}

function withContracts(
  chain: HonestDay['chain'],
  change: (state: ContractState) => ContractState,
): HonestDay['chain'] {
  const contracts = [...chain.contracts].map(([name, state]) => [name, change(state)] as const);
  return { ...chain, contracts: new Map(contracts) };
}
