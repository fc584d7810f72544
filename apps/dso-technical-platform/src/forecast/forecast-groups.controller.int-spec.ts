/** What is forecast of customers by what they are: groups add up to what stands in the log. */
import type { GridForecastEvent } from '@flexledger/domain';
import { MINUTE_MS, START_MS } from '../testing/dso-trial';
import { type Actor, type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
let sessionId: string;

beforeAll(async () => {
  served = await serveDso();
  const [home, shop] = served.trial.customers;
  const connection = { voltageLevel: 'MV', storageW: 5_000, storageWh: 10_000 };
  const details = { ...shop!.details!, customerKind: 'commercial', pvPeakW: 3_000, connection };
  served.trial.customers.splice(0, 2, home!, { ...shop!, details: details as never });
  sessionId = await served.trial.schedule();
  await served.trial.until(START_MS + 66 * MINUTE_MS);
});
afterAll(() => served.close());

const groups = (by: string, actor: Actor | undefined = 'dso', session = sessionId) =>
  served.call('GET', `/api/v1/grids/feeder/forecasts/${session}/groups?by=${by}`, actor);

/** What stands in the log, by PoD. */
async function rows(): Promise<readonly (readonly number[])[]> {
  const found: (readonly number[])[] = [];
  for await (const event of served.trial.log.readAll({
    filter: { types: ['CustomersForecast'] },
  })) {
    const { data } = event as unknown as Extract<GridForecastEvent, { type: 'CustomersForecast' }>;
    found.push(...data.forecastW);
  }
  return found;
}

it('by user type, by voltage level where it is known, and by plant, of which one may have several', async () => {
  const [home, shop] = await rows();
  const group = (name: string, forecastW = shop) => ({ group: name, pods: 1, forecastW });
  expect((await groups('customerKind')).body).toEqual({
    ...{ gridId: 'feeder', sessionId, by: 'customerKind' },
    groups: [group('commercial'), group('household', home)],
  });
  expect((await groups('voltageLevel')).body.groups).toEqual([group('MV'), group('unknown', home)]);
  expect((await groups('plant')).body.groups).toEqual([
    group('none', home),
    group('pv'),
    group('storage'),
  ]);
});

it('who left the register since is unknown, and still in the sum', async () => {
  served.trial.customers.splice(1, 1);
  const { body } = await groups('customerKind');
  expect(body.groups.map(({ group }: { group: string }) => group)).toEqual([
    'household',
    'unknown',
  ]);
});

it.each<[string, Actor | undefined, string | undefined, number, string]>([
  ['size', 'dso', undefined, 400, 'input-malformed'],
  ['plant', 'dso', 'never', 404, 'forecast-unknown'],
  ['plant', 'tso', undefined, 403, 'forbidden'],
  ['plant', undefined, undefined, 401, 'invalid-token'],
])('by %s for %s: refused', async (by, actor, session, status, code) => {
  const path = `/api/v1/grids/feeder/forecasts/${session ?? sessionId}/groups?by=${by}`;
  const answer = await served.call('GET', path, actor);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});
