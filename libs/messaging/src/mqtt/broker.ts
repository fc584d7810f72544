import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { type Server as TlsServer, createServer as createTlsServer } from 'node:tls';
import { type Clock, stopwatch } from '@flexledger/runtime';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import { LRUCache } from 'lru-cache';
import { isLoopbackHost, listen } from '../listening';
import { createNewcomers } from '../newcomers';
import {
  type BrokerCredentials,
  CLIENT_ID_CHARACTERS,
  MAY_PUBLISH,
  MAY_SUBSCRIBE,
  OTHERS,
  PACED,
  type Role,
  mayBeRetained,
  signIn,
} from './broker-roles';
import { gatherWrites } from './gather-writes';
import { MAX_MESSAGE_BYTES } from './messages';
import { type OpenDeviceConnection, deviceConnections } from './connection';
import { openInsideConnection } from './inside-connection';
import { createNodePaces } from './node-paces';
import { limitPackets } from './packet-limit';
import { createSignInTries } from './sign-in-tries';
import type { TopicConnection } from './topic-connection';
import { DEVICE_TOPICS, parseDeviceTopic } from './topics';

/**
 * The embedded MQTT 3.1.1 broker: aedes over TCP, in this process. A Light Node signs in with its PoD
 * code as client id and user name and its token as password, may publish only what a node sends and
 * subscribe only below its own PoD. The platform has a user of its own, may do everything under any
 * client id that is not a node's, and so several platform services can connect at once. A carrier, the DSO
 * where it is another organisation, has a user that may only send setpoints and receive the answers, and hear
 * and say what the topics of phasors and grids are for. A source (a phasor measurement unit, a data server) may
 * publish on its own topics and nothing else. An aggregator says its time series on a topic of its own and hears the answers
 * on another, whether it is its systems that do or its platform at another organisation's broker.
 *
 * Whatever a node does, so much is held for it and no more: its status alone is retained, no session outlives its
 * connection, few messages of QoS 2 are open at once, and one that sends too much is cut off (`node-paces.ts`).
 */
export interface BrokerOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Key and certificate, PEM; clients then speak TLS and nothing else. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly credentials: BrokerCredentials;
  /**
   * Told of what was refused: sign-ins, once a minute those that were not heard because they failed too
   * often, and of a client that publishes or subscribes what it may not once a minute.
   */
  readonly onRefused?: (refusal: Refusal) => void;
  /** What waits are measured by; the machine's stopwatch when absent. */
  readonly clock?: Clock;
  /**
   * Nodes that sign in are let in once this has settled: when the platform listens. What they published
   * before would be taken, and reach nobody. At once when absent.
   */
  readonly nodesFrom?: Promise<unknown>;
}

export interface Refusal {
  /** As the client gave it; empty before it did. */
  readonly clientId: string;
  readonly reason: string;
}

export interface Broker {
  readonly host: string;
  readonly port: number;
  /** How the platform comes to its connection in this process: without a socket, and as long as the broker stands. */
  readonly connect: OpenDeviceConnection;
  /** Clients signed in now, the platform's included. */
  connectedClients(): number;
  /** Connections, sign-ins and messages refused since the broker began, told or not. */
  refusals(): number;
  /** Cuts the connection of a node, if it has one: its credentials count no more. */
  disconnect(podId: string): void;
  /** New connections are made with it; those that stand go on with the old one. */
  renewCertificate(renewed: { readonly key: string; readonly cert: string }): void;
  /** Cuts every connection and gives the port free. */
  close(): Promise<void>;
}

