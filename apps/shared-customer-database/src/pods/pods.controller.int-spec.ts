/** The register by REST, one PoD at a time: what each route answers and refuses. */
import { type ServedTrial, podDetails, registerPods, serveTrial } from '../testing/customer-trial';

const A = 'IT002E00000001';
const B = 'IT002E00000002';
const NEW = 'IT002E00000003';
const DAY = '2026-03-18';
const baselineW = new Array<number>(96).fill(400);
const flexibility = { upW: 900, downW: 100, upVar: 0, downVar: 0 };
const supply = { by: 'feeder', code: 'l1' };
/** D2.4 table 3, D3.3 2.6 and A.3.2. */
const connection = {
  zone: 'Rome',
  voltageLevel: 'LV',
  withdrawalLimitW: 6_000,
  feedInLimitW: 3_000,
  inductiveLimitVar: 1_000,
  capacitiveLimitVar: 500,
  flexibilityType: 'continuous',
  smartContractId: null,
  meterSerialNumber: '20E5N2000123456',
  meterGeneration: 2,
  storageW: 2_000,
  storageWh: 8_000,
  evChargerW: 7_400,
  cogenerationW: 0,
};
const location = { gridId: 'rome', busId: 'n1', pom: 'PS-t1' };

let trial: ServedTrial;
beforeAll(async () => {
  trial = await serveTrial();
  await registerPods(trial, 'AGG1', 'AGG2');
});
afterAll(() => trial.close());

const events = async (): Promise<number> => {
  let count = 0;
  for await (const _ of trial.log.readAll()) count += 1;
  return count;
};

describe('a PoD', () => {
  it.each<[string, string, `${'PUT' | 'POST'} ${string}`, object, object]>([
    [
      'is registered',
      'aggregator:AGG1',
      'POST /api/v1/pods',
      { podId: NEW, ...podDetails('AGG1') },
      { podId: NEW, status: 'registered' },
    ],
    ['is located', 'dso', `PUT /api/v1/pods/${NEW}/location`, location, location],
    [
      'declares flexibility',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${NEW}/flexibility`,
      flexibility,
      { flexibility },
    ],
    [
      'declares a baseline',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${NEW}/baselines/${DAY}`,
      { baselineW, origin: 'byHand' },
      {},
    ],
    [
      'is switched off',
      'operator',
      `PUT /api/v1/pods/${NEW}/availability/${DAY}`,
      { available: false },
      { unavailableDays: [DAY] },
    ],
    [
      'changes its details',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${NEW}`,
      { ...podDetails('AGG1'), pvPeakW: 800 },
      { details: { pvPeakW: 800 } },
    ],
    [
      'tells its supply and its connection, field by field',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${NEW}`,
      { ...podDetails('AGG1'), supply, connection },
      { details: { supply, connection } },
    ],
  ])('%s', async (_, actor, request, body, expected) => {
    const changed = await trial.call(actor, request, body);
    expect([changed.status < 300, changed.body]).toEqual([true, { podId: NEW, changed: true }]);
    const { body: pod } = await trial.call('auditor', `GET /api/v1/pods/${NEW}`);
    expect(pod).toMatchObject(expected);
  });

  it('is unregistered', async () => {
    expect((await trial.call('aggregator:AGG1', `DELETE /api/v1/pods/${NEW}`)).status).toBe(204);
    const { body: pod } = await trial.call('auditor', `GET /api/v1/pods/${NEW}`);
    expect(pod.status).toBe('unregistered');
  });

  it('is switched off, on, and off again by the same texts', async () => {
    const put = (available: boolean) =>
      trial.call('customer:IT002E00000001', `PUT /api/v1/pods/${A}/availability/${DAY}`, {
        available,
      });
    for (const available of [false, true, false]) {
      expect((await put(available)).body).toEqual({ podId: A, changed: true });
      const { body } = await trial.call('auditor', `GET /api/v1/pods/${A}`);
      expect(body.unavailableDays.includes(DAY)).toBe(!available);
    }
    expect((await put(false)).body.changed).toBe(false);
  });
});

