/** The morning before a simulated day: everybody registers, through the same commands as in life. */
import type { AgreementTerms, DeliveryPeriod, PodCommand, UnitCosts } from '@flexledger/domain';
import { type ForecastShapes, customerForecastW } from '@flexledger/dso-technical-platform';
import { contextOf } from '@flexledger/event-store';
import type { OpenedAggregatorPlatform } from '@flexledger/aggregator-platform';
import type { OpenedBlockchainAccessLayer } from '@flexledger/blockchain-access-layer';
import { nodeKeyFrom } from '@flexledger/identity';
import type { MarketPlatform } from '@flexledger/market-platform';
import type { RegisterPort } from '@flexledger/ports';
import { naturalVar } from './natural-power';
import type { Scenario, ScenarioPod } from './scenario';

/** Customer's part of the pay and of penalties, per mille. */
const CUSTOMER_SHARE_PER_MILLE = 700;
const CUSTOMER_PENALTY_SHARE_PER_MILLE = 500;

/** How each node reads its meter. */
export type MeterDriverOf = (index: number) => 'modbusTcp' | 'simulated';

/** Where everybody registers: platforms of this process, or those of organisations elsewhere. */
export interface RegisteringPlatforms {
  readonly customers: { readonly ports: { readonly register: Pick<RegisterPort, 'submit'> } };
  readonly market: {
    readonly agreements: Pick<MarketPlatform['agreements'], 'propose' | 'accept'>;
  };
  readonly accessLayer: {
    readonly layer: {
      readonly enrolment: Pick<OpenedBlockchainAccessLayer['layer']['enrolment'], 'enrol'>;
    };
  };
  readonly aggregators: {
    readonly costs: Pick<OpenedAggregatorPlatform['costs'], 'declare' | 'declareMargin'>;
  };
  /** Resolves when everything has happened that follows from what was registered. */
  readonly processors: { drain(): Promise<unknown> };
}

/**
 * Registers all PoDs (flow 0), declares flexibility and the delivery day's baselines, signs the
 * agreements and enrols the Light Nodes. Refusals are errors: a scenario is valid or wrong.
 */
export async function registerMarket(
  platform: Omit<RegisteringPlatforms, 'aggregators'>,
  scenario: Scenario,
  day: { readonly deliveryDay: string; readonly period: DeliveryPeriod },
  shapes: ForecastShapes,
  meterDriverOf: MeterDriverOf,
): Promise<void> {
  const { customers, market, accessLayer, processors } = platform;
  const { register } = customers.ports;
  const { agreements } = market;
  const submit = async (
    name: string,
    commandOf: (pod: ScenarioPod) => PodCommand,
  ): Promise<void> => {
    for (const { aggregatorId } of scenario.aggregators) {
      const pods = scenario.pods.filter((pod) => pod.aggregatorId === aggregatorId);
      const answers = await register.submit(pods.map(commandOf), {
        requestId: `${name}/${aggregatorId}/${day.deliveryDay}`,
        actor: `aggregator:${aggregatorId}`,
      });
      for (const answer of answers) if (!answer.accepted) throw answer.error;
    }
  };
  await submit('register', (pod) => {
    const { podId, aggregatorId, customerKind, contractedPowerW, annualEnergyKwh } = pod;
    const { pvPeakW, wallet, connection } = pod;
    const details = { aggregatorId, customerKind, contractedPowerW, annualEnergyKwh };
    const more = { pvPeakW, wallet, ...(connection ? { connection } : {}) };
    return { kind: 'registerPod', podId, ...details, ...more };
  });
  await processors.drain();
  await submit('flexibility', ({ podId, flexibility }) => ({
    kind: 'declareFlexibility',
    podId,
    ...flexibility,
  }));
  await submit('baseline', (pod) => ({
    kind: 'declareBaseline',
    podId: pod.podId,
    deliveryDay: day.deliveryDay,
    mtuCount: day.period.mtuCount,
    ...baselineOf(pod, shapes),
    origin: 'forecast',
  }));
  const terms = scenario.pods.map((pod) => termsOf(pod, scenario));
  await agreements.propose(terms);
  await agreements.accept(terms);
  const enrolments = await accessLayer.layer.enrolment.enrol(
    scenario.pods.map(({ podId, nodeKey }, index) => ({
      podId,
      publicKey: nodeKeyFrom(nodeKey).publicKey,
      meterDriver: meterDriverOf(index),
    })),
    'dso',
  );
  for (const answer of enrolments) if (!answer.accepted) throw answer.error;
  await processors.drain();
}

/** What the plants cost and can follow, and each aggregator's margin (D3.3 A.2.2). */
export async function declareCosts(
  { aggregators }: Pick<RegisteringPlatforms, 'aggregators'>,
  scenario: Scenario,
): Promise<void> {
  for (const { aggregatorId, marginPerMille } of scenario.aggregators) {
    const units = scenario.pods.filter((pod) => pod.aggregatorId === aggregatorId).map(costsOf);
    const { costs } = aggregators;
    const context = (name: string) =>
      contextOf(`${name}/${aggregatorId}`, `${name}/${aggregatorId}`, `aggregator:${aggregatorId}`);
    await costs.declare(aggregatorId, units, context('costs'));
    await costs.declareMargin(aggregatorId, marginPerMille, context('margin'));
  }
}

/** What is forecast of a PoD; of its reactive power where it sells that. */
function baselineOf(pod: ScenarioPod, shapes: ForecastShapes) {
  const baselineW = customerForecastW(pod, shapes);
  const isHolding = pod.costMicroEurPerKvarh !== undefined;
  return { baselineW, ...(isHolding ? { baselineVar: baselineW.map(naturalVar) } : {}) };
}

function costsOf(pod: ScenarioPod): UnitCosts {
  const { podId, costMicroEurPerKwh, costMicroEurPerKvarh, storageW, limits } = pod;
  return {
    podId,
    marketMicroEurPerKwh: 0,
    weatherMicroEurPerKwh: 0,
    maintenanceMicroEurPerKwh: 0,
    operationMicroEurPerKwh: costMicroEurPerKwh,
    strategyMicroEurPerKwh: 0,
    fixedMicroEurPerMtu: 0,
    feedInW: storageW,
    limits: limits ?? null,
    ...(costMicroEurPerKvarh === undefined
      ? {}
      : { reactiveMicroEurPerKvarh: costMicroEurPerKvarh }),
  };
}

function termsOf({ podId, aggregatorId }: ScenarioPod, scenario: Scenario): AgreementTerms {
  const aggregator = scenario.aggregators.find((other) => other.aggregatorId === aggregatorId)!;
  return {
    podId,
    aggregatorId,
    aggregatorWallet: aggregator.wallet,
    customerSharePerMille: CUSTOMER_SHARE_PER_MILLE,
    customerPenaltySharePerMille: CUSTOMER_PENALTY_SHARE_PER_MILLE,
  };
}
