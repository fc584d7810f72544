/**
 * The log of an embedded installation over KurrentDB's gRPC protocol, so that every KurrentDB client of every language
 * reads and follows it, and platforms on other machines use it through the client that they use for a cluster.
 * It never deletes and keeps no place of its readers: `Delete`, `Tombstone` and persistent subscriptions are refused with the reason.
 */
import * as gossipService from '@eventstore/db-client/generated/gossip_grpc_pb';
import * as gossip from '@eventstore/db-client/generated/gossip_pb';
import * as featuresService from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import * as features from '@eventstore/db-client/generated/serverfeatures_pb';
import * as shared from '@eventstore/db-client/generated/shared_pb';
import * as streamsService from '@eventstore/db-client/generated/streams_grpc_pb';
import { uuidFrom } from '@flexledger/identity';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import type { EventStore } from '../port';
import {
  type AppendCall,
  type BatchCall,
  answerAppend,
  answerBatches,
  refusalOf,
} from './append-calls';
import { type RightsOf, rightsOfCall } from './log-rights';
import { DELETIONS, PERSISTENT_SUBSCRIPTIONS, PersistentSubscriptionsService } from './not-served';
import { type ReadCall, answerRead } from './read-call';

export interface LogServerOptions {
  readonly log: EventStore;
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Key and certificate, PEM; plain text when absent. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly rightsOf: RightsOf;
  /** Told the clock of who appends, before each append: for a log whose time is that of its writers. */
  readonly onRecordedAt?: (recordedAtMs: number) => void;
  /** `false` has clients send each append as a call of its own. */
  readonly takesBatches?: boolean;
  /** Told of errors that nobody foresaw. */
  readonly onProblem: (problem: string) => void;
}

/** A log that is served. */
export interface LogServer {
  readonly port: number;
  /** Ends all calls and gives the port free. The log stays open. */
  close(): Promise<void>;
}

/** KurrentDB lets one append and its envelope be 16 MiB; clients are told of our own, lower limit. */
const LARGEST_MESSAGE_BYTES = 17 * 1024 * 1024;

/** The release of KurrentDB whose protocol this is. */
const PROTOCOL_RELEASE = '23.10.0';

/** Listens and serves. @throws Error when the port is taken */
export async function startLogServer(options: LogServerOptions): Promise<LogServer> {
  const { log, host, tls, rightsOf, onRecordedAt, takesBatches = true, onProblem } = options;
  const server = new Server({
    'grpc.max_receive_message_length': LARGEST_MESSAGE_BYTES,
    'grpc.max_send_message_length': LARGEST_MESSAGE_BYTES,
  });
  const appending = { log, onRecordedAt };
  const told = (error: unknown) => {
    const refusal = refusalOf(error);
    if (refusal !== error && refusal.code === INTERNAL)
      onProblem(`The log's server: ${refusal.details}`);
    return refusal;
  };
  const batchAppend = (call: BatchCall): void => {
    try {
      answerBatches(call, appending, rightsOfCall(call.metadata, rightsOf));
    } catch (error) {
      call.emit('error', told(error));
    }
  };
  server.addService(streamsService.StreamsService, {
    read: (call: ReadCall) => {
      call.on('error', () => undefined);
      const read = async (): Promise<void> =>
        answerRead(call, log, rightsOfCall(call.metadata, rightsOf));
      read().then(
        () => call.end(),
        (error: unknown) => call.emit('error', told(error)),
      );
    },
    append: (call: AppendCall, answer: Parameters<typeof answerAppend>[1]) =>
      answerAppend(call, answer, appending, () => rightsOfCall(call.metadata, rightsOf)),
    ...(takesBatches && { batchAppend }),
    ...DELETIONS,
  });
  server.addService(PersistentSubscriptionsService, PERSISTENT_SUBSCRIPTIONS);
  server.addService(featuresService.ServerFeaturesService, {
    getSupportedMethods: (_: unknown, answer: sendUnaryData<features.SupportedMethods>) =>
      answer(null, supportedMethods(takesBatches)),
  });
  const port = await bind(server, options, tls);
  server.addService(gossipService.GossipService, {
    read: (_: unknown, answer: sendUnaryData<gossip.ClusterInfo>) =>
      answer(null, cluster(host, port)),
  });
  return {
    port,
    close: async () => server.forceShutdown(),
  };
}

const INTERNAL = 13;

function bind(
  server: Server,
  { host, port }: LogServerOptions,
  tls: LogServerOptions['tls'],
): Promise<number> {
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
      ])
    : ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
}

function supportedMethods(takesBatches: boolean): features.SupportedMethods {
  const method = (name: string, ...of: string[]): features.SupportedMethod =>
    new features.SupportedMethod()
      .setMethodName(name)
      .setServiceName('event_store.client.streams.streams')
      .setFeaturesList(of);
  const methods = [
    method('read', 'position', 'events'),
    method('append'),
    ...(takesBatches ? [method('batchappend', 'deadline_duration')] : []),
  ];
  return new features.SupportedMethods()
    .setMethodsList(methods)
    .setEventStoreServerVersion(PROTOCOL_RELEASE);
}

/** A cluster of one, for clients that look for its leader. */
function cluster(host: string, port: number): gossip.ClusterInfo {
  const id = new shared.UUID().setString(uuidFrom(`log-server/${host}/${port}`));
  const member = new gossip.MemberInfo()
    .setInstanceId(id)
    .setState(gossip.MemberInfo.VNodeState.LEADER)
    .setIsAlive(true)
    .setHttpEndPoint(new gossip.EndPoint().setAddress(host).setPort(port));
  return new gossip.ClusterInfo().setMembersList([member]);
}
