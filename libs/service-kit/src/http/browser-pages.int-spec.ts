/** What a browser sees that follows a link into the interface. */
import request from 'supertest';
import { OffersModule, prepareTrial } from '../testing/trial-app';
import { type HttpApp, createHttpApp } from './http-app';

let http: HttpApp;
beforeAll(async () => {
  http = await createHttpApp(OffersModule, (await prepareTrial()).options);
});
afterAll(() => http.close());

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const get = (path: string, accept?: string) => {
  const asked = request(http.url).get(path);
  return accept === undefined ? asked : asked.set('Accept', accept);
};

it('is the answer as a page, with its links', async () => {
  const page = await get('/api/v1/nothing', BROWSER);
  expect([page.status, page.type]).toEqual([404, 'text/html']);
  expect(page.text).toContain('<h1>/api/v1/nothing</h1>');
  expect(page.text).toContain('"<a href="/api/v1/nothing">/api/v1/nothing</a>"');
  expect((await get('/schemas', BROWSER)).text).toContain('&quot;weather&quot;');
});

it('is why a request is refused, and how to come in', async () => {
  const page = await get('/api/v1/results', BROWSER);
  expect([page.status, page.type]).toEqual([401, 'text/html']);
  expect(page.text).toContain('A link carries no token.');
});

it('is nothing that the address has brought with it', async () => {
  const page = await get('/api/%3Cscript%3E?q=<script>alert(1)</script>', BROWSER);
  expect([page.status, page.type]).toEqual([404, 'text/html']);
  expect(page.text).not.toContain('<script');
});

it.each([[undefined], ['*/*'], ['application/json'], ['application/json, text/html;q=0.5']])(
  'is no page for a program that accepts %s',
  async (accept) => {
    expect((await get('/health/live', accept)).type).toBe('application/json');
    const refused = await get('/api/v1/nothing', accept);
    expect([refused.status, refused.type]).toEqual([404, 'application/problem+json']);
    expect(refused.headers['vary']).toContain('Accept');
  },
);
