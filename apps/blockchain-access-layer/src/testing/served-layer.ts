/** An access layer with a broker and a log of its own, in process and behind HTTP, for its tests. */
import { type MeasurementInput, meterStream } from '@flexledger/domain';
import {
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  uuidFrom,
} from '@flexledger/identity';
import { type Broker, startBroker } from '@flexledger/messaging';
import { openViews } from '@flexledger/projections';
import { VirtualClock } from '@flexledger/runtime';
import { createHttpApp } from '@flexledger/service-kit';
import {
  type OpenedBlockchainAccessLayer,
  blockchainAccessLayerViews,
  openBlockchainAccessLayer,
} from '../open';
import { BLOCKCHAIN_ACCESS_LAYER_POLICY } from '../policy';
import { FIRST_MTU_MS, type TestLog, fieldNode, openTestLog, signedPacket } from './field';

export interface ServedLayer {
  readonly access: OpenedBlockchainAccessLayer;
  readonly url: string;
  readonly clock: VirtualClock;
  /** Where nodes connect; what was refused there, oldest first. */
  readonly broker: Broker;
  readonly refused: readonly string[];
  /** A PoD of an aggregator in the register. */
  register(podId: string, aggregatorId: string): Promise<void>;
  /** Gives a registered PoD to another aggregator. */
  handOver(podId: string, aggregatorId: string): Promise<void>;
  unregister(podId: string): Promise<void>;
  events(...types: string[]): ReturnType<TestLog['events']>;
  tokenOf(actor: string): Promise<string>;
  /** Puts packets of a PoD into the log, as if they had been checked. */
  certify(podId: string, sequences: readonly number[]): Promise<void>;
  /** Puts an event into a stream of the log. */
  happenTo(streamId: string, type: string, data: object): Promise<void>;
  /** Puts another event into the log. */
  happen(): Promise<void>;
  close(): Promise<void>;
}

export async function serveLayer(): Promise<ServedLayer> {
  const clock = new VirtualClock(FIRST_MTU_MS);
  const log = openTestLog(clock);
  const platform = { username: 'platform', token: 'platform-token' };
  const views = openViews({
    path: ':memory:',
    store: log.store,
    views: blockchainAccessLayerViews,
  });
  const nodeToken = (podId: string, enrolments: number) => `${podId}-${enrolments}`;
  let tokenOf = (_podId: string): string | undefined => undefined;
  const refused: string[] = [];
  const broker = await startBroker({
    port: 0,
    credentials: { platform, tokenOf: (podId) => tokenOf(podId) },
    onRefused: ({ reason }) => refused.push(reason),
  });
  const access = await openBlockchainAccessLayer({
    log: log.store,
    clock,
    timers: clock,
    instance: 'trial',
    views,
    credentials: {
      nodeToken,
      enrolmentToken: (podId, name) => `${podId}/${name}`,
      broker: () => ({ host: broker.host, port: broker.port, tls: false }),
    },
    onNodeOut: (podId) => broker.disconnect(podId),
    broker: { host: broker.host, port: broker.port, ...platform, connect: broker.connect },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  await access.layer.ready;
  tokenOf = (podId) => {
    const enrolments = access.layer.enrolment.enrolmentsOf(podId);
    return enrolments === undefined ? undefined : nodeToken(podId, enrolments);
  };
  const realm = { issuer: 'trial', audience: 'trial', clock };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  const http = await createHttpApp(access.http, {
    title: 'Access layer',
    description: 'A trial.',
    port: 0,
    access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
    reads: {
      caughtUp: async () => void (await views.runner.catchUp()),
      version: async () => `${await log.store.head()}`,
    },
    log: (line) => {
      throw new Error(line);
    },
  });
  const append = async (streamId: string, type: string, data: object, name: string) => {
    const id = uuidFrom(name);
    const occurredAt = new Date(clock.nowMs()).toISOString();
    const ids = { id, correlationId: id, causationId: id };
    const event = { ...ids, type, schemaVersion: 1, occurredAt, actor: 'test', data };
    await log.store.append(streamId, 'any', [event]);
  };
  let happened = 0;
  return {
    access,
    url: http.url,
    clock,
    broker,
    refused,
    register: (podId, aggregatorId) =>
      append(`pod-${podId}`, 'PodRegistered', { podId, aggregatorId }, `registered ${podId}`),
    handOver: (podId, aggregatorId) =>
      append(`pod-${podId}`, 'PodDetailsChanged', { podId, aggregatorId }, `to ${aggregatorId}`),
    unregister: (podId) =>
      append(`pod-${podId}`, 'PodUnregistered', { podId, reason: 'moved' }, `gone ${podId}`),
    events: (...types) => log.events(...types),
    tokenOf: async (actor) => (await issuer.issueFor(actor)).accessToken,
    async certify(podId, sequences) {
      const { inputData, hash, signedHash } = signedPacket(fieldNode(1), 0, 0);
      await Promise.all(
        sequences.map((sequence) => {
          const input: MeasurementInput = { ...inputData, podId, sequence };
          const data = { podId, sequence, inputData: input, hash, signedHash };
          const stream = meterStream(podId, inputData.mtuStart);
          return append(stream, 'MeasurementRecorded', data, `${podId} ${sequence}`);
        }),
      );
    },
    happenTo: (streamId, type, data) => append(streamId, type, data, `${type} ${(happened += 1)}`),
    happen: () => append('pod-X', 'PodUnregistered', { podId: 'X' }, `happened ${(happened += 1)}`),
    async close() {
      await http.close();
      await access.close();
      await broker.close();
      await views.close();
      await log.remove();
    },
  };
}
