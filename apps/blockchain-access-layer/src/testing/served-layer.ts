/** An access layer with a broker and a log of its own, in process and behind HTTP, for its tests. */
import { type MeasurementInput, meterStream } from '@flexledger/domain';
import {
  createTokenIssuer,
  createTokenVerifier,
  newTokenKey,
  uuidFrom,
} from '@flexledger/identity';
import { startBroker } from '@flexledger/messaging';
import { VirtualClock } from '@flexledger/runtime';
import { createHttpApp } from '@flexledger/service-kit';
import { type OpenedBlockchainAccessLayer, openBlockchainAccessLayer } from '../open';
import { BLOCKCHAIN_ACCESS_LAYER_POLICY } from '../policy';
import { FIRST_MTU_MS, fieldNode, openTestLog, signedPacket } from './field';

export interface ServedLayer {
  readonly access: OpenedBlockchainAccessLayer;
  readonly url: string;
  tokenOf(actor: string): Promise<string>;
  /** Puts packets of a PoD into the log, as if they had been checked. */
  certify(podId: string, sequences: readonly number[]): Promise<void>;
  /** Puts another event into the log. */
  happen(): Promise<void>;
  close(): Promise<void>;
}

export async function serveLayer(): Promise<ServedLayer> {
  const clock = new VirtualClock(FIRST_MTU_MS);
  const log = openTestLog(clock);
  const platform = { username: 'platform', token: 'platform-token' };
  const broker = await startBroker({
    port: 0,
    credentials: { platform, tokenOf: () => undefined },
  });
  const access = await openBlockchainAccessLayer({
    log: log.store,
    clock,
    timers: clock,
    instance: 'trial',
    broker: { host: broker.host, port: broker.port, ...platform },
    policy: BLOCKCHAIN_ACCESS_LAYER_POLICY,
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  await access.layer.ready;
  const realm = { issuer: 'trial', audience: 'trial', clock };
  const issuer = createTokenIssuer({ ...realm, key: await newTokenKey() });
  const http = await createHttpApp(access.http, {
    title: 'Access layer',
    description: 'A trial.',
    port: 0,
    access: { verify: createTokenVerifier({ ...realm, keys: issuer.jwks() }) },
    reads: { caughtUp: async () => {}, version: async () => `${await log.store.head()}` },
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
    happen: () => append('pod-X', 'PodUnregistered', { podId: 'X' }, `happened ${(happened += 1)}`),
    async close() {
      await http.close();
      await access.close();
      await broker.close();
      await log.remove();
    },
  };
}
