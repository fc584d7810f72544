/**
 * The morning before a day of organisations: aggregators, customers and households do by the published interface
 * what the day in one process does at its ports.
 */
import { enrolNode, nodeSigner } from '@flexledger/edge-node';
import type { Weather } from '@flexledger/grid';
import { nodeKeyFrom } from '@flexledger/identity';
import { type PlatformClient, createPlatformClient, httpRegister } from '@flexledger/ports';
import { isoFromMs, wallClock } from '@flexledger/runtime';
import type { RegisteringPlatforms, Scenario } from '@flexledger/scenario';
import { clientIdOf, tokenOfClient } from '@flexledger/service-kit';
import { ACCESS_LAYER, MARKET, aggregatorName, secretOf } from './organisations';

/** A party's calls to an organisation, with the client that it has there. */
export type CallsOf = (organisation: string, party: string) => PlatformClient;

/** @param folder of all organisations */
export function callsTo(folder: string, urlOf: (name: string) => string): CallsOf {
  const clients = new Map<string, PlatformClient>();
  return (organisation, party) => {
    const known = clients.get(`${party} ${organisation}`);
    if (known) return known;
    const issuerUrl = urlOf(organisation);
    const secretFile = secretOf(folder, organisation, party);
    const clientId = clientIdOf(party);
    const token = tokenOfClient({ issuerUrl, clientId, secretFile, clock: wallClock });
    const client = createPlatformClient({ baseUrl: issuerUrl, token });
    clients.set(`${party} ${organisation}`, client);
    return client;
  };
}

export interface RegistrationOptions {
  readonly callsOf: CallsOf;
  readonly urlOf: (name: string) => string;
  readonly scenario: Scenario;
  /** Resolves when everything has happened that follows, in every log. */
  readonly settle: () => Promise<void>;
}

/** The organisations as whoever registers reaches them, and what the broker gave to each node that enrolled. */
export interface RemoteRegistration {
  readonly platforms: RegisteringPlatforms;
  /** Of the broker, by PoD. */
  nodeToken(podId: string): string;
}

export function remoteRegistration(options: RegistrationOptions): RemoteRegistration {
  const { callsOf, urlOf, scenario, settle } = options;
  const tokens = new Map<string, string>();
  const pods = new Map(scenario.pods.map((pod) => [pod.podId, pod]));

  async function enrol(podId: string, meterDriver: string): Promise<void> {
    const { aggregatorId, nodeKey } = pods.get(podId)!;
    const path = `/api/v1/nodes/${podId}/enrolment-token`;
    const call = callsOf(ACCESS_LAYER, `aggregator:${aggregatorId}`);
    const { token } = await call<{ token: string }>({ method: 'POST', path, body: {} });
    const signer = nodeSigner(nodeKeyFrom(nodeKey));
    const meter = { meterDriver, meterSerialNumber: `SIM-${podId}` };
    const url = urlOf(ACCESS_LAYER);
    tokens.set(podId, (await enrolNode({ url, podId, token, signer, ...meter })).token);
  }

  const platforms: RegisteringPlatforms = {
    customers: {
      ports: {
        register: {
          submit: (commands, request) =>
            httpRegister(callsOf(MARKET, request.actor)).submit(commands, request),
        },
      },
    },
    market: {
      agreements: {
        async propose(list) {
          for (const { podId, ...body } of list) {
            const call = callsOf(MARKET, `aggregator:${body.aggregatorId}`);
            await call({ method: 'PUT', path: `/api/v1/pods/${podId}/agreement`, body });
          }
        },
        async accept(list) {
          for (const { podId, ...body } of list) {
            const path = `/api/v1/pods/${podId}/agreement/acceptance`;
            await callsOf(MARKET, `customer:${podId}`)({ method: 'POST', path, body });
          }
        },
      },
    },
    accessLayer: {
      layer: {
        enrolment: {
          async enrol(nodes) {
            await settle();
            for (const { podId, meterDriver } of nodes) await enrol(podId, meterDriver);
            return nodes.map(({ podId }) => ({ podId, accepted: true }));
          },
        },
      },
    },
    aggregators: {
      costs: {
        async declare(aggregatorId, units) {
          const call = atOwn(aggregatorId);
          await call({ method: 'PUT', path: '/api/v1/portfolio/costs', body: { units } });
          return true;
        },
        async declareMargin(aggregatorId, marginPerMille) {
          const body = { marginPerMille };
          await atOwn(aggregatorId)({ method: 'PUT', path: '/api/v1/portfolio/margin', body });
          return true;
        },
      },
    },
    processors: { drain: settle },
  };
  const atOwn = (aggregatorId: string): PlatformClient =>
    callsOf(aggregatorName(aggregatorId), `aggregator:${aggregatorId}`);
  return { platforms, nodeToken: (podId) => tokens.get(podId)! };
}

/** The DSO is told the weather of a grid. */
export async function tellWeather(
  callsOf: CallsOf,
  gridId: string,
  weather: Weather,
): Promise<void> {
  const hours = [...weather].map(([startMs, hour]) => ({ time: isoFromMs(startMs), ...hour }));
  const path = `/api/v1/grids/${gridId}/weather`;
  await callsOf('dso', 'dso')({ method: 'POST', path, body: { source: 'scenario', hours } });
}
