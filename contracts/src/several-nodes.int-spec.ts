/**
 * Goal: reads and writes go on with the next node where one is down, hangs, is behind or is of another chain; nothing is anchored
 * twice and nothing is lost. Method: one anvil, and doors before it that misbehave on purpose, one a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VirtualClock } from '@flexledger/runtime';
import { Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { connectChain } from './chain';
import { deployEventLogAnchor, eventLogAnchorAt } from './event-log-anchor';
import { type SeveralNodes, severalNodes } from './several-nodes';

const privateKey = `0x${'42'.repeat(32)}`;
const fundedAddresses = [new Wallet(privateKey).address];
const root = (digit: string): string => digit.repeat(64);

type Behaviour =
  | 'answers'
  | 'hangs'
  | 'is behind'
  | 'is a block behind'
  | 'talks nonsense'
  | 'fails'
  | 'hangs once sent';

/** A node that has the state of the anvil, as long as it behaves. */
interface Door {
  readonly url: string;
  behaviour: Behaviour;
  readonly asked: string[];
}

let anvil: Anvil;
let clock: VirtualClock;
let told: string[];
const servers: Server[] = [];

beforeEach(async () => {
  anvil = await startAnvil({ fundedAddresses });
  clock = new VirtualClock(Date.parse('2026-03-17T10:00:00.000Z'));
  told = [];
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await anvil.stop();
});

