/** The packets' promises, in process and through the REST interface of the same platform. */
import { createPlatformClient, httpPackets } from '@flexledger/ports';
import request from 'supertest';
import { packetsPromises } from '../../../../libs/ports/src/testing/packets.spec-suite';
import { unavailablePromises } from '../../../../libs/ports/src/testing/unavailable.spec-suite';
import { type ServedLayer, serveLayer } from '../testing/served-layer';

packetsPromises('in process, the access layer', async () => {
  const served = await serveLayer();
  return { ...served, packets: served.access.ports.packets };
});

packetsPromises('by HTTP, the access layer', async () => {
  const served = await serveLayer();
  const token = () => served.tokenOf('platform:customers');
  return { ...served, packets: httpPackets(createPlatformClient({ baseUrl: served.url, token })) };
});

unavailablePromises('the access layer’s port by HTTP', (client) => ({
  packetsAfter: () => httpPackets(client).packetsAfter(undefined, 10),
}));

describe('packets by REST', () => {
  let served: ServedLayer;
  beforeAll(async () => {
    served = await serveLayer();
    await served.certify('IT002E00000001', [0, 1]);
  });
  afterAll(() => served.close());

  const get = async (actor: string | undefined, query = '') => {
    const test = request(served.url).get(`/api/v1/packets${query}`);
    return actor === undefined ? test : test.auth(await served.tokenOf(actor), { type: 'bearer' });
  };

  it.each<[string | undefined, number, string | undefined]>([
    ['platform:customers', 200, undefined],
    ['dso', 200, undefined],
    // An aggregator reads what is its own at the shared customer database.
    ['aggregator:AGG1', 403, 'forbidden'],
    ['customer:IT002E00000001', 403, 'forbidden'],
    ['node:X', 403, 'forbidden'],
    [undefined, 401, 'invalid-token'],
  ])('are answered to %s by %d', async (actor, status, code) => {
    const answer = await get(actor);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    if (status === 200) expect(answer.body.packets).toHaveLength(2);
  });

  it.each([
    ['?limit=0', 'limit', 'input-malformed'],
    ['?limit=x', 'limit', 'input-malformed'],
    ['?after=here', 'after', 'query-malformed'],
    ['?from=here', 'from', 'input-malformed'],
  ])('refuse %s by its field', async (query, field, code) => {
    const { status, body } = await get('dso', query);
    expect([status, body.code]).toEqual([400, code]);
    expect(body.errors).toContainEqual({ field, reason: expect.any(String) });
  });
});
