import { describeWithOpenssl, selfSigned } from '../testing/certificate.spec-suite';
import {
  type TcpTestClient,
  type TcpTestClientOptions,
  tcpTestClient,
} from '../testing/tcp-client.spec-suite';
import { isToken } from '../token';
import type { Framing } from './framing';
import {
  serveMessagesByTcp,
  type TcpLimits,
  type TcpListener,
  type TcpMessagesOptions,
} from './serve-messages';

// Goal: clients that sign in are heard in their order, and nobody makes the listener hold more than its
// limits. Method: a real listener on loopback, and sockets that misbehave.

const tokens = new Map([
  ['meter-1', 'token-1'],
  ['meter-2', 'token-2'],
]);
const METER = { username: 'meter-1', token: 'token-1' };

let listener: TcpListener | undefined;
let received: { username: string; text: string }[];
let problems: string[];
let nowMs = 0;
const clients: TcpTestClient[] = [];

beforeEach(() => {
  received = [];
  problems = [];
  nowMs = 0;
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await listener?.close();
  listener = undefined;
});

async function listenWith(
  limits: Partial<TcpLimits> = {},
  others: Partial<TcpMessagesOptions> = {},
): Promise<TcpListener> {
  listener = await serveMessagesByTcp({
    port: 0,
    portSetting: 'accessLayer.tcp.port',
    limits,
    isClient: (username, token) => {
      const own = tokens.get(username);
      return own !== undefined && isToken(Buffer.from(token), own);
    },
    onMessage: ({ username, payload }) => void received.push({ username, text: String(payload) }),
    onProblem: (problem) => problems.push(problem),
    ...others,
  });
  return listener;
}

async function client(options: Partial<TcpTestClientOptions> = {}): Promise<TcpTestClient> {
  const opened = await tcpTestClient({ port: listener!.port, ...options });
  clients.push(opened);
  return opened;
}

async function signedIn(framing: Framing = 'line', as = METER): Promise<TcpTestClient> {
  const opened = await client({ framing, as });
  expect(await opened.answer(0)).toEqual({ signedIn: true });
  return opened;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each<Framing>(['line', 'length'])('a client that frames by %s', (framing) => {
  it('signs in, is heard in its order, and answered in the same framing', async () => {
    await listenWith();
    const meter = await signedIn(framing);
    for (const text of ['one', '<two/>', '{"three":3}']) meter.send(text);
    await until(() => received.length === 3);
    expect(received.map(({ text }) => text)).toEqual(['one', '<two/>', '{"three":3}']);
    expect(received.every(({ username }) => username === 'meter-1')).toBe(true);
    expect(listener!.send('meter-1', '{"accepted":true}')).toBe(true);
    expect(await meter.answer(1)).toEqual({ accepted: true });
    expect(problems).toEqual([]);
  });

  it('is cut off, told why, where a message is too long', async () => {
    await listenWith({ messageBytes: 100 });
    const meter = await signedIn(framing);
    meter.send('x'.repeat(102));
    expect(await meter.answer(1)).toEqual({
      closed: true,
      reason: 'a message is longer than 100 bytes',
    });
    await meter.closed;
    expect(received).toEqual([]);
  });
});

describe('who signs in', () => {
  it.each([
    ['another token', { username: 'meter-1', token: 'token-2' }, 'meter-1 is no client here'],
    ['an unknown name', { username: 'meter-9', token: 'token-1' }, 'meter-9 is no client here'],
    ['no token', { username: 'meter-1' }, 'the first message is no {"username"'],
    ['no name', { username: '', token: '' }, 'the first message is no {"username"'],
    ['null', 'null', 'the first message is no {"username"'],
    ['what is no JSON', 'hello', 'the first message is no {"username"'],
  ])('with %s is refused, and nothing that follows is heard', async (_, message, reason) => {
    await listenWith();
    const stranger = await client();
    stranger.send(message);
    stranger.send('a message');
    expect(await stranger.answer(0)).toEqual({
      closed: true,
      reason: expect.stringContaining(reason),
    });
    await stranger.closed;
    expect(received).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(reason)]);
  });

  it('too slowly is cut off', async () => {
    await listenWith({ signInMs: 50 });
    const slow = await client();
    slow.write('{"username"');
    await slow.closed;
    expect(problems).toEqual([expect.stringContaining('did not sign in within 50 ms')]);
  });

  it('with guesses waits longer and longer, with the right token too', async () => {
    await listenWith({}, { clock: { nowMs: () => nowMs } });
    const guess = { username: 'meter-1', token: 'a guess' };
    const refusals: string[] = [];
    while (!refusals.at(-1)?.startsWith('too many')) {
      const one = await client({ as: guess });
      refusals.push(((await one.answer(0)) as { reason: string }).reason);
      await one.closed;
    }
    const early = await client({ as: METER });
    expect(await early.answer(0)).toMatchObject({ reason: expect.stringContaining('too many') });
    nowMs += 3_600_000;
    await signedIn();
  });

  it('again takes the place of its connection before', async () => {
    await listenWith();
    const first = await signedIn();
    const second = await signedIn();
    await first.closed;
    expect(listener!.connectedClients()).toBe(1);
    listener!.send('meter-1', '"for the second"');
    expect(await second.answer(1)).toBe('for the second');
  });

  it('is cut off when its token counts no more', async () => {
    await listenWith();
    const meter = await signedIn();
    listener!.disconnect('meter-1');
    await meter.closed;
    expect(listener!.send('meter-1', 'x')).toBe(false);
    expect(listener!.connectedClients()).toBe(0);
  });
});

