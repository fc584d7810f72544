/** Settlement mechanisms: offered, changed in name and cluster, withdrawn; never in their terms. */
import { settlementMechanismDecider as decider } from './decider';
import { type SettlementMechanism, mechanismTerms } from './events';

const mechanism: SettlementMechanism = {
  smartContractId: '0x1',
  name: 'Households',
  aggregatorId: 'AGG1',
  customerSharePerMille: 700,
  customerPenaltySharePerMille: 500,
  aggregatorWallet: `0x${'a1'.repeat(20)}`,
  cluster: { customerKind: 'household' },
};
const offer = (change: Partial<SettlementMechanism> = {}) =>
  ({ kind: 'offerMechanism', mechanism: { ...mechanism, ...change } }) as const;
const withdraw = {
  kind: 'withdrawMechanism',
  smartContractId: '0x1',
  aggregatorId: 'AGG1',
} as const;
const after = (...commands: (ReturnType<typeof offer> | typeof withdraw)[]) =>
  commands.reduce(
    (state, command) => decider.decide(command, state).reduce(decider.evolve, state),
    decider.initialState,
  );
const typesOf = (...commands: Parameters<typeof after>) => {
  const last = commands.at(-1)!;
  return decider.decide(last, after(...commands.slice(0, -1))).map(({ type }) => type);
};

it('is offered once, and anew with another name or for other PoDs', () => {
  expect(typesOf(offer())).toEqual(['SettlementMechanismOffered']);
  expect(typesOf(offer(), offer())).toEqual([]);
  expect(typesOf(offer(), offer({ name: 'Homes' }))).toEqual(['SettlementMechanismOffered']);
  expect(typesOf(offer(), offer({ cluster: {} }))).toEqual(['SettlementMechanismOffered']);
});

it('is withdrawn once, and can be offered again', () => {
  expect(typesOf(offer(), withdraw)).toEqual(['SettlementMechanismWithdrawn']);
  expect(typesOf(offer(), withdraw, withdraw)).toEqual([]);
  expect(typesOf(offer(), withdraw, offer())).toEqual(['SettlementMechanismOffered']);
});

it.each<[string, () => unknown, string]>([
  ['withdrawn that was never offered', () => typesOf(withdraw), 'mechanism-unknown'],
  ['without a name', () => typesOf(offer({ name: ' ' })), 'mechanism-malformed'],
  [
    'for PoDs of no power there is',
    () => typesOf(offer({ cluster: { fromPowerW: 5, belowPowerW: 5 } })),
    'mechanism-malformed',
  ],
  [
    'with a share of more than all',
    () => typesOf(offer({ customerSharePerMille: 1_001 })),
    'agreement-malformed',
  ],
])('is refused: %s', (_, act, code) => {
  expect(act).toThrow(expect.objectContaining({ code }));
});

it('is known by its terms, however the wallet is written', () => {
  const upper = {
    ...mechanism,
    aggregatorWallet: mechanism.aggregatorWallet.toUpperCase().replace('0X', '0x'),
  };
  expect(mechanismTerms(upper)).toEqual(mechanismTerms(mechanism));
});
