/**
 * Messages over plain TCP or TLS, for meters, head-end systems and grid devices that do not speak MQTT. A client
 * connects, says who it is in its first message, `{"username": ..., "token": ...}` in JSON, is answered
 * `{"signedIn": true}`, and then sends messages, whatever their form, one after another (`framing.ts`); it is
 * answered in the same framing. Nothing a client does makes this process hold more than is bounded below.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Server as TlsServer, createServer as createTlsServer } from 'node:tls';
import { type Clock, messageOf, sleep, stopwatch } from '@flexledger/runtime';
import { LRUCache } from 'lru-cache';
import { isLoopbackHost, listen } from '../listening';
import { createSignInTries } from '../mqtt/sign-in-tries';
import { createNewcomers } from '../newcomers';
import { createPace } from '../pace';
import { createFrameReader, framed } from './framing';

export interface TcpLimits {
  /** Longest message, bytes. */
  readonly messageBytes: number;
  /** Connections at once, signed in or not; further ones are closed at once. */
  readonly connections: number;
  /** Of them those of one address that have not signed in: a gateway's meters that dial at once find room, nobody takes all. */
  readonly newcomersOfAddress: number;
  /** Messages a second of a client, as many of which may come at once; of a client that sends more, no more is read meanwhile. */
  readonly messagesPerSecond: number;
  /** A client that is signed in and says nothing for so long is cut off, ms. An empty message is enough. */
  readonly idleMs: number;
  /** From the first byte of a message to its last, ms. */
  readonly messageMs: number;
  /** From the connection to the sign-in, ms. */
  readonly signInMs: number;
}

/** For meters that send every 10 s or every quarter-hour. */
export const TCP_LIMITS: TcpLimits = {
  messageBytes: 64 * 1024,
  connections: 10_000,
  newcomersOfAddress: 2_000,
  messagesPerSecond: 20,
  idleMs: 20 * 60_000,
  messageMs: 30_000,
  signInMs: 10_000,
};

/** A message of a client that has signed in. */
export interface TcpMessage {
  readonly username: string;
  readonly payload: Buffer;
}

export interface TcpMessagesOptions {
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The setting by which another port is chosen, for the error: `accessLayer.tcp.port`. */
  readonly portSetting: string;
  /** Key and certificate, PEM; clients then speak TLS and nothing else. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly limits?: Partial<TcpLimits>;
  /** Whether this is a client and its token. Tokens SHOULD be compared by `isToken`. */
  readonly isClient: (username: string, token: string) => boolean | Promise<boolean>;
  /** How long the messages of a client may be, once it has signed in; `limits.messageBytes` when absent. */
  readonly messageBytesOf?: (username: string) => number;
  /**
   * Given the messages of each client in their order, the next when the promise of the one before is settled. What
   * it throws is told as a problem and loses this message only.
   */
  readonly onMessage: (message: TcpMessage) => void | Promise<void>;
  /** Told of what was refused, of one client and kind once a minute. */
  readonly onProblem: (problem: string) => void;
  /** What waits are measured by; the machine's stopwatch when absent. */
  readonly clock?: Clock;
}

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  /** Clients signed in now. */
  connectedClients(): number;
  /** Sends a message to a client; false where it is not connected, or does not read what it was sent. */
  send(username: string, message: string | Uint8Array): boolean;
  /** Cuts a client's connection, if it has one: its token counts no more. */
  disconnect(username: string): void;
  /** New connections are made with it; those that stand go on with the old one. */
  renewCertificate(renewed: { readonly key: string; readonly cert: string }): void;
  /** Cuts every connection and gives the port free. */
  close(): Promise<void>;
}

/** What a client may leave unread of its answers. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** How often the same is told at most. */
const TELL_EVERY_MS = 60_000;
const TOLD_REMEMBERED = 10_000;
const NAME_CHARACTERS = 100;

/**
 * Listens; clients are taken when the promise resolves. A client that connects again takes the place of its
 * connection before.
 *
 * @throws Error naming the port and the remedy when it cannot listen, or when plain text would leave this machine
 */
