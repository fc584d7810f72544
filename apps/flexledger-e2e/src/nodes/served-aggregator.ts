/** What a test of nodes' programs has beside them: `up` as a process, and an aggregator that invites nodes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { MeasurementInput, MeterEvent } from '@flexledger/domain';
import { logFile, openSqliteEventStore } from '@flexledger/event-store';
import { wallClock } from '@flexledger/runtime';
import { readClientSecret } from '@flexledger/service-kit';
import type { Response, Test } from 'supertest';
import { stringify } from 'yaml';
import type { BuiltCli, Running } from '../command-line/built-cli';
import { type Calls, callsOf } from '../testing/http-client';

export interface ServedAggregator {
  readonly url: string;
  /** Of the aggregator's client. */
  readonly secret: string;
  readonly calls: Asked;
  /** The process of `up`. */
  readonly running: Running;
  /** Registers a PoD. */
  addPod(podId: string): Promise<void>;
  /** A one-time token for the node of a PoD. */
  invite(podId: string): Promise<string>;
}

interface Asked {
  get(path: string): Promise<Response>;
  post(path: string, body: object): Promise<Response>;
}

/** Asks once more where the clock has leapt over a token's life between its issue and its use. */
function asked(calls: Calls): Asked {
  const again = async (ask: () => Promise<Test>): Promise<Response> => {
    const answer = await ask();
    return answer.status === 401 ? ask() : answer;
  };
  return {
    get: (...args) => again(() => calls.get(...args)),
    post: (...args) => again(() => calls.post(...args)),
  };
}

const PARTY = 'aggregator:ALFA';

/** @returns the secret of the aggregator's client */
async function register(url: string, operatorSecret: string): Promise<string> {
  const operator = asked(callsOf(url, 'operator', operatorSecret));
  await operator.post('/api/v1/parties', { party: PARTY, name: 'Alfa' });
  const client = { clientId: 'alfa', party: PARTY };
  return (await operator.post('/api/v1/clients', client)).body.secret;
}

/**
 * @param known the aggregator's secret, where it was registered in this folder before
 * @param config of `up`, with its `dataDir`; a free port is taken where it names none
 */
export async function serveAggregator(
  cli: BuiltCli,
  config: { readonly dataDir: string } & Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
  known?: string,
): Promise<ServedAggregator> {
  const { dataDir } = config;
  mkdirSync(dataDir, { recursive: true });
  const file = path.join(dataDir, '..', `${path.basename(dataDir)}.yaml`);
  writeFileSync(file, stringify({ http: { port: 0 }, ...config }));
  const running = cli.startWith(environment, 'up', '--config', file);
  const url = await running.url;
  const secret = known ?? (await register(url, readClientSecret(dataDir, 'operator')));
  const calls = asked(callsOf(url, 'alfa', secret));
  return {
    url,
    secret,
    calls,
    running,
    async addPod(podId) {
      const pod = {
        ...{ podId, aggregatorId: 'ALFA', customerKind: 'household', contractedPowerW: 6_000 },
        ...{ annualEnergyKwh: 4_000, pvPeakW: 5_000, wallet: `0x${'1'.repeat(40)}` },
      };
      expect((await calls.post('/api/v1/pods', pod)).status).toBe(201);
    },
    async invite(podId) {
      const { body } = await calls.post(`/api/v1/nodes/${podId}/enrolment-token`, {});
      return body.token;
    },
  };
}

/** What stands in a folder's log of the packets of nodes, oldest first, recorded or refused. */
export async function packetsInLog(
  dataDir: string,
): Promise<{ readonly recorded: MeasurementInput[]; readonly refused: string[] }> {
  const store = openSqliteEventStore({ path: logFile(dataDir), clock: wallClock, readOnly: true });
  const recorded: MeasurementInput[] = [];
  const refused: string[] = [];
  try {
    const filter = { types: ['MeasurementRecorded', 'PacketRejected'] };
    for await (const event of store.readAll({ filter })) {
      const { type, data } = event as unknown as MeterEvent;
      if (type === 'MeasurementRecorded') recorded.push(data.inputData);
      else refused.push(JSON.stringify(data));
    }
  } finally {
    await store.close();
  }
  return { recorded, refused };
}
