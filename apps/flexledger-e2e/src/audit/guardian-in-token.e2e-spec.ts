/** The guardian's key in a token by PKCS#11, a software one: it stops a contract of the chain, and never leaves the token. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TRUST_DEFAULTS, type TrustPolicy } from '@flexledger/audit';
import { pauseGuarded, rejectOfLog, writeGuardianKey } from '@flexledger/audit-cli';
import {
  type Anvil,
  type EventLogAnchor,
  codeHashAt,
  connectChain,
  deployEventLogAnchor,
  deployFlexToken,
  deployFlexibilityAgreement,
  startAnvil,
} from '@flexledger/contracts';
import { Wallet } from 'ethers';
import { type SoftToken, makeSoftToken, whyNoToken } from '../testing/soft-token';

const OPERATOR = `0x${'0d'.repeat(32)}`;
const missing = whyNoToken();
const inToken = missing ? describe.skip : describe;

inToken(
  missing ? `a guardian's key in a token: SKIPPED, ${missing}` : "a guardian's key in a token",
  () => {
    let token: SoftToken;
    let folder: string;
    let anvil: Anvil;
    let anchor: EventLogAnchor;
    /** PKCS#11 URI of the key. */
    let key: string;
    let trust: string;

    beforeAll(async () => {
      token = makeSoftToken();
      folder = mkdtempSync(path.join(tmpdir(), 'flexledger-guardian-token-'));
      const { module, pinFile } = token.makeKey('07', 'EC:secp256k1');
      key = `pkcs11:token=flexledger;id=%07?module-path=${module}&pin-source=file:${pinFile}`;
      const { account } = JSON.parse(
        await printed(() => writeGuardianKey({ key, json: true })),
      ) as { account: string };
      anvil = await startAnvil({ fundedAddresses: [account, new Wallet(OPERATOR).address] });
      const { rpcUrl } = anvil;
      const chain = await connectChain({ rpcUrl, privateKey: OPERATOR, timeoutMs: 10_000 });
      anchor = await deployEventLogAnchor(chain, { guardian: account });
      const trusted = async ({ address }: { address: string }) => ({
        address,
        codeHash: await codeHashAt(chain, address),
      });
      const policy: TrustPolicy = {
        ...TRUST_DEFAULTS,
        origin: 'flexledger/rome',
        logKey: 'flexledger/rome+ff19d1f9+AV+Czp89MnJJDdOYMLXvN67dySZNODGV1JTQgWJ5MbO0',
        chain: {
          chainId: Number(chain.chainId),
          genesisHash: await chain.genesisHash(),
          certifier: chain.senderAddress,
          anchorContract: await trusted(anchor),
          tokenContract: await trusted(await deployFlexToken(chain)),
          agreementContract: await trusted(await deployFlexibilityAgreement(chain)),
        },
      };
      trust = path.join(folder, 'trust.json');
      writeFileSync(trust, JSON.stringify(policy));
    });
    afterAll(async () => {
      await anvil.stop();
      token.remove();
      rmSync(folder, { recursive: true });
    });

    async function printed(act: () => Promise<void>): Promise<string> {
      const text: string[] = [];
      const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
        text.push(String(chunk));
        return true;
      });
      try {
        await act();
      } finally {
        write.mockRestore();
      }
      return text.join('');
    }
    const flags = (by = key) => ({ trust, rpc: anvil.rpcUrl, key: by, json: false });

    it('rejects anchors, as often as it is asked', async () => {
      // The lower of the two values that sign is taken, and which of the keys it is of is found, for each of them.
      for (let size = 1; size <= 8; size += 1) {
        await anchor.anchor(size, 'ab'.repeat(32));
        await printed(() => rejectOfLog({ ...flags(), first: size - 1 }));
      }
      const anchors = await anchor.readAnchors();
      expect(anchors.map(({ isRejected }) => isRejected)).toEqual(Array(8).fill(true));
    });

    it('pauses a contract', async () => {
      expect(await printed(() => pauseGuarded('anchor', flags()))).toContain('is paused');
      await expect(anchor.anchor(20, 'ab'.repeat(32))).rejects.toThrow('EnforcedPause');
    });

    it.each<[string, (uri: string) => string, RegExp]>([
      ['of another id', (uri) => uri.replace('%07', '%09'), /Key 09 of token .*--key/],
      ['of another kind', (uri) => uri.replace('%07', '%01'), /public key is none of secp256k1/],
      ['without a library', (uri) => uri.replace('module-path', 'module'), /names no module-path/],
      ['with an id that is none', (uri) => uri.replace('%07', '07'), /its id is not bytes/],
      ['with more than is looked at', (uri) => `${uri}&pin-value=1`, /pin-value is not looked at/],
    ])('one %s is refused, by name', async (_, change, words) => {
      await expect(pauseGuarded('token', flags(change(key)))).rejects.toThrow(words);
    });
  },
);
