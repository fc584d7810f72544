import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Wallet } from 'ethers';
import { type Anvil, startAnvil } from './anvil';
import { type Chain, connectChain } from './chain';
import { ChainUnavailable } from './chain-errors';
import { buildDistribution } from '@flexledger/merkle-log';
import { deployEventLogAnchor, type EventLogAnchor, eventLogAnchorAt } from './event-log-anchor';
import { CHALLENGE_DELAY_S, deployFlexToken, flexTokenAt } from './flex-token';
import { jsonRpc } from './json-rpc';

/**
 * Goal: transactions are deterministic, and a chain that is silent, dead or odd gives a clear error
 * within the time limit. Method: real anvils, and servers that misbehave on purpose.
 */

const privateKey = `0x${'42'.repeat(32)}`;
const account = new Wallet(privateKey).address;
const root = 'ab'.repeat(32);

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (listener: RequestListener): Promise<string> =>
  listen(createHttpServer(listener));

describe('a chain that does not answer', () => {
  const connect = (rpcUrl: string, timeoutMs = 150): Promise<Chain> =>
    connectChain({ rpcUrl, privateKey, timeoutMs });

  it('because it is silent is unavailable after the time limit', async () => {
    const rpcUrl = await listen(createServer());
    await expect(connect(rpcUrl)).rejects.toMatchObject({
      name: 'ChainUnavailable',
      url: rpcUrl,
      reason: 'eth_chainId failed: no answer within the time limit',
    });
  });

  it('but sends a byte now and then is unavailable after the time limit', async () => {
    const rpcUrl = await answering((_, response) => {
      response.writeHead(200);
      const trickle = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(trickle));
    });
    await expect(connect(rpcUrl)).rejects.toThrow('no answer within the time limit');
  });

  it('because nothing listens there is unavailable, with the remedy', async () => {
    const server = createServer();
    const rpcUrl = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(connect(rpcUrl)).rejects.toThrow(
      `The chain at ${rpcUrl} is unavailable: eth_chainId failed: ECONNREFUSED; ` +
        'check that the node runs and that the RPC URL is right, then try again',
    );
  });

  it.each<[string, RequestListener, string]>([
    ['HTTP 503', (_, response) => response.writeHead(503).end('busy'), 'with HTTP 503'],
    ['a web page', (_, response) => response.end('<html>'), 'eth_chainId failed'],
    ['other JSON', (_, response) => response.end('{}'), 'was not answered in JSON-RPC'],
    ['null', (_, response) => response.end('null'), 'was not answered in JSON-RPC'],
    [
      'a redirection',
      (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1' }).end(),
      'eth_chainId failed',
    ],
    [
      'its limit',
      (_, response) => response.end('{"error":{"code":-32005,"message":"slow down"}}'),
      'slow down',
    ],
  ])('but with %s is unavailable', async (_, listener, reason) => {
    const answer = connect(await answering(listener), 2000);
    await expect(answer).rejects.toThrow(ChainUnavailable);
    await expect(answer).rejects.toThrow(reason);
  });

  it.each(['', 'localhost:8545', 'ws://127.0.0.1:8545'])(
    'because %j is no http URL is unavailable',
    async (rpcUrl) => {
      await expect(connect(rpcUrl)).rejects.toThrow('set it to one such as http://127.0.0.1:8545');
    },
  );

  it('is named without the secrets in its URL, which the node does get', async () => {
    let authorization: string | undefined;
    const rpcUrl = await answering((request, response) => {
      authorization = request.headers.authorization;
      response.writeHead(401).end();
    });
    const withSecrets = `${rpcUrl.replace('//', '//user:s3cret@')}/v3/apikey?token=t0ken`;
    const error: Error = await connect(withSecrets, 2000).catch((thrown) => thrown);
    expect(error.message).toContain(`The chain at ${rpcUrl} is unavailable`);
    expect(error.message).not.toMatch(/s3cret|apikey|t0ken/);
    expect(authorization).toBe(`Basic ${Buffer.from('user:s3cret').toString('base64')}`);
  });

  it('is not asked with a key that is none, which the error does not print', async () => {
    const connecting = connectChain({
      rpcUrl: 'http://127.0.0.1:1',
      privateKey: 'x1',
      timeoutMs: 1,
    });
    await expect(connecting).rejects.toThrow('the chain private key is not 32 bytes of hex');
    await expect(connecting).rejects.not.toThrow('x1');
  });
});

describe('a chain that died after it was connected', () => {
  it('is unavailable for every operation', async () => {
    const anvil = await startAnvil({ fundedAddresses: [account] });
    const chain = await connectChain({ rpcUrl: anvil.rpcUrl, privateKey, timeoutMs: 5000 });
    const log = await deployEventLogAnchor(chain);
    await anvil.stop();
    const operations = [log.anchor(1, root), log.readAnchors(), chain.codeAt(log.address)];
    for (const outcome of await Promise.allSettled(operations)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'ChainUnavailable' } });
    }
  });
});

