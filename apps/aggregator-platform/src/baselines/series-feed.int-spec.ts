/**
 * Time series of an aggregator's own systems over the broker: the same files as by REST, each answered on a topic of its own.
 * Method: a real broker on loopback with the users that the composer gives it, plain `mqtt` clients in the place of the systems.
 */
import { gzipSync } from 'node:zlib';
import { type Broker, seriesAnswerTopic, seriesTopic, startBroker } from '@flexledger/messaging';
import { partyDecider, partyStream } from '@flexledger/domain';
import {
  contextOf,
  createCommandHandler,
  createProcessorRunner,
  memoryProcessorState,
} from '@flexledger/event-store';
import { sleep, wallClock } from '@flexledger/runtime';
import { type MqttClient, connectAsync } from 'mqtt';
import { A, B, DAY, FOREIGN, type Trial, flat, openTrial } from '../testing/trial';
import { SERIES_MESSAGE_BYTES, SERIES_MOST, type SeriesAnswer } from './series-feed';

const platform = { username: 'platform', token: 'platform-token' };
const accounts = ['AGG1', 'AGG2'].map((aggregatorId) => ({
  aggregatorId,
  username: `aggregator:${aggregatorId}`,
  token: `token-of-${aggregatorId}`,
}));

const leases = memoryProcessorState(wallClock);
let works: ReturnType<typeof follow>;
let broker: Broker;
let trial: Trial;
const clients: MqttClient[] = [];
const answers: SeriesAnswer[] = [];
let system: MqttClient;

beforeAll(async () => {
  const credentials = { platform, aggregators: accounts, tokenOf: () => undefined };
  broker = await startBroker({ port: 0, credentials });
  trial = await openTrial({ seriesBroker: seriesBroker('1') });
  works = follow('1', trial);
  system = await systemOf('AGG1');
  system.on('message', (_, payload) => answers.push(JSON.parse(payload.toString())));
  await system.subscribeAsync(seriesAnswerTopic('AGG1'), { qos: 1 });
  await heardBySomebody();
});
afterAll(async () => {
  await works.end();
  for (const client of clients) await client.endAsync(true);
  await trial.close();
  await broker.close();
});

const seriesBroker = (instance: string) => {
  const { host, port } = broker;
  return { host, port, ...platform, instance, aggregatorIds: ['AGG1', 'AGG2'] };
};

/** Lets an instance work where it gets the lease. */
function follow(owner: string, { store, platform: { processors } }: Trial) {
  const runner = createProcessorRunner({
    store,
    state: leases,
    owner,
    processors: processors.filter(({ name }) => name === 'aggregator/series'),
    clock: wallClock,
    viewsReady: async () => {},
    onProblem: ({ message }) => trial.problems.push(message),
  });
  const stop = new AbortController();
  const ended = runner.follow(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ended;
  };
  return { end };
}

/** Says a file until it is answered, as who hears no answer does. */
async function heardBySomebody(): Promise<void> {
  const before = answers.length;
  while (answers.length === before) {
    await system.publishAsync(seriesTopic('AGG1'), 'no series', { qos: 1 });
    await sleep(50);
  }
  // What was said again is answered again.
  await sleep(200);
}

async function systemOf(aggregatorId: string): Promise<MqttClient> {
  const { username, token: password } = accounts.find((one) => one.aggregatorId === aggregatorId)!;
  const url = `mqtt://${broker.host}:${broker.port}`;
  const client = await connectAsync(url, { username, password, reconnectPeriod: 0 }, false);
  client.on('error', () => {}); // being cut off is what some tests provoke
  clients.push(client);
  return client;
}

/** Says a file, and what it is answered. */
async function say(payload: string | Buffer): Promise<SeriesAnswer> {
  const before = answers.length;
  await system.publishAsync(seriesTopic('AGG1'), payload, { qos: 1, retain: true });
  while (answers.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
  return answers.at(-1)!;
}
const block = (podId: string, watts: number, change: object = {}) => ({
  podId,
  deliveryDay: DAY,
  baselineW: flat(watts),
  ...change,
});
const json = (...series: object[]): string => JSON.stringify({ series });
const ofPods = (count: number): object[] =>
  Array.from({ length: count }, (_, at) => block(`IT002E${String(at).padStart(8, '0')}`, 1));
const csv = (podId: string, watts: number): string =>
  [
    'podId,deliveryDay,mtu,baselineW',
    ...flat(0).map((_, mtu) => `${podId},${DAY},${mtu},${watts}`),
  ].join('\n');
const xml = (podId: string, watts: number): string =>
  `<?xml version="1.0"?><file><series podId="${podId}" deliveryDay="${DAY}"><baselineW>` +
  `${flat(watts).join(' ')}</baselineW></series></file>`;

const declared = async (podId: string) =>
  (await trial.events('BaselineDeclared'))
    .map(({ data }) => data as { podId: string; origin: string; baselineW: readonly number[] })
    .filter((one) => one.podId === podId && one.baselineW[0] !== 2_000)
    .map(({ origin, baselineW }) => [origin, baselineW[0]]);

it.each<[string, string | Buffer, number]>([
  ['CSV', csv(A, 601), 601],
  ['JSON', json(block(A, 602)), 602],
  ['XML', xml(A, 603), 603],
  ['packed CSV', gzipSync(csv(A, 604)), 604],
  ['packed JSON', gzipSync(json(block(A, 605))), 605],
  [
    'finer steps',
    json(block(A, 0, { stepSeconds: 450, baselineW: flat(0).flatMap(() => [600, 612]) })),
    606,
  ],
])('are taken as %s', async (_, file, watts) => {
  expect(await say(file)).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{64}$/),
    accepted: true,
    items: [{ podId: A, deliveryDay: DAY, accepted: true }],
  });
  expect((await declared(A)).at(-1)).toEqual(['imported', watts]);
});

