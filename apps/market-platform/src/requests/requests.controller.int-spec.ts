/** Requests by REST: each system operator its own. */
import { type ServedMarket, expectAnswers } from '../testing/served-market';
import { DAY_AHEAD, PODS, WINDOW, openTradingDay, requestOf } from '../testing/trading-day';

let served: ServedMarket;
beforeAll(async () => {
  served = await openTradingDay();
});
afterAll(() => served.close());

const requests = `/api/v1/sessions/${encodeURIComponent(DAY_AHEAD.sessionId)}/requests`;
const shut = `/api/v1/sessions/${encodeURIComponent(WINDOW.sessionId)}/requests`;
const gridPoint = { pom: 'PS-1', mvFeeder: 'line0', secondarySubstation: 'trafo4' };
const unplaced = { ...requestOf([PODS[0]], DAY_AHEAD, 500), requestId: 'dso-1' };
const ofDso = { ...unplaced, gridPoint };
const ofTso = { ...unplaced, requestId: 'tso-1', requester: 'TSO', scope: { pom: 'PS-1' } };

it('answers each with what it may', () =>
  expectAnswers(served, [
    [undefined, `POST ${requests}`, ofDso, 401, 'invalid-token'],
    ['aggregator:AGG1', `POST ${requests}`, ofDso, 403, 'forbidden'],
    ['tso', `POST ${requests}`, ofDso, 403, 'forbidden'],
    ['dso', `POST ${requests}`, { ...ofDso, product: 'X' }, 400, 'input-malformed'],
    ['dso', `POST ${requests}`, { ...ofDso, scope: { podIds: ['x'] } }, 400, 'request-malformed'],
    ['dso', `POST ${requests}`, { ...ofDso, gridPoint: { pom: 'PS-9' } }, 400, 'request-malformed'],
    ['dso', `POST ${requests}`, { ...ofDso, gridPoint: {} }, 400, 'input-malformed'],
    ['tso', `POST ${requests}`, { ...ofTso, gridPoint }, 400, 'request-malformed'],
    ['tso', `POST ${requests}`, { ...ofTso, scope: { pom: 'PS-9' } }, 400, 'request-malformed'],
    ['dso', `POST ${shut}`, ofDso, 409, 'gate-closed'],
    ['dso', 'POST /api/v1/sessions/never/requests', ofDso, 404, 'session-unknown'],
    ['dso', `POST ${requests}`, ofDso, 201],
    ['tso', `POST ${requests}`, ofTso, 201],
    ['tso', `POST ${requests}`, { ...ofTso, requestId: 'dso-1' }, 409, 'request-id-taken'],
    ['aggregator:AGG1', `GET ${requests}`, undefined, 403, 'forbidden'],
    ['dso', 'GET /api/v1/sessions/never/requests', undefined, 404, 'session-unknown'],
  ]));

it('shows each its own, and an auditor all, with what was just written', async () => {
  const seenBy = async (actor: string): Promise<unknown[]> => {
    const { body } = await served.send(actor, 'GET', requests);
    return (body['items'] as { requestId: string }[]).map(({ requestId }) => requestId);
  };
  expect(await seenBy('dso')).toEqual(['dso-1']);
  expect(await seenBy('tso')).toEqual(['tso-1']);
  expect(await seenBy('auditor')).toEqual(['dso-1', 'tso-1']);
});

it('shows where in the grid it is for', async () => {
  const { body } = await served.send('auditor', 'GET', requests);
  const items = body['items'] as { gridPoint?: object; scope: object }[];
  expect(items.map((item) => item.gridPoint ?? item.scope)).toEqual([gridPoint, { pom: 'PS-1' }]);
});

it('takes back what is one’s own', () =>
  expectAnswers(served, [
    ['tso', `DELETE ${requests}/dso-1`, undefined, 403, 'forbidden'],
    ['dso', `DELETE ${requests}/never`, undefined, 404, 'request-unknown'],
    ['dso', `DELETE ${requests}/dso-1`, undefined, 204],
    ['dso', `DELETE ${requests}/dso-1`, undefined, 404, 'request-unknown'],
  ]));
