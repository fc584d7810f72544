/** What everybody can ask of the certified log, over HTTP: every proof verifies, whatever the positions. */
import type { RecordedEvent } from '@flexledger/domain';
import { createTokenVerifier, sha256 } from '@flexledger/identity';
import {
  decodeEntryBundle,
  leafHash,
  merkleRoot,
  parseCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@flexledger/merkle-log';
import { type HttpApp, createHttpApp } from '@flexledger/service-kit';
import request from 'supertest';
import { type CertifierTrial, openCertifierTrial } from '../testing/certifier-trial';

const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

describe.each(['dense', 'spaced'] as const)('a log of %s positions', (kind) => {
  let trial: CertifierTrial;
  let http: HttpApp;
  let events: RecordedEvent[];

  beforeAll(async () => {
    trial = await openCertifierTrial(kind);
    const one = await trial.openOne();
    const realm = { issuer: 'trial', audience: 'trial', clock: trial.clock };
    http = await createHttpApp(one.http, {
      title: 'Proofs',
      description: 'A trial.',
      port: 0,
      access: { verify: createTokenVerifier({ ...realm, keys: { keys: [] } }) },
      reads: {
        caughtUp: async () => void (await trial.views.runner.catchUp()),
        version: async () => `${await trial.log.head()}`,
      },
      log: (line) => trial.problems.push(line),
    });
    expect((await get('checkpoint')).body.code).toBe('checkpoint-unknown');
    await trial.happen(290);
    await one.certifier.seal();
    await trial.happen(5);
    await one.certifier.seal();
    await trial.happen(2);
    events = await trial.events();
  });
  afterAll(async () => {
    await http.close();
    expect(trial.problems).toEqual([]);
    await trial.close();
  });

  const api = () => request(http.url);
  const get = (path: string) => api().get(`/api/v1/log/${path}`);
  const SIZE = 297;

  it('shows its last checkpoint as a note', async () => {
    const { text } = await get('checkpoint').expect(200);
    expect(parseCheckpoint(text)).toMatchObject({ origin: 'flexledger/trial', size: SIZE });
  });

  it.each([0, 1, 255, 256, 289, 290, SIZE - 1])(
    'proves leaf %d, by the position of its event and by its id',
    async (index) => {
      const { position, id, hash } = events[index]!;
      const { body } = await get(`inclusion?position=${position}`).expect(200);
      const leaf = leafHash(sha256, bytes(hash));
      expect(body).toMatchObject({ index, position, size: SIZE, leafHash: hex(leaf) });
      const proof = (body.proof as string[]).map(bytes);
      const claim = { leafHash: leaf, index, size: SIZE, root: bytes(body.root), proof };
      expect(verifyInclusion(sha256, claim)).toBe(true);
      expect((await get(`inclusion?id=${id}`).expect(200)).body).toEqual(body);
    },
  );

  it('proves under an earlier size, and that it only grew since', async () => {
    const { position } = events[7]!;
    const earlier = (await get(`inclusion?position=${position}&size=290`)).body;
    expect(earlier).toMatchObject({ index: 7, size: 290 });
    const { body } = await get('consistency?from=290').expect(200);
    expect(body).toMatchObject({ from: 290, to: SIZE, fromRoot: earlier.root });
    const proved = verifyConsistency(sha256, {
      firstSize: 290,
      firstRoot: bytes(body.fromRoot),
      secondSize: SIZE,
      secondRoot: bytes(body.toRoot),
      proof: (body.proof as string[]).map(bytes),
    });
    expect(proved).toBe(true);
  });

  it('is there as tiles', async () => {
    const entries: Uint8Array[] = [];
    for (const name of ['000', `001.p/${SIZE - 256}`]) {
      const { body } = await get(`tile/entries/${name}`).responseType('blob').expect(200);
      entries.push(...decodeEntryBundle(body as Buffer));
    }
    expect(entries.map(hex)).toEqual(events.slice(0, SIZE).map(({ hash }) => hash));
    const { body: tile } = await get('tile/0/000').responseType('blob').expect(200);
    expect(tile).toEqual(
      Buffer.concat(entries.slice(0, 256).map((entry) => leafHash(sha256, entry))),
    );
    const { body } = await get(`consistency?from=0`);
    expect(hex(merkleRoot(sha256, entries))).toBe(body.toRoot);
    expect((await get('tile/0/001').expect(404)).body.code).toBe('tile-unknown');
  });

  it.each<[string, string, () => string, [number, string]]>([
    ['no event', 'position', () => 'inclusion', [400, 'query-malformed']],
    ['two names', 'position', () => 'inclusion?position=5&id=x', [400, 'query-malformed']],
    [
      'an event that no checkpoint covers',
      'position',
      () => `inclusion?position=${events.at(-1)!.position}`,
      [400, 'query-malformed'],
    ],
    [
      'the same by its id',
      'id',
      () => `inclusion?id=${events.at(-1)!.id}`,
      [400, 'query-malformed'],
    ],
    [
      'what is beyond the log',
      'position',
      () => 'inclusion?position=99999999',
      [400, 'query-malformed'],
    ],
    ['an id unknown', '', () => 'inclusion?id=0', [404, 'event-unknown']],
    ['a size too large', 'size', () => 'inclusion?position=0&size=999', [400, 'query-malformed']],
    ['no size', 'size', () => 'inclusion?position=0&size=0', [400, 'input-malformed']],
    [
      'a later log before an earlier',
      'from',
      () => 'consistency?from=9&to=8',
      [400, 'query-malformed'],
    ],
    ['less than nothing', 'from', () => 'consistency?from=-1', [400, 'input-malformed']],
  ])('refuses %s', async (_, field, path, expected) => {
    const { status, body } = await get(path());
    expect([status, body.code]).toEqual(expected);
    if (field) expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
  });

  it('knows no event in a gap', async () => {
    const [{ position: first }, { position: second }] = events as [RecordedEvent, RecordedEvent];
    if (second === first + 1) return;
    const { status, body } = await get(`inclusion?position=${first + 1}`);
    expect([status, body.code]).toEqual([404, 'event-unknown']);
  });

  it('says what a transaction anchors, and lists the anchors', async () => {
    const { body: list } = await api().get('/api/v1/anchors').expect(200);
    const [later, earlier] = list.items as { size: number; anchor: { txHash: string } }[];
    expect([later!.size, earlier!.size]).toEqual([SIZE, 290]);
    const path = '/api/certification/getByTransaction?transaction=';
    const of = async (txHash: string) => (await api().get(`${path}${txHash}`)).body;
    expect(await of(later!.anchor.txHash)).toMatchObject({
      firstIndex: 290,
      firstPosition: events[290]!.position,
      lastPosition: events[SIZE - 1]!.position,
      size: SIZE,
    });
    expect(await of(earlier!.anchor.txHash)).toMatchObject({
      firstIndex: 0,
      firstPosition: events[0]!.position,
      size: 290,
    });
    expect((await of(`0x${'00'.repeat(32)}`)).code).toBe('transaction-unknown');
    expect((await of('0x1')).code).toBe('input-malformed');
  });
});