export async function serveMessagesByTcp(options: TcpMessagesOptions): Promise<TcpListener> {
  const { host = '127.0.0.1', tls, onProblem } = options;
  if (!tls && !isLoopbackHost(host)) {
    throw new Error(
      `Plain TCP at ${host} would leave this machine, and with it what clients sign in by; give a key and a ` +
        'certificate, or listen at 127.0.0.1.',
    );
  }
  const clock = options.clock ?? stopwatch;
  const limits: TcpLimits = { ...TCP_LIMITS, ...options.limits };
  const told = new LRUCache<string, true>({ max: TOLD_REMEMBERED, ttl: TELL_EVERY_MS });
  const tell = (who: string, problem: string): void => {
    const key = `${who}: ${problem}`;
    if (told.has(key)) return;
    told.set(key, true);
    onProblem(`TCP client ${key}`);
  };
  const tries = createSignInTries(clock);
  const newcomers = createNewcomers(limits.newcomersOfAddress);
  const sockets = new Set<Socket>();
  const signedIn = new Map<string, Connection>();

  /** Who signs in by a message, or why nobody does. */
  async function signIn(payload: Buffer, address: string): Promise<SignIn> {
    const given = signInFrom(payload);
    if (!given) return { refusal: 'the first message is no {"username": ..., "token": ...}' };
    const { username, token } = given;
    const waitMs = tries.waitMs(username, address);
    if (waitMs > 0) {
      return { refusal: `too many sign-ins failed; try again in ${Math.ceil(waitMs / 1_000)} s` };
    }
    if (await options.isClient(username, token)) {
      tries.noteSuccess(username, address);
      return { username };
    }
    tries.noteFailure(username, address);
    return {
      refusal: `${username.slice(0, NAME_CHARACTERS)} is no client here, or has another token`,
    };
  }

  function accept(socket: Socket): void {
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    const address = socket.remoteAddress ?? '';
    const connection = serveConnection(socket, limits, clock, {
      signIn: (payload) => signIn(payload, address),
      messageBytesOf: options.messageBytesOf ?? (() => limits.messageBytes),
      onSignedIn(username) {
        newcomers.settle(socket);
        signedIn.get(username)?.cut('another connection of the same client has taken its place');
        signedIn.set(username, connection);
      },
      async onMessage(username, payload) {
        try {
          await options.onMessage({ username, payload });
        } catch (error) {
          tell(username, `a message was not taken: ${messageOf(error)}`);
        }
      },
      onCut: (username, reason) => tell(username ?? address, reason),
    });
    socket.once('close', () => {
      const { username } = connection;
      if (username !== undefined && signedIn.get(username) === connection)
        signedIn.delete(username);
    });
  }

  const server: Server = tls
    ? createTlsServer({ ...tls, handshakeTimeout: limits.signInMs }, accept)
    : createServer(accept);
  server.maxConnections = limits.connections;
  // Those too that have not yet agreed on TLS.
  server.prependListener('connection', (socket: Socket) => {
    if (!newcomers.arrive(socket)) {
      tell(
        socket.remoteAddress ?? '',
        `turned away: ${limits.newcomersOfAddress} connections from there have not signed in`,
      );
      return void socket.destroy();
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('drop', () => tell('', `turned away: there are ${limits.connections} connections`));
  const place = {
    host,
    port: options.port,
    what: 'The TCP listener',
    chosenBy: options.portSetting,
  };
  await listen(server, place);
  return {
    host,
    port: (server.address() as AddressInfo).port,
    connectedClients: () => signedIn.size,
    send: (username, message) => signedIn.get(username)?.send(message) ?? false,
    disconnect: (username) => signedIn.get(username)?.cut('its token counts no more'),
    renewCertificate(renewed) {
      if (tls) (server as TlsServer).setSecureContext(renewed);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

type SignIn = { readonly username: string } | { readonly refusal: string };

interface ConnectionEvents {
  readonly signIn: (payload: Buffer) => Promise<SignIn>;
  readonly messageBytesOf: (username: string) => number;
  readonly onSignedIn: (username: string) => void;
  readonly onMessage: (username: string, payload: Buffer) => Promise<void>;
  readonly onCut: (username: string | undefined, reason: string) => void;
}

interface Connection {
  readonly username: string | undefined;
  send(message: string | Uint8Array): boolean;
  /** Says why, and ends it. */
  cut(reason: string): void;
}

function serveConnection(
  socket: Socket,
  limits: TcpLimits,
  clock: Clock,
  events: ConnectionEvents,
): Connection {
  const reader = createFrameReader(limits.messageBytes);
  const pace = createPace(
    { perSecond: limits.messagesPerSecond, atOnce: limits.messagesPerSecond },
    clock,
  );
  let username: string | undefined;
  /** It has been closed, or is being. */
  let isCut = false;
  /** When the message began that has not ended. */
  let begunMs = 0;
  let deadline: NodeJS.Timeout | undefined;

  const send = (message: string | Uint8Array): boolean => {
    if (isCut) return false;
    if (socket.writableLength > UNREAD_BYTES_MAX) {
      cut('does not read what it is answered');
      return false;
    }
    socket.write(framed(message, reader.framing ?? 'line'));
    return true;
  };
  const cut = (reason: string): void => {
    if (isCut) return;
    isCut = true;
    clearTimeout(deadline);
    events.onCut(username, reason);
    // Whoever does not read is not waited for.
    if (socket.writableLength > 0) return void socket.destroy();
    socket.write(framed(JSON.stringify({ closed: true, reason }), reader.framing ?? 'line'));
    socket.destroySoon();
  };
  /** From now on so long until the connection is cut. */
  const allow = (ms: number, reason: string): void => {
    clearTimeout(deadline);
    if (!isCut) deadline = setTimeout(() => cut(reason), ms);
  };

  async function take(payload: Buffer): Promise<void> {
    if (username !== undefined) {
      const waitMs = pace.waitMs();
      pace.take();
      if (waitMs > 0) await sleep(waitMs);
      if (!isCut) await events.onMessage(username, payload);
      return;
    }
    const result = await events.signIn(payload);
    if (isCut) return;
    if ('refusal' in result) return cut(result.refusal);
    username = result.username;
    reader.allow(events.messageBytesOf(username));
    events.onSignedIn(username);
    send(JSON.stringify({ signedIn: true }));
  }

  async function takeAll(payloads: readonly Buffer[]): Promise<void> {
    for (const payload of payloads) {
      if (isCut) return;
      await take(payload);
    }
  }

  allow(limits.signInMs, `did not sign in within ${limits.signInMs} ms`);
  socket.on('data', (chunk: Buffer) => {
    const wasInside = reader.isInside;
    let payloads: Buffer[];
    try {
      payloads = reader.read(chunk);
    } catch (error) {
      return cut(messageOf(error));
    }
    // Nothing further is read before these are taken: so much is held of a client, and no more.
    socket.pause();
    if (username !== undefined) clearTimeout(deadline);
    void takeAll(payloads).then(
      () => {
        if (isCut) return;
        socket.resume();
        if (username === undefined) return;
        if (!reader.isInside) return allow(limits.idleMs, `said nothing for ${limits.idleMs} ms`);
        // One that comes byte by byte has as long as any.
        if (!wasInside || payloads.length > 0) begunMs = clock.nowMs();
        const leftMs = Math.max(0, begunMs + limits.messageMs - clock.nowMs());
        allow(leftMs, `did not end a message within ${limits.messageMs} ms`);
      },
      (error: unknown) => cut(messageOf(error)),
    );
  });
  socket.on('error', () => {}); // it is closed then, and the client dials again
  socket.once('close', () => {
    clearTimeout(deadline);
    isCut = true;
  });
  return {
    get username() {
      return username;
    },
    send,
    cut,
  };
}

function signInFrom(payload: Buffer): { username: string; token: string } | undefined {
  try {
    const given = JSON.parse(payload.toString('utf8')) as Record<string, unknown> | null;
    const { username, token } = given ?? {};
    return typeof username === 'string' && typeof token === 'string' && username !== ''
      ? { username, token }
      : undefined;
  } catch {
    return undefined;
  }
}
