/** A client of a TCP listener, for tests: it writes what it is told, sound or not, and keeps what it is answered. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createFrameReader, framed, type Framing } from '../tcp/framing';

export interface TcpTestClient {
  readonly socket: Socket;
  /** Oldest first, as they came. */
  readonly answers: readonly string[];
  write(bytes: string | Uint8Array): void;
  send(message: string | object): void;
  /** The answer of a place, 0 for the first, once it is there. */
  answer(place: number): Promise<unknown>;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  end(): Promise<void>;
}

export interface TcpTestClientOptions {
  readonly port: number;
  readonly framing?: Framing;
  /** Trusted, PEM; TLS is spoken where it is given. */
  readonly ca?: string;
  readonly as?: { readonly username: string; readonly token: string };
}

/** Connects, and signs in where it is told as whom; the first answer is then the sign-in's. */
export async function tcpTestClient(options: TcpTestClientOptions): Promise<TcpTestClient> {
  const { port, framing = 'line', ca, as } = options;
  const place = { host: '127.0.0.1', port };
  const socket =
    ca === undefined ? connect(place) : connectTls({ ...place, ca, servername: 'localhost' });
  const answers: string[] = [];
  const reader = createFrameReader(1024 * 1024);
  let came = (): void => {};
  socket.on('data', (chunk: Buffer) => {
    answers.push(...reader.read(chunk).map(String));
    came();
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {}); // being cut off is what these tests provoke
  const client: TcpTestClient = {
    socket,
    answers,
    write: (bytes) => void socket.write(bytes),
    send: (message) =>
      void socket.write(
        framed(typeof message === 'string' ? message : JSON.stringify(message), framing),
      ),
    async answer(number) {
      while (answers.length <= number) await new Promise<void>((resolve) => (came = resolve));
      return JSON.parse(answers[number]!) as unknown;
    },
    closed,
    async end() {
      socket.destroy();
      await closed;
    },
  };
  if (as) client.send(as);
  return client;
}