/** CONNACK codes of MQTT 3.1.1: not now, whoever it is; and not authorised. */
const SERVER_UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;
/** How often the same is told at most. */
const TELL_EVERY_MS = 60_000;
const TOLD_REMEMBERED = 10_000;
/** A fleet that starts at once keeps the broker busy for a while before it reads the last CONNECT. */
const CONNECT_TIMEOUT_MS = 60_000;
/** Models and states of whole grids, which nodes have nothing to do with. */
const MAX_GRID_BYTES = 8 * 1024 * 1024;
/** Room in a packet for the topic and the header beside the message. */
const PACKET_OVERHEAD_BYTES = 1024;
/** Connections of one address that have not signed in: a fleet behind one router that starts at once is below. */
const NEWCOMERS_OF_ADDRESS = 2_000;
/** Messages of QoS 2 that a client has begun and not released; each is held until then. Ours are of QoS 0 and 1. */
const OPEN_QOS2_MESSAGES = 20;
/**
 * Starts the broker; it accepts clients when the promise resolves.
 *
 * @throws Error naming the port and the remedy when it cannot listen, or when plain text would leave
 *   this machine
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { host = '127.0.0.1', credentials, tls } = options;
  if (!tls && !isLoopbackHost(host)) {
    throw new Error(
      `Plain MQTT at ${host} would leave this machine, and with it what nodes sign in by; give a key ` +
        'and a certificate (mqtt.tls), or listen at 127.0.0.1.',
    );
  }
  const told = new LRUCache<string, true>({ max: TOLD_REMEMBERED, ttl: TELL_EVERY_MS });
  let refusals = 0;
  const refused = (clientId: string | null, reason: string): Error => {
    refusals += 1;
    options.onRefused?.({ clientId: (clientId ?? '').slice(0, CLIENT_ID_CHARACTERS), reason });
    return new Error(reason);
  };
  /** What a client can do as often as it likes is told once a minute. */
  const refusedAgain = (clientId: string | null, reason: string): Error => {
    const who = clientId ?? '';
    if (told.has(who)) {
      refusals += 1;
      return new Error(reason);
    }
    told.set(who, true);
    return refused(who, reason);
  };
  const clock = options.clock ?? stopwatch;
  const tries = createSignInTries(clock);
  const paces = createNodePaces(clock);
  const newcomers = createNewcomers(NEWCOMERS_OF_ADDRESS);
  const hasty = countHasty(clock, (reason) => options.onRefused?.({ clientId: '', reason }));
  // No common limit of messages under way: aedes' queue behind that limit is emptied by recursion and
  // overflows the stack when a thousand clients leave at once. Each client is held back by its own socket.
  const aedes = await Aedes.createBroker({
    concurrency: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxInflightInbound: OPEN_QOS2_MESSAGES,
  });
  skipFruitlessLookUps(aedes);
  keepNoSessionOfNodes(aedes, credentials);
  // What a client may do follows from whom it signed in as. (aedes' own count of clients drifts when a
  // client comes back before its old connection is cleared away.)
  const signedIn = new Map<Client, Role>();
  // A client that is gone has a last will, which only nodes have.
  const roleOf = (client: Client): Role => signedIn.get(client) ?? 'node';
  const ownTopics = new WeakMap<Client, readonly string[]>();
  const mayPublish = (client: Client, topic: string): boolean =>
    MAY_PUBLISH[roleOf(client)](client.id, topic) ||
    ownTopics.get(client)?.includes(topic) === true;
  const maySubscribe = (client: Client, topic: string): boolean =>
    MAY_SUBSCRIBE[roleOf(client)](client.id, topic) ||
    (roleOf(client) === 'aggregator' && ownTopics.get(client)?.includes(topic) === true);

  const usernames = new WeakMap<Client, string>();
  const isAnothers = (clientId: string, username: string): boolean =>
    [...signedIn.keys()].some((one) => one.id === clientId && usernames.get(one) !== username);

  aedes.authenticate = (client, username, password, done) => {
    const address = addressOf(client);
    const waitMs = tries.waitMs(client.id, address);
    if (waitMs > 0) {
      refusals += 1;
      hasty(address, waitMs);
      const error = Object.assign(new Error('has to wait'), { returnCode: SERVER_UNAVAILABLE });
      return done(error as AuthenticateError, false);
    }
    const signed = signIn(client.id, username, password, credentials);
    const isOthers = 'role' in signed && OTHERS.includes(signed.role);
    const isTaken = isOthers && isAnothers(client.id, username!);
    // It would push that one off the broker.
    const result = isTaken ? { refusal: `client id ${client.id} is another user's` } : signed;
    if ('refusal' in result) {
      tries.noteFailure(client.id, address);
      const error = Object.assign(refused(client.id, result.refusal), {
        returnCode: NOT_AUTHORIZED,
      });
      return done(error as AuthenticateError, false);
    }
    const pauseMs = result.role === 'platform' ? 0 : paces.signIn(client.id);
    if (pauseMs > 0) {
      const reason = `signs in again and again; it is heard again in ${Math.ceil(pauseMs / 1_000)} s`;
      const error = Object.assign(refusedAgain(client.id, reason), {
        returnCode: SERVER_UNAVAILABLE,
      });
      return done(error as AuthenticateError, false);
    }
    tries.noteSuccess(client.id, address);
    newcomers.settle(client.conn as Socket);
    const letIn = (): void => {
      if (!client.closed) signedIn.set(client, result.role);
      if (username !== undefined) usernames.set(client, username);
      if (result.topics) ownTopics.set(client, result.topics);
      if (result.role === 'platform') gatherWrites(client.conn as Socket);
      done(null, true);
    };
    if (result.role === 'platform' || !options.nodesFrom) return letIn();
    options.nodesFrom.then(letIn, letIn);
  };
  aedes.authorizePublish = (client, packet, done) => {
    if (client && mayPublish(client, packet.topic)) {
      packet.retain &&= mayBeRetained(roleOf(client), packet.topic);
      return done(null);
    }
    done(refusedAgain(client?.id ?? '', `may not publish on ${packet.topic.slice(0, 200)}`));
  };
  aedes.authorizeSubscribe = (client, subscription, done) => {
    if (maySubscribe(client, subscription.topic)) {
      return done(null, subscription);
    }
    refusedAgain(client.id, `may not subscribe to ${subscription.topic.slice(0, 200)}`);
    done(null, null);
  };
  aedes.on('client', keepEveryMessage);

  const inside = new Set<TopicConnection>();
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    const client = aedes.handle(socket);
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      signedIn.delete(client);
    });
    const largest = (): number => {
      const role = signedIn.get(client) ?? 'node';
      return role === 'node' ? MAX_MESSAGE_BYTES : MAX_GRID_BYTES;
    };
    const limits = {
      maxBytes: () => largest() + PACKET_OVERHEAD_BYTES,
      mayBegin: () => !PACED.includes(signedIn.get(client)) || paces.packet(client.id),
    };
    limitPackets(socket, limits, (fault) =>
      refusedAgain(
        client.id,
        fault === 'too-large'
          ? `sent a packet above ${largest()} bytes`
          : 'sends packets faster than they are taken; slow it down',
      ),
    );
  };
  const server: Server = tls
    ? createTlsServer({ ...tls, handshakeTimeout: CONNECT_TIMEOUT_MS }, accept)
    : createServer(accept);
  // Before anything is spent on it, agreeing on TLS included.
  server.prependListener('connection', (socket: Socket) => {
    if (newcomers.arrive(socket)) return;
    const { remoteAddress = '' } = socket;
    refusedAgain(
      '',
      `connections from ${remoteAddress} are turned away: ${NEWCOMERS_OF_ADDRESS} from there have not signed in`,
    );
    socket.destroy();
  });
  const place = { host, port: options.port, what: 'The MQTT broker', chosenBy: '--mqtt-port N' };
  await listen(server, place).catch((error: unknown) => {
    aedes.close();
    throw error;
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    connect: deviceConnections((wanted) => {
      const connection = openInsideConnection(aedes, wanted);
      inside.add(connection);
      const close = (): Promise<void> => {
        inside.delete(connection);
        return connection.close();
      };
      return { ...connection, close };
    }),
    connectedClients: () => signedIn.size + inside.size,
    refusals: () => refusals,
    disconnect(podId) {
      for (const [client, role] of signedIn) {
        if (role === 'node' && client.id === podId) client.conn.destroy();
      }
    },
    renewCertificate(renewed) {
      if (tls) (server as TlsServer).setSecureContext(renewed);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Counts sign-ins that are not heard, and tells of them once a minute. */
function countHasty(
  clock: Clock,
  tell: (reason: string) => void,
): (address: string, waitMs: number) => void {
  let toldMs = -Infinity;
  let count = 0;
  return (address, waitMs) => {
    count += 1;
    const nowMs = clock.nowMs();
    if (nowMs - toldMs < TELL_EVERY_MS) return;
    const waitS = Math.ceil(waitMs / 1_000);
    tell(
      `${count} sign-ins are not heard, the last one from ${address}: too many failed before; it is ` +
        `heard again in ${waitS} s`,
    );
    toldMs = nowMs;
    count = 0;
  };
}

/** Where a client's connection comes from. */
function addressOf({ conn }: Client): string {
  return (conn as Socket).remoteAddress ?? '';
}

/**
 * aedes drops, per client, a message whose number is lower than one it has delivered, so that
 * overlapping subscriptions deliver once. But messages overtake each other inside it, a plain one a
 * retained one, and the late one is then lost (aedes issues 955 and 994). Nobody here subscribes
 * twice to one topic, so its memory of delivered numbers is taken away.
 */
function keepEveryMessage(client: Client): void {
  Object.assign(client, { duplicates: new Proxy({}, { get: () => 0, set: () => true }) });
}

/**
 * A session that outlived its connection would have whatever is said to a node that never comes back kept for it. Who
 * sends a setpoint sends it again until it is answered, and a node subscribes at each connection.
 */
function keepNoSessionOfNodes(aedes: Aedes, credentials: BrokerCredentials): void {
  const { platform, carriers = [], sources = [] } = credentials;
  const accounts = new Set([platform, ...carriers, ...sources].map(({ username }) => username));
  aedes.preConnect = (_, packet, done) => {
    // A bridge may call itself as its user: what it asked to be kept while its line is down is.
    if (!accounts.has(packet.username ?? '')) packet.clean = true;
    done(null, true);
  };
}

/**
 * aedes looks through every retained message at each subscription, so that the start of a fleet takes
 * quadratic time. What the platform says is never retained: no look is needed for a node's topics.
 */
function skipFruitlessLookUps(aedes: Aedes): void {
  const { persistence } = aedes as unknown as {
    persistence: { createRetainedStreamCombi(filters: string[]): Readable };
  };
  const lookUp = persistence.createRetainedStreamCombi.bind(persistence);
  persistence.createRetainedStreamCombi = (filters) =>
    lookUp(
      filters.filter((filter) => {
        const topic = parseDeviceTopic(filter);
        return topic === undefined || DEVICE_TOPICS[topic.kind].sender === 'node';
      }),
    );
}