describe('a list', () => {
  const seen = async (actor: string, query = ''): Promise<string[]> => {
    const { body } = await trial.call(actor, `GET /api/v1/pods${query}`);
    return body.items.map(({ podId }: { podId: string }) => podId);
  };

  it('holds what the speaker may see, page by page', async () => {
    expect(await seen('dso', '?status=registered')).toEqual([A, B]);
    expect(await seen('aggregator:AGG2')).toEqual([B]);
    const first = await trial.call('tso', 'GET /api/v1/pods?status=registered&limit=1');
    expect(await seen('tso', `?status=registered&limit=1&cursor=${first.body.next}`)).toEqual([B]);
  });
});

describe('what is refused', () => {
  it.each<[string, string | undefined, `${'GET' | 'PUT' | 'POST'} ${string}`, object, unknown[]]>([
    ['nobody', undefined, 'GET /api/v1/pods', {}, [401, 'invalid-token']],
    ['a foreign PoD', 'aggregator:AGG1', `GET /api/v1/pods/${B}`, {}, [403, 'forbidden']],
    [
      'a foreign list',
      'aggregator:AGG1',
      'GET /api/v1/pods?aggregatorId=AGG2',
      {},
      [403, 'forbidden'],
    ],
    ['a PoD unknown', 'dso', 'GET /api/v1/pods/IT002E00000009', {}, [404, 'pod-unknown']],
    [
      'flexibility of a PoD unknown',
      'aggregator:AGG1',
      'PUT /api/v1/pods/IT002E00000009/flexibility',
      flexibility,
      [404, 'pod-unknown'],
    ],
    [
      'another one’s PoD changed',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${B}`,
      podDetails('AGG1'),
      [403, 'forbidden'],
    ],
    [
      'an own PoD given away',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}`,
      podDetails('AGG2'),
      [403, 'forbidden'],
    ],
    [
      'a PoD registered otherwise',
      'aggregator:AGG1',
      'POST /api/v1/pods',
      { podId: A, ...podDetails('AGG1'), pvPeakW: 1 },
      [409, 'pod-already-registered'],
    ],
    [
      'a location by an aggregator',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}/location`,
      location,
      [403, 'forbidden'],
    ],
    [
      'a supply by something else',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}`,
      { ...podDetails('AGG1'), supply: { by: 'address', code: 'x' } },
      [400, 'input-malformed'],
    ],
    [
      'a connection with a field missing',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}`,
      { ...podDetails('AGG1'), connection: { ...connection, zone: undefined } },
      [400, 'input-malformed'],
    ],
    [
      'a meter of no generation',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}`,
      { ...podDetails('AGG1'), connection: { ...connection, meterGeneration: 3 } },
      [400, 'pod-malformed'],
    ],
    [
      'a grid that is none',
      'dso',
      `PUT /api/v1/pods/${A}/location`,
      { ...location, gridId: 'milan' },
      [422, 'location-unmatched'],
    ],
    [
      'a bus that is none',
      'dso',
      `PUT /api/v1/pods/${A}/location`,
      { ...location, busId: 'n51' },
      [422, 'location-unmatched'],
    ],
    [
      'another point of measurement than the bus has',
      'dso',
      `PUT /api/v1/pods/${A}/location`,
      { ...location, pom: 'PS-t2' },
      [422, 'location-unmatched'],
    ],
    [
      'no day',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}/availability/2026-02-30`,
      { available: true },
      [400, 'day-malformed'],
    ],
    [
      'less than nothing',
      'aggregator:AGG1',
      `PUT /api/v1/pods/${A}/flexibility`,
      { ...flexibility, upW: -1 },
      [400, 'input-malformed'],
    ],
    ['a cursor of elsewhere', 'dso', 'GET /api/v1/pods?cursor=eHh4', {}, [400, 'query-malformed']],
  ])('%s', async (_, actor, request, body, expected) => {
    const before = await events();
    const answer = await trial.call(actor, request, request.startsWith('GET') ? undefined : body);
    expect([answer.status, answer.body.code]).toEqual(expected);
    expect(await events()).toBe(before);
  });
});
