/** A chain whose operator writes what he likes into the contracts' storage: reading it comes to an end, and says what it found. */
import {
  type Anvil,
  connectChain,
  deployDataAccess,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  startAnvil,
} from '@flexledger/contracts';
import { Wallet } from 'ethers';
import { readChain } from './chain-snapshot';

const OPERATOR = `0x${'0d'.repeat(32)}`;
const SLOTS = 8;
const DEAD_BEEF = 0xdeadbeef;

let anvil: Anvil;
type Kind = 'anchor' | 'token' | 'agreement' | 'access';
/** Addresses. */
let contracts: Record<Kind, string>;

beforeAll(async () => {
  anvil = await startAnvil({ fundedAddresses: [new Wallet(OPERATOR).address] });
  const chain = await connectChain({
    rpcUrl: anvil.rpcUrl,
    privateKey: OPERATOR,
    timeoutMs: 5_000,
    ownDevelopmentChain: true,
  });
  const anchor = await deployEventLogAnchor(chain);
  await anchor.anchor(5, 'ab'.repeat(32));
  contracts = {
    anchor: anchor.address,
    token: (await deployFlexToken(chain)).address,
    agreement: (await deployFlexibilityAgreement(chain)).address,
    access: (await deployDataAccess(chain)).contract.address,
  };
});
afterAll(() => anvil.stop());

async function rpc(method: string, ...params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(anvil.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return ((await response.json()) as { readonly result: unknown }).result;
}

/** What is read of the contract of one kind. */
async function read(kind: Kind) {
  const only = (one: Kind): string[] => (one === kind ? [contracts[one]] : []);
  const addresses = {
    anchorContracts: only('anchor'),
    tokenContracts: only('token'),
    agreementContracts: only('agreement'),
    accessContracts: only('access'),
    anchors: 1,
  };
  const snapshot = await readChain({ dataDir: '', rpcUrl: anvil.rpcUrl }, addresses);
  if (typeof snapshot === 'string') throw new Error(snapshot);
  return snapshot;
}

const word = (value: number): string => `0x${value.toString(16).padStart(64, '0')}`;

/** What is read while a slot of a contract holds another number. */
async function readWith(kind: Kind, slot: number) {
  const before = await rpc('evm_snapshot');
  await rpc('anvil_setStorageAt', contracts[kind], word(slot), word(DEAD_BEEF));
  try {
    return await read(kind);
  } finally {
    await rpc('evm_revert', before);
  }
}

it('a count of 3.7 billion anchors is read up to a bound, and the rest is told', async () => {
  const honest = await read('anchor');
  expect(honest.anchorsUnread?.size).toBe(0);
  expect(honest.anchors.get(contracts.anchor)).toHaveLength(1);
  const unread: number[] = [];
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const { anchors, anchorsUnread } = await readWith('anchor', slot);
    const held = anchors.get(contracts.anchor);
    const rest = anchorsUnread?.get(contracts.anchor);
    if (rest === undefined) continue;
    unread.push(rest + (held as readonly unknown[]).length);
  }
  expect(unread).toEqual([DEAD_BEEF]);
});

it.each(['token', 'agreement', 'access'] as const)(
  'of the %s contract, whichever slot is overwritten, something is read or a reason given',
  async (kind) => {
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const { tokens, agreements, access } = await readWith(kind, slot);
      const found = { token: tokens, agreement: agreements, access }[kind].get(contracts[kind]);
      expect(found).toBeDefined();
    }
  },
);