it('said again are answered again and declared once; said after others they stand again', async () => {
  const [first, second] = [json(block(B, 701)), json(block(B, 702))];
  const answer = await say(first);
  expect(await say(first)).toEqual(answer);
  expect(await declared(B)).toEqual([['imported', 701]]);
  await say(second);
  await say(first);
  expect((await declared(B)).map(([, watts]) => watts)).toEqual([701, 702, 701]);
});

it('are the own only: each PoD is answered by itself', async () => {
  expect(await say(json(block(FOREIGN, 1), block(A, 606)))).toMatchObject({
    accepted: true,
    items: [
      {
        podId: FOREIGN,
        accepted: false,
        reason: expect.stringContaining('not one of aggregator:AGG1'),
      },
      { podId: A, accepted: true },
    ],
  });
  expect(await declared(FOREIGN)).toEqual([]);
});

it('are taken whole or not at all, with each block at fault and what to do', async () => {
  const file = json(block(A, 800), block(B, 800, { baselineW: [1] }), block(A, 801));
  expect(await say(file)).toMatchObject({
    accepted: false,
    code: 'baseline-file-malformed',
    remedy: expect.stringContaining('send the whole file again'),
    errors: [{ field: 'series 2' }, { field: 'series 3' }],
  });
  expect(await declared(A)).not.toContainEqual(['imported', 800]);
});

it.each<[string, string | Buffer, string]>([
  ['nothing', '', 'baseline-file-malformed'],
  ['noise', Buffer.from([0, 255, 1, 128]), 'baseline-file-malformed'],
  ['a broken gzip', gzipSync(csv(A, 1)).subarray(0, 60), 'baseline-file-malformed'],
  ['a bomb', gzipSync(`[${'{},'.repeat(3_000_000)}{}]`), 'baseline-file-malformed'],
  ['what no answer holds', gzipSync(json(...ofPods(SERIES_MOST + 1))), 'series-too-large'],
  ['too much', Buffer.alloc(SERIES_MESSAGE_BYTES + 1, '\n'), 'series-too-large'],
])('%s is refused by name', async (_, payload, code) => {
  expect(await say(payload)).toMatchObject({ accepted: false, code });
});

it('more than can wait is refused, what waits is not', async () => {
  const before = answers.length;
  const noise = Buffer.alloc(SERIES_MESSAGE_BYTES, '{');
  for (let sent = 0; sent < 12; sent += 1) system.publish(seriesTopic('AGG1'), noise);
  while (answers.length < before + 12) await new Promise((resolve) => setTimeout(resolve, 5));
  const codes = answers.slice(before).map((answer) => !answer.accepted && answer.code);
  expect(new Set(codes)).toEqual(new Set(['baseline-file-malformed', 'series-too-many']));
});

it('of a market that does not answer are to be sent again later', async () => {
  trial.faults.set('register.submit', ['down']);
  expect(await say(json(block(A, 900)))).toMatchObject({ code: 'series-not-taken' });
  expect(trial.problems.splice(0)).toEqual([expect.stringContaining('of AGG1 over the broker')]);
  expect(await say(json(block(A, 900)))).toMatchObject({ accepted: true });
});

it('stay with their aggregator: nobody else says or hears them', async () => {
  const stranger = await systemOf('AGG2');
  await expect(stranger.subscribeAsync(seriesAnswerTopic('AGG1'))).rejects.toThrow();
  await expect(stranger.subscribeAsync('aggregator/+/series')).rejects.toThrow();
  const cut = new Promise<void>((resolve) => stranger.once('close', () => resolve()));
  stranger.publish(seriesTopic('AGG1'), json(block(A, 1)), { qos: 1 });
  await cut;
  expect(await declared(A)).not.toContainEqual(['imported', 1]);
});

it('are not kept by the broker, which would say old ones again', async () => {
  const late = await systemOf('AGG1');
  const heard: string[] = [];
  late.on('message', (topic) => heard.push(topic));
  await late.subscribeAsync([seriesTopic('AGG1'), seriesAnswerTopic('AGG1')], { qos: 1 });
  await say(json(block(A, 901)));
  expect(heard).toEqual([seriesTopic('AGG1'), seriesAnswerTopic('AGG1')]);
});

it('of an aggregator that is disabled are not taken', async () => {
  const { store, clock } = trial;
  const parties = createCommandHandler({ store, clock, decider: partyDecider });
  const party = 'aggregator:AGG1';
  const change = (command: Parameters<typeof parties.handle>[1]) =>
    parties.handle(partyStream(party), command, contextOf(command.kind, party, 'operator'));
  await change({ kind: 'registerParty', party, name: 'Alfa' });
  await change({ kind: 'disableParty', party, reason: 'left the market' });
  expect(await say(json(block(A, 902)))).toMatchObject({ code: 'party-disabled' });
  await change({ kind: 'enableParty', party });
  expect(await say(json(block(A, 902)))).toMatchObject({ accepted: true });
});

it('are answered once of two instances, and by the other when the one that hears them ends', async () => {
  const other = await openTrial({ seriesBroker: seriesBroker('2'), log: trial.store });
  const waits = follow('2', { ...other, store: trial.store });
  try {
    const before = answers.length;
    await say(json(block(A, 903)));
    await sleep(300);
    expect(answers).toHaveLength(before + 1);
    await works.end();
    await heardBySomebody();
    expect(await say(json(block(A, 904)))).toMatchObject({ accepted: true });
  } finally {
    await waits.end();
    await other.close();
  }
});