/** Nodes are looked at beside the calls. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function openDoor(behaviour: Behaviour = 'answers', to = anvil.rpcUrl): Promise<Door> {
  const asked: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const door: Door = { url, behaviour, asked };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method, id } = JSON.parse(body) as { method: string; id: number };
    asked.push(method);
    if (door.behaviour === 'hangs') return;
    if (door.behaviour === 'fails') return void response.writeHead(503).end();
    const headers = { 'content-type': 'application/json' };
    const answered = await fetch(to, { method: 'POST', headers, body });
    const text = await answered.text();
    // It has taken the transaction, and nobody hears so.
    if (door.behaviour === 'hangs once sent' && method === 'eth_sendRawTransaction') return;
    response.writeHead(200, headers);
    if (door.behaviour === 'talks nonsense') {
      return void response.end(JSON.stringify({ jsonrpc: '2.0', id, result: '0x-1' }));
    }
    if (method !== 'eth_blockNumber' || !door.behaviour.endsWith('behind'))
      return void response.end(text);
    const head = Number((JSON.parse(text) as { result: string }).result);
    const result =
      door.behaviour === 'is behind' ? '0x0' : `0x${Math.max(0, head - 1).toString(16)}`;
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }
  return door;
}

const nodesOf = (...urls: readonly string[]): SeveralNodes =>
  severalNodes(urls, { clock, onProblem: (words) => told.push(words) });
const connect = (rpcUrl: SeveralNodes | string) =>
  connectChain({ rpcUrl, privateKey, timeoutMs: 10_000 });

async function anchors(nodes: SeveralNodes) {
  const chain = await connect(nodes);
  return deployEventLogAnchor(chain);
}
const sizes = async (address: string): Promise<number[]> => {
  const direct = await eventLogAnchorAt(await connect(anvil.rpcUrl), address);
  return (await direct.readAnchors()).map(({ size }) => size);
};

it('the first in the list is asked, as long as it answers', async () => {
  const [first, second] = [await openDoor(), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await anchors(nodes);
  await contract.anchor(5, root('a'));
  expect(nodes.url).toBe(first.url);
  expect(nodes.troubles()).toEqual([]);
  // It was looked at, and asked nothing else.
  expect(new Set(second.asked)).toEqual(
    new Set(['eth_chainId', 'eth_blockNumber', 'eth_getBlockByNumber']),
  );
});

it.each<Behaviour>(['fails', 'hangs'])(
  'the next is asked in the same call where the first %s, which is told with its time; and the first again once it answers',
  async (behaviour) => {
    const [first, second] = [await openDoor(), await openDoor()];
    const nodes = nodesOf(first.url, second.url);
    const contract = await anchors(nodes);
    first.behaviour = behaviour;
    await contract.anchor(5, root('a'));
    expect(await sizes(contract.address)).toEqual([5]);
    expect(nodes.url).toBe(second.url);
    const sinceMs = clock.nowMs();
    expect(nodes.troubles()).toEqual([
      { url: first.url, reason: expect.any(String) as string, sinceMs },
    ]);
    expect(told).toEqual([expect.stringContaining(`${first.url} is not asked any more: `)]);
    const before = first.asked.length;
    await contract.anchor(6, root('b'));
    expect(first.asked).toHaveLength(before);
    first.behaviour = 'answers';
    await clock.advanceTo(sinceMs + 10_000);
    await contract.latest();
    // All are looked at beside the call.
    await until(() => nodes.troubles().length === 0);
    await contract.anchor(7, root('c'));
    expect(nodes.url).toBe(first.url);
    expect(nodes.troubles()).toEqual([]);
    expect(told.at(-1)).toContain(`${first.url} is asked again; it was not since 2026-03-17T10`);
    expect(await sizes(contract.address)).toEqual([5, 6, 7]);
  },
);

it('one that takes a transaction and does not say so is left, and the transaction is not made twice', async () => {
  const [first, second] = [await openDoor(), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await anchors(nodes);
  first.behaviour = 'hangs once sent';
  const { txHash } = await contract.anchor(5, root('a'));
  expect(txHash).toMatch(/^0x/);
  expect(await sizes(contract.address)).toEqual([5]);
  await contract.anchor(6, root('b'));
  expect(await sizes(contract.address)).toEqual([5, 6]);
});

it('one that does not have the block of our own last transaction yet is not asked', async () => {
  const [first, second] = [await openDoor('is a block behind'), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await anchors(nodes);
  // Others may be foremost by a block.
  expect(nodes.url).toBe(first.url);
  await clock.advanceTo(clock.nowMs() + 10_000);
  await contract.latest();
  await until(() => nodes.troubles().length > 0);
  await contract.latest();
  expect(nodes.url).toBe(second.url);
  expect(nodes.troubles()[0]!.reason).toMatch(/^it is behind/);
});

it('one that is behind is not asked', async () => {
  const direct = await anchors(nodesOf(anvil.rpcUrl));
  for (const size of [1, 2, 3, 4]) await direct.anchor(size, root('a'));
  const [first, second] = [await openDoor('is behind'), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await eventLogAnchorAt(await connect(nodes), direct.address);
  await contract.anchor(5, root('a'));
  expect(nodes.url).toBe(second.url);
  expect(nodes.troubles()[0]!.reason).toMatch(/^it is behind, at block 0 of \d+$/);
  // Where it is all that is left it is better than nothing, and stays named.
  second.behaviour = 'fails';
  expect((await contract.latest())!.size).toBe(5);
  expect(nodes.troubles().map(({ url }) => url)).toEqual([first.url, second.url]);
});

it('one that talks nonsense is not asked', async () => {
  const [first, second] = [await openDoor('talks nonsense'), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await anchors(nodes);
  await contract.anchor(5, root('a'));
  expect(nodes.url).toBe(second.url);
  expect(nodes.troubles().map(({ reason }) => reason)).toEqual(['it answers "0x-1" for a number']);
});

it('one of another chain is named and refused, also where nobody else is left', async () => {
  const other = await startAnvil({ fundedAddresses, genesisTimestampS: 1_700_000_000 });
  try {
    const [first, second] = [await openDoor(), await openDoor('answers', other.rpcUrl)];
    const nodes = nodesOf(first.url, second.url);
    const contract = await anchors(nodes);
    expect(told.join()).toMatch(
      /is not asked any more: it is of another chain, 31337 .* and refused/,
    );
    first.behaviour = 'fails';
    await expect(contract.latest()).rejects.toThrow(
      /none of its nodes can be asked \(.*HTTP 503, since .*; .*it is of another chain/,
    );
    expect(second.asked).not.toContain('eth_call');
  } finally {
    await other.stop();
  }
});

it('while none answers the chain is unavailable, with each and since when; then it goes on', async () => {
  const [first, second] = [await openDoor(), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await anchors(nodes);
  first.behaviour = second.behaviour = 'fails';
  await expect(contract.anchor(5, root('a'))).rejects.toThrow(
    `none of its nodes can be asked (${first.url}: `,
  );
  first.behaviour = second.behaviour = 'answers';
  await contract.anchor(5, root('a'));
  expect(await sizes(contract.address)).toEqual([5]);
});

it('what the contract refuses is an answer, and no reason to ask another node', async () => {
  const [first, second] = [await openDoor(), await openDoor()];
  const nodes = nodesOf(first.url, second.url);
  const contract = await anchors(nodes);
  await contract.anchor(5, root('a'));
  await expect(contract.anchor(4, root('a'))).rejects.toThrow('SizeShrinks');
  expect(second.asked).not.toContain('eth_call');
});

describe('a node that is killed in the middle of an anchor', () => {
  /** A node of a process of its own, which kills itself when it is handed a transaction: before it passes it on, or after. */
  async function mortalDoor(dies: 'before' | 'after') {
    const program = `
      const { createServer } = require('node:http');
      createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        const isSent = JSON.parse(body).method === 'eth_sendRawTransaction';
        if (isSent && ${dies === 'before'}) process.kill(process.pid, 'SIGKILL');
        const headers = { 'content-type': 'application/json' };
        const text = await (await fetch(${JSON.stringify(anvil.rpcUrl)}, { method: 'POST', headers, body })).text();
        if (isSent) process.kill(process.pid, 'SIGKILL');
        response.writeHead(200, headers).end(text);
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
    const child = spawn(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    return { url: `http://127.0.0.1:${String(port).trim()}`, ended: once(child, 'exit') };
  }

  it.each(['before', 'after'] as const)(
    'loses nothing and makes nothing twice, %s it has passed the transaction on',
    async (dies) => {
      const { address } = await anchors(nodesOf(anvil.rpcUrl));
      const mortal = await mortalDoor(dies);
      const nodes = nodesOf(mortal.url, (await openDoor()).url);
      const contract = await eventLogAnchorAt(await connect(nodes), address);
      const { txHash } = await contract.anchor(5, root('a'));
      const [, signal] = (await mortal.ended) as [null, string];
      expect(signal).toBe('SIGKILL');
      expect(txHash).toMatch(/^0x/);
      await contract.anchor(6, root('b'));
      expect(await sizes(address)).toEqual([5, 6]);
      expect(nodes.troubles().map(({ url }) => url)).toEqual([mortal.url]);
    },
  );
});
