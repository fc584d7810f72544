/** What answers at an address that somebody has typed: a platform, another program, or nobody in time. */
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refused, UsageError, answered } from '@flexledger/command-line';
import { openClient } from './ask-platform';

let server: Server;
let answer: RequestListener;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
afterEach(() => jest.restoreAllMocks());

const answering =
  (status: number, type: string, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': type }).end(body);
const ask = () => answered(openClient(url).GET('/api/v1/instance'));
const PROBLEM = 'application/problem+json';

it.each<[string, RequestListener, new (...of: never[]) => Error, string]>([
  [
    'a refusal, in its words',
    answering(403, PROBLEM, '{"detail":"dso has no right."}'),
    Refused,
    'dso has no right.',
  ],
  [
    'a failure, in its words',
    answering(503, PROBLEM, '{"detail":"The log is held up."}'),
    Error,
    'The log is held up.',
  ],
  [
    'a page of another program',
    answering(200, 'text/html', '<p>Hello'),
    UsageError,
    'not Flexledger',
  ],
  ['nothing of another program', answering(200, 'text/plain', ''), UsageError, 'answered 200'],
  ['its refusal', answering(404, 'text/html', '<p>Where?'), UsageError, 'answered 404'],
])('%s is told', async (_, listener, kind, words) => {
  answer = listener;
  const asked = ask();
  await expect(asked).rejects.toThrow(kind);
  await expect(asked).rejects.toThrow(words);
});

it('a failure is nobody’s wrong use', async () => {
  answer = answering(503, PROBLEM, '{"detail":"The log is held up."}');
  await expect(ask()).rejects.not.toThrow(UsageError);
});

it('who does not answer in time is given up', async () => {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const waited = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(20));
  answer = () => undefined;
  await expect(ask()).rejects.toThrow(/^Nothing answers at .*--url\.$/);
  expect(waited).toHaveBeenCalledWith(30_000);
});
