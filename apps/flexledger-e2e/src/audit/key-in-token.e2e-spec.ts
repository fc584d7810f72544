/**
 * The log's key in a token by PKCS#11, a software one that is driven as any other: what it signs, how it is refused, and
 * a log that goes over to it.
 */
import { writeFileSync } from 'node:fs';
import type { TrustPolicy } from '@flexledger/audit';
import { auditLog, exportTrust } from '@flexledger/audit-cli';
import { TokenUnusable, openPkcs11Signer, signedNote } from '@flexledger/certifier';
import { LOG_ORIGIN } from '@flexledger/composer';
import { sha256, verifyEd25519 } from '@flexledger/identity';
import {
  checkpointText,
  emptyRoot,
  verifierKeyText,
  verifyCheckpoint,
} from '@flexledger/merkle-log';
import { VirtualClock } from '@flexledger/runtime';
import { type SoftToken, makeSoftToken, whyNoToken } from '../testing/soft-token';
import type { ServedWhole } from '../testing/whole-platform';
import { type ReleasedDay, unpackReleasedDay } from './testing/released-day';
import { sealNews, serveReleasedDay } from './testing/served-released-day';
import { checkOf, failing } from './testing/simulated-day';

const missing = whyNoToken();
const inToken = missing ? describe.skip : describe;

inToken(missing ? `a key in a token: SKIPPED, ${missing}` : 'a key in a token', () => {
  let token: SoftToken;
  beforeAll(() => {
    token = makeSoftToken();
  });
  afterAll(() => token.remove());

  it('signs a checkpoint, and never leaves it', async () => {
    const signer = await openPkcs11Signer(LOG_ORIGIN, token.key);
    const { key } = signer;
    const checkpoint = { origin: LOG_ORIGIN, size: 0, root: emptyRoot(sha256) };
    const note = await signedNote(checkpointText(checkpoint), signer);
    expect(
      verifyCheckpoint(sha256, note, { origin: LOG_ORIGIN, key }, verifyEd25519),
    ).toMatchObject(checkpoint);
    expect(token.objects()).toContain('never extractable');
    expect(token.givesPrivateKey()).toBe(false);
  });

  it('is told apart from another in the same token', async () => {
    const other = await openPkcs11Signer(LOG_ORIGIN, token.makeKey('02', 'EC:edwards25519'));
    expect(other.key).not.toEqual((await openPkcs11Signer(LOG_ORIGIN, token.key)).key);
  });

  /** Opens it with something changed. */
  const opened = (change: object) => openPkcs11Signer(LOG_ORIGIN, { ...token.key, ...change });

  it.each([
    ['of no token', { token: 'another' }, /No slot with token named "another" found/],
    ['of no id', { keyId: 'ff' }, /not found/],
    ['of no library', { module: '/nowhere.so' }, /cannot open shared object file/],
    ['without a PIN', { pinFile: '/nowhere' }, /PIN cannot be read: .*ENOENT/],
  ])('%s is refused, by name', async (_, change, words) => {
    await expect(opened(change)).rejects.toThrow(TokenUnusable);
    await expect(opened(change)).rejects.toThrow(words);
    await expect(opened(change)).rejects.toThrow(/^Key \w+ of token ".*Correct certifier\.pkcs11/);
  });

  it('behind another PIN is refused, and the PIN is not told', async () => {
    const pinFile = `${token.key.pinFile}-wrong`;
    writeFileSync(pinFile, '0000');
    await expect(opened({ pinFile })).rejects.toThrow(/CKR_PIN_INCORRECT/);
    await expect(opened({ pinFile })).rejects.not.toThrow(/0000/);
  });

  it('of another kind is refused', async () => {
    await expect(opened(token.makeKey('03', 'rsa:2048'))).rejects.toThrow(/none of ed25519/);
  });
});

inToken(
  missing ? `the key of a log in a token: SKIPPED, ${missing}` : 'the key of a log in a token',
  () => {
    let token: SoftToken;
    let day: ReleasedDay;
    let trust: TrustPolicy;
    const clock = new VirtualClock(Date.parse('2026-03-24T08:00:00Z'));
    beforeAll(async () => {
      token = makeSoftToken();
      day = unpackReleasedDay('0.1.0');
      trust = await exportTrust({ dataDir: day.dataDir });
    });
    afterAll(() => {
      token.remove();
      day.remove();
    });

    const serve = (isInToken: boolean): Promise<ServedWhole> =>
      serveReleasedDay(day, clock, isInToken ? { pkcs11: token.key } : {});

    it('takes the place of the key in the folder, by a statement of both', async () => {
      const served = await serve(true);
      await sealNews(served, 'IT002E60009801');
      await served.close();
      const report = await auditLog({ dataDir: day.dataDir, trust });
      expect(failing(report)).toEqual([]);
      expect(checkOf(report, 'trust').note).toContain('the log went over to another key');
      const { key } = await openPkcs11Signer(trust.origin, token.key);
      const exported = await exportTrust({ dataDir: day.dataDir });
      expect(exported.logKey).toBe(verifierKeyText(sha256, key));
    });

    it('is the only one that goes on with the log', async () => {
      await expect(serve(false)).rejects.toMatchObject({ code: 'another-certifier' });
    });

    it('seals on after a start, and after it was away', async () => {
      const served = await serve(true);
      try {
        await sealNews(served, 'IT002E60009802');
        const pin = '7319';
        writeFileSync(token.key.pinFile, 'gone');
        await expect(sealNews(served, 'IT002E60009803')).rejects.toThrow(TokenUnusable);
        writeFileSync(token.key.pinFile, pin);
        await served.platform.certifier.certifier.seal();
      } finally {
        await served.close();
      }
      const report = await auditLog({ dataDir: day.dataDir, trust });
      expect(failing(report)).toEqual([]);
      expect(checkOf(report, 'trust').note).toContain('1 times');
    });
  },
);