describe('transactions', () => {
  let anvil: Anvil;
  let chain: Chain;
  let log: EventLogAnchor;
  const control = async (method: string, ...params: unknown[]): Promise<void> => {
    await jsonRpc(anvil.rpcUrl).call(method, params, AbortSignal.timeout(5000));
  };
  const connect = (key: string, timeoutMs: number): Promise<Chain> =>
    connectChain({ rpcUrl: anvil.rpcUrl, privateKey: key, timeoutMs });

  beforeAll(async () => {
    const other = new Wallet(`0x${'43'.repeat(32)}`).address;
    anvil = await startAnvil({ fundedAddresses: [account, other] });
    chain = await connect(privateKey, 5000);
  });
  beforeEach(async () => {
    log = await deployEventLogAnchor(chain);
  });
  afterAll(async () => anvil.stop());

  it('have the same hashes and addresses on two chains with the same history', async () => {
    const play = async (): Promise<string[]> => {
      const fresh = await startAnvil({ fundedAddresses: [account] });
      try {
        const options = { rpcUrl: fresh.rpcUrl, privateKey, timeoutMs: 5000 };
        const anchors = await deployEventLogAnchor(await connectChain(options));
        const one = await anchors.anchor(1, root);
        const two = await anchors.anchor(2, root);
        return [anchors.address, one.txHash, two.txHash];
      } finally {
        await fresh.stop();
      }
    };
    expect(await play()).toEqual(await play());
  });

  it('that are sent at the same time are mined one after the other, in order', async () => {
    const sizes = [1, 2, 3, 4, 5];
    await Promise.all(sizes.map((size) => log.anchor(size, root)));
    expect((await log.readAnchors()).map((anchor) => anchor.size)).toEqual(sizes);
  });

  it('go on after one that was refused', async () => {
    const outcomes = await Promise.allSettled([
      log.anchor(5, root),
      log.anchor(4, root),
      log.anchor(6, root),
    ]);
    expect(outcomes.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('that are not mined in time are unavailable, and are the same when sent again', async () => {
    const impatient = await connect(privateKey, 1000);
    const sameLog = await eventLogAnchorAt(impatient, log.address);
    await control('evm_setAutomine', false);
    try {
      const first = await messageOf(sameLog.anchor(7, root));
      const second = await messageOf(sameLog.anchor(7, root));
      expect(first).toMatch(/EventLogAnchor\.anchor was sent as 0x[0-9a-f]{64}: not mined within/);
      expect(second).toBe(first);
      expect(await pendingTransactions()).toBe(1);
    } finally {
      await control('evm_mine');
      await control('evm_setAutomine', true);
    }
    await log.anchor(8, root);
    expect((await log.readAnchors()).map((anchor) => anchor.size)).toEqual([7, 8]);
  });

  describe('that the chain does not mine', () => {
    const soon = (): Promise<Chain> =>
      connectChain({ rpcUrl: anvil.rpcUrl, privateKey, timeoutMs: 1_000, replaceAfterMs: 0 });
    const sizes = async () => (await log.readAnchors()).map(({ size }) => size);
    const transaction = (txHash: string) =>
      jsonRpc(anvil.rpcUrl).call<{ nonce: string; maxFeePerGas: string } | null>(
        'eth_getTransactionByHash',
        [txHash],
        AbortSignal.timeout(5_000),
      );
    const hashIn = (message: string): string => /0x[0-9a-f]{64}/.exec(message)![0];

    beforeEach(() => control('evm_setAutomine', false));
    afterEach(async () => {
      await control('anvil_dropAllTransactions');
      await control('anvil_setNextBlockBaseFeePerGas', '0x3b9aca00');
      await control('evm_mine');
      await control('evm_setAutomine', true);
    });

    it('are replaced by one with the same nonce and higher fees once they have waited for long', async () => {
      const same = await eventLogAnchorAt(await soon(), log.address);
      const first = hashIn(await messageOf(same.anchor(7, root)));
      const second = hashIn(await messageOf(same.anchor(7, root)));
      expect(second).not.toBe(first);
      expect(await pendingTransactions()).toBe(1);
      const replaced = (await transaction(second))!;
      expect(BigInt(replaced.maxFeePerGas)).toBe(25_000_000_000n);
      const third = same.anchor(7, root);
      await waitUntil(async () => (await transaction(second)) === null);
      await control('evm_mine');
      const { txHash } = await third;
      expect((await transaction(txHash))!.nonce).toBe(replaced.nonce);
      expect(await sizes()).toEqual([7]);
    });

    it('are found mined, whichever of them it was', async () => {
      const same = await eventLogAnchorAt(await soon(), log.address);
      const first = hashIn(await messageOf(same.anchor(7, root)));
      const second = same.anchor(7, root);
      await waitUntil(async () => (await transaction(first)) === null);
      await control('evm_mine');
      expect((await second).txHash).not.toBe(first);
      expect(await sizes()).toEqual([7]);
    });

    it('pay what the base fee of the chain asks for', async () => {
      const same = await eventLogAnchorAt(await soon(), log.address);
      const cheap = hashIn(await messageOf(same.anchor(7, root)));
      await control('anvil_setNextBlockBaseFeePerGas', '0x6fc23ac00'); // 30 gwei
      await control('evm_mine');
      // anvil has the new block a moment later.
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await sizes()).toEqual([]);
      const dear = same.anchor(7, root);
      await waitUntil(
        async () => (await transaction(cheap)) === null && (await pendingTransactions()) === 1,
      );
      await control('evm_mine');
      const { txHash } = await dear;
      expect(BigInt((await transaction(txHash))!.maxFeePerGas)).toBeGreaterThan(60_000_000_000n);
      expect(await sizes()).toEqual([7]);
    });

    it('and are of an earlier start are replaced by what is to be sent now', async () => {
      const earlier = await eventLogAnchorAt(await soon(), log.address);
      await messageOf(earlier.anchor(7, root));
      const left = hashIn(await messageOf(earlier.anchor(7, root)));
      const later = await eventLogAnchorAt(await soon(), log.address);
      expect(await messageOf(later.anchor(8, root))).toMatch(/underpriced/i);
      const mined = later.anchor(8, root);
      await waitUntil(async () => (await transaction(left)) === null);
      await control('evm_mine');
      await mined;
      expect(await sizes()).toEqual([8]);
      // What was replaced is not lost: it is refused or sent anew by whoever wanted it.
      expect(await pendingTransactions()).toBe(0);
    });

    it('leave a gap before one of a later nonce, which is filled', async () => {
      const wallet = new Wallet(privateKey);
      const nonce = Number(
        await jsonRpc(anvil.rpcUrl).call<string>(
          'eth_getTransactionCount',
          [account, 'latest'],
          AbortSignal.timeout(5_000),
        ),
      );
      const behind = await wallet.signTransaction({
        ...{ type: 2, chainId: chain.chainId, nonce: nonce + 1, to: account, gasLimit: 21_000n },
        ...{ maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n },
      });
      await control('eth_sendRawTransaction', behind);
      const same = await eventLogAnchorAt(await connect(privateKey, 5_000), log.address);
      const mined = same.anchor(7, root);
      await waitUntil(async () => (await pendingTransactions()) === 2);
      await control('evm_mine');
      await mined;
      expect(await sizes()).toEqual([7]);
      expect(await pendingTransactions()).toBe(0);
    });
  });

  it('that revert only once they are mined are refused with the reason', async () => {
    const token = await deployFlexToken(chain);
    const { root: distribution, proofFor } = buildDistribution([
      { account, cumulativeMicroEur: 5n },
    ]);
    const settled = { sessionDigestHex: root, settlementLeafHex: root };
    const award = { ...settled, root: distribution, amountMicroEur: 5n };
    await token.award(award);
    await control('evm_increaseTime', CHALLENGE_DELAY_S);
    await control('evm_mine');
    const second = await flexTokenAt(await connect(`0x${'43'.repeat(32)}`, 5000), token.address);
    await control('evm_setAutomine', false);
    try {
      const claims = Promise.allSettled([
        token.claim(proofFor(account)),
        second.claim(proofFor(account)),
      ]);
      await waitUntil(async () => (await pendingTransactions()) === 2);
      await control('evm_mine');
      const outcomes = await claims;
      const refused = outcomes.filter((one) => one.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(refused[0]!.reason).toMatchObject({ errorName: 'NothingToClaim' });
    } finally {
      await control('evm_setAutomine', true);
    }
    expect(await token.balanceOfMicroEur(account)).toBe(5n);
  });

  it('of an account without funds are refused in the words of the node', async () => {
    const poor = await connect(`0x${'44'.repeat(32)}`, 5000);
    await expect(deployEventLogAnchor(poor)).rejects.toMatchObject({
      name: 'ChainRefused',
      reason: expect.stringMatching(/insufficient funds/i),
      errorName: undefined,
    });
  });

  async function messageOf(refused: Promise<unknown>): Promise<string> {
    return refused.then(
      () => 'nothing',
      (error: Error) => error.message,
    );
  }

  async function pendingTransactions(): Promise<number> {
    const status = await jsonRpc(anvil.rpcUrl).call<{ pending: string }>(
      'txpool_status',
      [],
      AbortSignal.timeout(5000),
    );
    return Number(status.pending);
  }

  async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
