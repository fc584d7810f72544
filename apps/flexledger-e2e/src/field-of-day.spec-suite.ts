/** What a served day shows of the field: measurements, the grid's state and model, the weather. */
import request from 'supertest';
import { tokenOf } from './testing/http-client';
import type { ServedDay } from './testing/served-day';

/** @param served the day, once it is there */
export function fieldOfDayTests(served: () => ServedDay): void {
  const open = () => request(served().url);

  describe('the field', () => {
    it('is measured, day by day', async () => {
      const path = '/api/v1/pods/IT002E60000000/measurements';
      const day = '?from=2026-03-16T23:00:00Z&to=2026-03-17T23:00:00Z';
      const { body } = await served()
        .as('dso')
        .get(path + day);
      expect(body.items).toHaveLength(96);
      expect(body.items[0]).toEqual({
        mtuStart: '2026-03-16T23:00:00.000Z',
        withdrawnWh: expect.any(Number),
        injectedWh: expect.any(Number),
        reactiveVarh: expect.any(Number),
      });
      const backwards = '?from=2026-03-17T23:00:00Z&to=2026-03-16T23:00:00Z';
      const refused = await served()
        .as('dso')
        .get(path + backwards);
      expect(refused.body.errors).toEqual([{ field: 'to', reason: expect.any(String) }]);
      expect((await served().as('dso').get(`${path}?from=yesterday&to=now`)).status).toBe(400);
    });

    it('has a grid with a model, forecasts and violations, for the DSO', async () => {
      const { body: grid } = await served().as('dso').get('/api/v1/grids/ieee33');
      expect(grid.model.buses).toHaveLength(33);
      expect(Object.keys(grid.limits.lineLimitA).length).toBeGreaterThan(0);
      const { body } = await served().as('dso').get('/api/v1/grids/ieee33/violations');
      const found = body.items.flatMap((item: { violations: object[] }) => item.violations);
      expect(found).toHaveLength(served().day.violations);
      const { sessionId } = body.items[0];
      const forecast = (await served().as('dso').get(`/api/v1/grids/ieee33/forecasts/${sessionId}`))
        .body;
      expect(forecast.busW).toHaveLength(33);
      expect((await served().as('dso').get('/api/v1/grids/atlantis')).body.code).toBe(
        'grid-unknown',
      );
      expect((await served().as('aggregator:AGG1').get('/api/v1/grids/ieee33')).status).toBe(403);
    });
  });

  describe("the grid's state", () => {
    const path = '/api/v1/grids/ieee33/state-estimates';
    const body = {
      at: '2026-03-17T10:00:00Z',
      measurements: [
        { id: 'busbar', kind: 'vmPu', bus: 'bus0', value: 1, sigma: 0.002 },
        {
          id: 'phasor',
          source: 'pmu',
          kind: 'iKa',
          element: 'line1',
          side: 'from',
          value: 0.1,
          sigma: 9,
        },
      ],
    };

    it('is estimated from SCADA, PMU and meters together, and read again', async () => {
      const dso = served().as('dso');
      expect((await dso.get(`${path}/latest`)).body.code).toBe('state-unknown');
      const { body: estimate, status } = await dso.post(path, body);
      expect(status).toBe(201);
      expect(estimate.sources).toMatchObject({ scada: 1, pmu: 1 });
      expect(estimate.buses).toHaveLength(33);
      expect((await dso.get(`${path}/latest`)).body).toMatchObject(estimate);
      const { body: page } = await dso.get(`${path}?from=2026-03-17T10:00:00Z`);
      expect(page.items).toHaveLength(1);
      expect((await dso.get(`${path}?from=2026-03-17T10:15:00Z`)).body.items).toEqual([]);
    });

    it('is refused by name, and to others', async () => {
      const dso = served().as('dso');
      const wrong = { ...body, measurements: [{ ...body.measurements[0], bus: 'nowhere' }] };
      const { body: problem, status } = await dso.post(path, wrong);
      expect(status).toBe(400);
      expect(problem.errors[0].field).toBe('measurement "busbar"');
      expect((await dso.post(path, { ...body, at: '2026-03-17T10:07:00Z' })).status).toBe(400);
      expect((await served().as('aggregator:AGG1').post(path, body)).status).toBe(403);
      expect((await served().as('auditor').post(path, body)).status).toBe(403);
    });
  });

  describe("the grid's model", () => {
    const path = '/api/v1/grids/ieee33';

    it('is read with its tag, published again, and not over what another has published', async () => {
      const dso = served().as('dso');
      const { body: standing, headers } = await dso.get(path);
      const tag = headers['etag']!;
      const bearer = await tokenOf(served().url, served().dataDir, 'dso');
      const own = (test: request.Test): request.Test => test.auth(bearer, { type: 'bearer' });
      await own(open().get(path)).set('If-None-Match', tag).expect(304);
      const { model } = standing;
      expect((await dso.put(path, { model })).body).toMatchObject({ changed: false });
      const limits = { ...standing.limits, transformerLimitPerMille: 900 };
      const put = await dso.put(path, { model, limits });
      expect(put.body).toMatchObject({ digest: standing.digest, changed: true });
      expect((await dso.get(path)).headers['etag']).toBe(put.headers['etag']);
      const late = await own(open().put(path)).set('If-Match', tag).send({ model });
      expect([late.status, late.body.code]).toEqual([412, 'precondition-failed']);
      expect((await dso.get(path)).body.limits.transformerLimitPerMille).toBe(900);
    });

    it('is refused by the element that does not hold, and from others', async () => {
      const dso = served().as('dso');
      const { model, limits } = (await dso.get(path)).body;
      const [line, ...lines] = model.lines;
      const broken = { ...model, lines: [{ ...line, to: 'nowhere' }, ...lines] };
      const { status, body } = await dso.put(path, { model: broken });
      expect([status, body.code]).toEqual([400, 'grid-malformed']);
      expect(body.detail).toContain('nowhere');
      const lineLimitA = { ...limits.lineLimitA, line999: 100 };
      const answer = await dso.put(path, { model, limits: { ...limits, lineLimitA } });
      expect(answer.body.errors).toEqual([
        { field: 'limits.lineLimitA.line999', reason: 'is of no line of the model' },
      ]);
      expect((await dso.put('/api/v1/grids/atlantis', { model })).body.code).toBe('grid-unknown');
      expect((await served().as('auditor').put(path, { model })).status).toBe(403);
    });
  });

  describe('the weather', () => {
    const path = '/api/v1/grids/ieee33/weather';
    const hour = (time: string, globalIrradianceWPerM2 = 412.5) => ({
      time,
      globalIrradianceWPerM2,
      temperatureC: -1.5,
      windSpeedMPerS: 4.2,
    });

    it('is reported and read again, what came last', async () => {
      const dso = served().as('dso');
      const hours = [hour('2026-03-25T10:00:00Z'), hour('2026-03-25T12:00:00+01:00')];
      expect((await dso.post(path, { hours })).body).toMatchObject({ hours: 2 });
      await dso.post(path, { hours: [hour('2026-03-25T11:00:00Z', 300)] });
      const query = '?from=2026-03-25T00:00:00Z&to=2026-03-26T00:00:00Z';
      expect((await dso.get(path + query)).body.items).toEqual([
        { ...hours[0], time: '2026-03-25T10:00:00.000Z' },
        { ...hour('2026-03-25T11:00:00.000Z', 300) },
      ]);
    });

    it('is refused by name', async () => {
      const dso = served().as('dso');
      const { body, status } = await dso.post(path, { hours: [hour('2026-03-25T10:15:00Z')] });
      expect([status, body.code]).toEqual([400, 'weather-malformed']);
      expect(body.detail).toContain('hours[0]: time is "2026-03-25T10:15:00Z"');
      expect(
        (await dso.get(`${path}?from=2026-03-25T00:00:00Z&to=2026-03-24T00:00:00Z`)).status,
      ).toBe(400);
      expect((await served().as('tso').post(path, { hours: [] })).status).toBe(403);
    });
  });
}
