/**
 * Each platform's ports: those of a platform in this process as they are, those of another over HTTP.
 * Nothing else knows which of the two a platform was given.
 */
import {
  type MeasurementsPort,
  type OrdersPort,
  type OutcomesPort,
  type PlatformClient,
  type RegisterPort,
  type ResultsPort,
  type SetpointsPort,
  createPlatformClient,
  httpMeasurements,
  httpOrders,
  httpOutcomes,
  httpRegister,
  httpResults,
  httpSetpoints,
} from '@flexledger/ports';
import type { MarketPlatform } from '@flexledger/market-platform';
import type { OpenedSharedCustomerDatabase } from '@flexledger/shared-customer-database';
import { toldClient } from '@flexledger/service-kit';
import type { Config, PlatformName } from '../config/config';
import type { tokensFor } from './mirrors';

/** The platforms of this process that serve ports, as far as they are open. */
export interface ServingPlatforms {
  readonly customers?: Pick<OpenedSharedCustomerDatabase, 'ports'>;
  readonly market?: Pick<MarketPlatform, 'ports'>;
}

/** Every port, for whom it is asked. */
export interface PlatformPorts {
  readonly register: RegisterPort;
  readonly measurements: MeasurementsPort;
  readonly setpoints: SetpointsPort;
  readonly orders: OrdersPort;
  readonly outcomes: OutcomesPort;
  readonly results: ResultsPort;
}

/**
 * The ports as an actor reaches them.
 *
 * @param serving what is open when this is called
 * @param tokenFor tokens of an actor for a platform elsewhere
 */
export function portsFor(
  actor: string,
  serving: ServingPlatforms,
  addresses: Config['addresses'],
  tokenFor: ReturnType<typeof tokensFor>,
): PlatformPorts {
  const clientOf = (platform: PlatformName): PlatformClient =>
    toldClient(
      createPlatformClient({ baseUrl: addresses[platform], token: tokenFor(platform, actor) }),
      actor,
    );
  const customers = serving.customers?.ports;
  const market = serving.market?.ports;
  const toCustomers = clientOf('shared-customer-database');
  const toMarket = clientOf('market-platform');
  return {
    register: customers?.register ?? httpRegister(toCustomers),
    measurements: customers?.measurements ?? httpMeasurements(toCustomers),
    setpoints: customers?.setpoints ?? httpSetpoints(toCustomers),
    orders: market?.orders ?? httpOrders(toMarket),
    outcomes: market?.outcomes ?? httpOutcomes(toMarket),
    results: market?.results ?? httpResults(toMarket),
  };
}
