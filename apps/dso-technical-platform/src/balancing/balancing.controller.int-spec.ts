/** Balancing jobs by REST, both generations of the interface: each code that the seeds name. */
import { type ServedDso, serveDso } from '../testing/served-dso';

let served: ServedDso;
beforeAll(async () => {
  served = await serveDso();
});
afterAll(() => served.close());

const at = (hour: number): string => `2026-06-15T${String(hour).padStart(2, '0')}:00:00Z`;
const battery = {
  id: 'cbes',
  bat_type: 'cbes',
  initial_SoC: 50,
  final_SoC: null,
  P_dis_max_kW: 5,
  P_ch_max_kW: 5,
  min_SoC: 10,
  max_SoC: 90,
  bat_capacity_kWh: 20,
  ch_efficiency: 1,
  dis_efficiency: 1,
};
/** Four hours: surplus, surplus, lack, lack. */
const scheduling = {
  id: 'community of the day',
  application: 'A-LFC',
  control_logic: 'optimization_based',
  operation_mode: 'scheduling',
  uc_start: at(10),
  uc_end: at(13),
  generation_and_load: {
    values: [
      { timestamp: at(10), P_gen_kW: 4, P_load_kW: 1 },
      { timestamp: at(11), P_gen_kW: 3, P_load_kW: 1 },
      { timestamp: at(12), P_gen_kW: 0, P_load_kW: 4 },
      { timestamp: at(13), P_gen_kW: 0, P_load_kW: 2 },
    ],
  },
  battery_specs: [battery],
};
const moment = {
  ...scheduling,
  control_logic: 'rule_based',
  operation_mode: 'near_real_time',
  generation_and_load: null,
  measurements_request: { timestamp: at(10), P_req_kW: 1, delta_T_h: 0.25, P_net_meas_kW: 3 },
  battery_specs: battery,
};
const post = (body: object, path = '/balancing/') => served.call('POST', path, 'dso', body);
const get = (path: string) => served.call('GET', path, 'dso');

it('before the first job: no ids, and 400 for results', async () => {
  const list = await get('/balancing/');
  expect([list.status, list.body]).toEqual([200, []]);
  expect((await get('/balancing/results')).status).toBe(400);
});

it('POST /balancing/ answers 200 with the job, worked out; GET lists and shows it', async () => {
  const { status, body } = await post(scheduling);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    name: 'community of the day',
    status: 'done',
    control_logic: 'optimization_based',
    solver: expect.stringContaining('highs-'),
  });
  const column = (name: string) => body.results.map((row: Record<string, number>) => row[name]);
  expect(column('P_net_before_kW')).toEqual([-3, -2, 4, 2]);
  expect(column('P_net_after_kW')).toEqual([0, 0, 0, 0]);
  expect(column('P_cbes_kW')).toEqual([3, 2, -4, -2]);
  expect(column('SoC_cbes_%')).toEqual([65, 75, 55, 45]);
  expect((await get('/balancing/')).body).toEqual([body.id]);
  expect((await get(`/balancing/${body.id}`)).body).toEqual(body);
});

it('by rule, for a moment, by the older pair of paths', async () => {
  const { status, body } = await post(moment, '/balancing/input');
  expect(status).toBe(200);
  expect(body.results).toEqual([
    {
      timestamp: '2026-06-15T10:00:00.000Z',
      'initial_SoC_bat_%': 50,
      'SoC_bat_%': 47.5,
      P_bat_kW: -2,
      P_net_meas_kW: 3,
      P_net_after_kW: 1,
    },
  ]);
  const results = await get('/balancing/results');
  expect([results.status, results.body]).toEqual([200, body]);
});

it('the same asked again under one key is one job', async () => {
  const key = { 'idempotency-key': 'twice' };
  const ids = [];
  for (let time = 0; time < 2; time += 1) {
    ids.push((await served.call('POST', '/balancing/', 'dso', scheduling, key)).body.id);
  }
  expect(ids[1]).toBe(ids[0]);
});

it('DELETE answers 200 with the job, which is gone then: 400', async () => {
  const { body } = await post(scheduling);
  const path = `/balancing/${body.id}`;
  const removed = await served.call('DELETE', path, 'dso');
  expect([removed.status, removed.body]).toEqual([200, body]);
  expect((await get(path)).status).toBe(400);
  expect((await served.call('DELETE', path, 'dso')).status).toBe(400);
  expect((await get('/balancing/')).body).not.toContain(body.id);
});

it('a bad page of the list is 400, a job that is none too', async () => {
  expect((await get('/balancing/?limit=none')).status).toBe(400);
  const none = await get('/balancing/none');
  expect([none.status, none.body.code]).toEqual([400, 'balancing-job-refused']);
});

it('what is no JSON is 400', async () => {
  const answer = await served.call('POST', '/balancing/', 'dso', 'no object' as unknown as object);
  expect(answer.status).toBe(400);
});

const island = [10, 11, 12, 13].map((hour) => ({
  timestamp: at(hour),
  upper_bound: 0,
  lower_bound: 0,
}));
it.each<[string, object, string]>([
  ['a field that is none', { ...scheduling, mood: 'good' }, 'mood'],
  ['no battery', { ...scheduling, battery_specs: [] }, 'battery_specs'],
  [
    'a horizon without forecast',
    { ...scheduling, generation_and_load: null },
    'generation_and_load',
  ],
  ['an end outside the forecast', { ...scheduling, uc_end: at(15) }, 'uc_end'],
  [
    'a moment without a measurement',
    { ...moment, measurements_request: null },
    'measurements_request',
  ],
  [
    'a rule for two batteries',
    {
      ...scheduling,
      control_logic: 'rule_based',
      battery_specs: [battery, { ...battery, id: 'b' }],
    },
    'battery_specs',
  ],
  ['a battery twice', { ...scheduling, battery_specs: [battery, battery] }, 'cbes'],
  [
    'more stored than it takes',
    { ...scheduling, battery_specs: [{ ...battery, initial_SoC: 95 }] },
    'initial_SoC',
  ],
  [
    'limits that no schedule keeps',
    {
      ...scheduling,
      P_net_after_kW_limitation: island,
      battery_specs: [{ ...battery, P_ch_max_kW: 1 }],
    },
    'No schedule keeps all limits',
  ],
])('%s is 422 and named', async (_, body, named) => {
  const before = await served.trial.log.head();
  const answer = await post(body);
  expect([answer.status, answer.body.code]).toEqual([422, 'balancing-job-unmatched']);
  expect(JSON.stringify(answer.body)).toContain(named);
  expect(await served.trial.log.head()).toBe(before);
});

it('is not for everybody', async () => {
  expect((await served.call('GET', '/balancing/', undefined)).status).toBe(401);
  expect((await served.call('GET', '/balancing/', 'aggregator:AGG1')).status).toBe(403);
  expect((await served.call('POST', '/balancing/', 'auditor', scheduling)).status).toBe(403);
});
