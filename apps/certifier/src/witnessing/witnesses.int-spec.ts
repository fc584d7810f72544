/** A certifier with witnesses that sign, are down, slow, wrong or hostile: what it records of them. */
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ed25519KeyFrom, sha256, signEd25519 } from '@flexledger/identity';
import { cosignatureLine, parseCheckpoint, parseWitnessRequest } from '@flexledger/merkle-log';
import { type CertifierTrial, openCertifierTrial } from '../testing/certifier-trial';
import type { WitnessAddress } from './witnesses';

type Answer = (body: string, call: number) => { status: number; text: string } | undefined;

const servers: Server[] = [];
let trial: CertifierTrial | undefined;

afterEach(async () => {
  await trial?.close();
  trial = undefined;
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const keyOf = (seed: string) => ed25519KeyFrom(seed.repeat(32));

/** Somebody at an address who is believed to have the key of a seed. */
async function somebody(seed: string, answer: Answer): Promise<WitnessAddress> {
  let call = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      const answered = answer(body, (call += 1));
      if (!answered) return request.socket.destroy();
      response.writeHead(answered.status);
      return response.end(answered.text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const name = `example.org/witness${seed}`;
  return {
    url: `http://127.0.0.1:${port}`,
    key: { name, publicKey: Buffer.from(keyOf(seed).publicKey, 'hex') },
  };
}

const signing =
  (seed: string, by = seed): Answer =>
  (body) => {
    const { signedText } = parseCheckpoint(parseWitnessRequest(body).note);
    const { privateKey, publicKey } = keyOf(by);
    const key = { name: `example.org/witness${seed}`, publicKey: Buffer.from(publicKey, 'hex') };
    const sign = (message: Uint8Array) => signEd25519(privateKey, message);
    return { status: 200, text: cosignatureLine(sha256, signedText, key, 1_800_000_000, sign) };
  };

async function sealedWith(addresses: readonly WitnessAddress[]): Promise<CertifierTrial> {
  trial = await openCertifierTrial('spaced', addresses);
  const { certifier } = await trial.openOne();
  await certifier.start();
  await trial.happen(5);
  await certifier.seal();
  return trial;
}

const cosigned = async ({ events }: CertifierTrial): Promise<unknown[]> =>
  (await events())
    .filter(({ type }) => type === 'CheckpointCosigned')
    .map(({ data }) => (data as { witness: string }).witness);

it('records what its witnesses cosign, beside the checkpoint', async () => {
  const two = [await somebody('03', signing('03')), await somebody('04', signing('04'))];
  const { problems } = await sealedWith(two);
  expect(await cosigned(trial!)).toEqual(['example.org/witness03', 'example.org/witness04']);
  expect(problems).toEqual([]);
});

it('begins where a witness says that it stands', async () => {
  const sizes: number[] = [];
  const one = await somebody('03', (body, call) => {
    sizes.push(parseWitnessRequest(body).oldSize);
    return call === 2 ? { status: 409, text: '3\n' } : signing('03')(body, call);
  });
  const { happen, openOne } = await sealedWith([one]);
  await happen(3);
  const { certifier } = await openOne();
  await certifier.seal();
  // A second instance does not know what the witness has seen, and is told.
  expect(sizes).toEqual([0, 0, 3]);
  expect(await cosigned(trial!)).toHaveLength(2);
});

it.each<[string, Answer, RegExp]>([
  ['is down', () => undefined, /fetch failed|socket|other side/i],
  ['refuses', () => ({ status: 422, text: 'no\n' }), /422 no/],
  ['answers nonsense', () => ({ status: 200, text: 'hello\n' }), /no cosignature by its key/],
  ['signs with another key', signing('03', '09'), /no cosignature by its key/],
  ['has seen more than there is', () => ({ status: 409, text: '999\n' }), /to have seen 999/],
  ['says nothing of where it stands', () => ({ status: 409, text: 'x\n' }), /to have seen x/],
  ['answers for ever', () => ({ status: 200, text: 'x'.repeat(100_000) }), /too long/],
])('goes on without a witness that %s, and says so once', async (_, answer, reason) => {
  const addresses = [await somebody('03', answer), await somebody('04', signing('04'))];
  const { problems, happen, openOne } = await sealedWith(addresses);
  await happen(2);
  const { certifier } = await openOne();
  await certifier.seal();
  expect(problems[0]).toMatch(/^witness example\.org\/witness03: /);
  expect(problems[0]).toMatch(reason);
  expect(await cosigned(trial!)).toEqual(['example.org/witness04', 'example.org/witness04']);
  expect((await trial!.types()).filter((type) => type === 'CheckpointAnchored')).toHaveLength(2);
});