describe('the limits', () => {
  it('close further connections than are allowed', async () => {
    await listenWith({ connections: 1 });
    await signedIn();
    const turnedAway = await client();
    await turnedAway.closed;
    await until(() => problems.length > 0);
    expect(problems).toEqual(['TCP client : turned away: there are 1 connections']);
  });

  it('close connections of an address of which too many have not signed in', async () => {
    await listenWith({ newcomersOfAddress: 2 });
    const silent = [await client(), await client()];
    const turnedAway = await client();
    await turnedAway.closed;
    expect(problems).toEqual([
      'TCP client 127.0.0.1: turned away: 2 connections from there have not signed in',
    ]);
    silent[0]!.send(METER);
    expect(await silent[0]!.answer(0)).toEqual({ signedIn: true });
    await signedIn('line', { username: 'meter-2', token: 'token-2' });
  });

  it('leave room for a thousand meters behind one gateway that dial at once', async () => {
    await listenWith({});
    const meters = await Promise.all(Array.from({ length: 1_000 }, () => client()));
    meters.at(-1)!.send(METER);
    expect(await meters.at(-1)!.answer(0)).toEqual({ signedIn: true });
    expect(problems).toEqual([]);
  });

  it('let a client send as often as allowed, and hold it back beyond, losing nothing', async () => {
    await listenWith({ messagesPerSecond: 20 });
    const meter = await signedIn();
    const begunMs = performance.now();
    for (let index = 0; index < 30; index += 1) meter.send(`message ${index}`);
    await until(() => received.length >= 20);
    expect(received.length).toBeLessThan(30);
    await until(() => received.length === 30);
    // Ten above twenty take half a second at twenty a second.
    expect(performance.now() - begunMs).toBeGreaterThan(400);
    expect(received.map(({ text }) => text)).toEqual(
      Array.from({ length: 30 }, (_, index) => `message ${index}`),
    );
  });

  it('cut off a client that says nothing, but not one that sends empty messages', async () => {
    await listenWith({ idleMs: 300 });
    const silent = await signedIn();
    const alive = await signedIn('line', { username: 'meter-2', token: 'token-2' });
    const beat = setInterval(() => alive.write('\n'), 50);
    await silent.closed;
    clearInterval(beat);
    expect(problems).toEqual(['TCP client meter-1: said nothing for 300 ms']);
    alive.send('still here');
    await until(() => received.length === 1);
  });

  it('cut off a client whose message comes byte by byte', async () => {
    await listenWith({ messageMs: 200, idleMs: 60_000 });
    const dripping = await signedIn();
    const drip = setInterval(() => dripping.write('x'), 20);
    await dripping.closed;
    clearInterval(drip);
    expect(problems).toEqual(['TCP client meter-1: did not end a message within 200 ms']);
  });

  it('cut off a client that does not read what it is answered', async () => {
    await listenWith();
    const deaf = await signedIn();
    deaf.socket.pause();
    const answer = 'x'.repeat(60_000);
    let sent = 0;
    while (listener!.send('meter-1', answer)) {
      if ((sent += 1) % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(sent).toBeLessThan(10_000);
    }
    expect(problems).toEqual(['TCP client meter-1: does not read what it is answered']);
  });
});

describe('the listener', () => {
  it('loses one message only where its handler fails', async () => {
    const taken: string[] = [];
    await listenWith(
      {},
      {
        onMessage({ payload }) {
          if (String(payload) === 'bad') throw new Error('no room');
          taken.push(String(payload));
        },
      },
    );
    const meter = await signedIn();
    for (const text of ['one', 'bad', 'two']) meter.send(text);
    await until(() => taken.length === 2);
    expect(problems).toEqual(['TCP client meter-1: a message was not taken: no room']);
  });

  it('says which port it cannot have, and how another is chosen', async () => {
    const { port } = await listenWith();
    const again = serveMessagesByTcp({
      port,
      portSetting: 'accessLayer.tcp.port',
      isClient: () => false,
      onMessage: () => {},
      onProblem: () => {},
    });
    await expect(again).rejects.toThrow(
      `The TCP listener cannot listen on 127.0.0.1:${port}: the port is in use. ` +
        'Stop the program that holds the port, or choose another one with accessLayer.tcp.port.',
    );
  });

  it('speaks no plain text beyond this machine', async () => {
    await expect(listenWith({}, { host: '0.0.0.0' })).rejects.toThrow('would leave this machine');
  });
});

describeWithOpenssl('with a certificate (made by openssl, if installed)', () => {
  it('speaks TLS, and to plain text not at all', async () => {
    const tls = selfSigned('localhost');
    await listenWith({}, { tls });
    const meter = await client({ as: METER, ca: tls.cert });
    expect(await meter.answer(0)).toEqual({ signedIn: true });
    meter.send('sealed');
    await until(() => received.length === 1);
    const plain = await client({ as: METER });
    await plain.closed;
    expect(plain.answers.join()).not.toContain('signedIn');
  });
});
