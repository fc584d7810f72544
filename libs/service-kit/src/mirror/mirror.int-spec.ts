/** One log follows another over a socket: what it takes, what it names, and what it notices. */
import { type Server, createServer } from 'node:http';
import { type MirrorAlarm, type RecordedEvent } from '@flexledger/domain';
import { canonicalJson, eventHash } from '@flexledger/identity';
import { sleep } from '@flexledger/runtime';
import {
  all,
  alarms,
  closed,
  cut,
  dataOf,
  follow,
  following,
  mirrored,
  open,
  opened,
  ours,
  own,
  port,
  problems,
  proposed,
  result,
  serve,
  theirs,
  until,
  untilMirrored,
  useTwoLogs,
} from './testing/two-logs';

useTwoLogs();

it('takes what it is shown, as it is, and names what is the other’s own matter', async () => {
  await theirs.append('session-s', 'noStream', [opened('s')]);
  const party = { party: 'aggregator:AGG1', name: 'One' };
  await theirs.append('party-aggregator:AGG1', 'any', [proposed('PartyRegistered', party)]);
  await follow('aggregator:AGG1');
  await untilMirrored(2);
  await theirs.append('session-s', 'any', [result('s', 'AGG1', 'AGG2')]);
  await untilMirrored(3);
  const [first, , last] = await all(theirs);
  const taken = await own();
  expect(taken.map(({ id }) => id)).toEqual([first!.id, last!.id]);
  const { position: _, recordedAt: __, ...whole } = first!;
  expect(taken[0]).toMatchObject(whole);
  expect((taken[1]!.data as { rows: object[] }).rows).toHaveLength(1);
  expect(await mirrored()).toEqual([
    expect.objectContaining({ eventId: first!.id, hash: first!.hash, became: 'taken' }),
    expect.objectContaining({ type: 'PartyRegistered', became: 'named' }),
    expect.objectContaining({ hash: last!.hash, shownDigest: expect.any(String), became: 'taken' }),
  ]);
  expect(problems).toEqual([]);
});

it('goes on where it was when the other side was away, and repeats nothing', async () => {
  await theirs.append('session-s', 'noStream', [opened('s')]);
  await follow('dso');
  await untilMirrored(1);
  await cut();
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await until(async () => problems.length > 0);
  await sleep(100);
  expect(problems.join('\n')).toMatch(
    /^Mirror market of \S+: following it failed: .*tried again\.$/m,
  );
  await serve();
  await untilMirrored(2);
  expect((await own()).map(({ streamId }) => streamId)).toEqual(['session-s', 'session-t']);
  expect(await alarms()).toEqual([]);
});

it('whose own log was lost for a week catches up', async () => {
  await theirs.append('session-s', 'noStream', [opened('s')]);
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await theirs.append('session-t', 'any', [closed('t')]);
  // All but the record of it: as when it ended between the two.
  const [first, second] = await all(theirs);
  for (const { position: _, recordedAt: __, hash: ___, revision: ____, streamId, ...event } of [
    first!,
    second!,
  ]) {
    await ours.append(streamId, 'any', [event]);
  }
  await follow('dso');
  await untilMirrored(3);
  expect((await own()).map(({ type }) => type)).toEqual([
    'SessionOpened',
    'SessionOpened',
    'SessionClosed',
  ]);
  expect((await mirrored()).map(({ became }) => became)).toEqual(['taken', 'taken', 'taken']);
  expect(await alarms()).toEqual([]);
});

describe('a history that changes under it', () => {
  it('is kept beside what it was, told once, and survived', async () => {
    await theirs.append('session-s', 'noStream', [opened('s')]);
    await follow('dso');
    await untilMirrored(1);
    following.abort();
    await cut();
    const other = open('other.sqlite');
    await other.append('session-s', 'noStream', [opened('s')]);
    await other.append('session-s', 'any', [closed('s')]);
    await serve(other);
    await follow('dso');
    await untilMirrored(2);
    await until(async () => (await alarms()).length > 0);
    await sleep(200);
    expect(await alarms()).toEqual(['changed']);
    expect(problems.filter((problem) => problem.includes('changed'))).toHaveLength(1);
    const [alarm] = await dataOf<MirrorAlarm>('MirrorAlarmRaised');
    const [before] = await all(theirs);
    const [now] = await all(other);
    expect(alarm!.known).toEqual({ eventId: before!.id, hash: before!.hash });
    expect(JSON.parse(alarm!.shown!)).toMatchObject({ id: now!.id, hash: now!.hash });
    expect((await own()).map(({ id }) => id)[0]).toBe(before!.id);
    following.abort();
    await cut();
    await other.close();
  });

  it('because it was restored from an older copy, is told of at once', async () => {
    await theirs.append('session-s', 'noStream', [opened('s')]);
    await theirs.append('session-t', 'noStream', [opened('t')]);
    await follow('dso');
    await untilMirrored(2);
    following.abort();
    await cut();
    const other = open('other.sqlite');
    const [first] = await all(theirs);
    const { position: _, recordedAt: __, hash: ___, revision: ____, ...event } = first!;
    await other.append('session-s', 'noStream', [event]);
    await serve(other);
    await follow('dso');
    await until(async () => (await alarms()).includes('vanished'));
    expect(await alarms()).toEqual(['vanished']);
    following.abort();
    await cut();
    await other.close();
  });
});

it('an event of an id that stands here with other content is evidence, and not taken', async () => {
  const session = opened('s');
  await ours.append('session-s', 'noStream', [{ ...session, data: { sessionId: 'x' } }]);
  await theirs.append('session-s', 'noStream', [session]);
  await follow('dso');
  await untilMirrored(1);
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual(['contradicting']);
  expect((await mirrored())[0]).toMatchObject({ became: 'named' });
});

it('a part of what stands here already is an echo, and nothing is said against it', async () => {
  const whole = result('s', 'AGG1', 'AGG2');
  const rows = (whole.data as { rows: object[] }).rows.slice(0, 1);
  await ours.append('session-s', 'noStream', [whole]);
  await theirs.append('session-s', 'noStream', [{ ...whole, data: { ...whole.data, rows } }]);
  await follow('operator');
  await untilMirrored(1);
  expect((await mirrored())[0]).toMatchObject({ became: 'named' });
  expect(await alarms()).toEqual([]);
});

it('what this log said itself and the other shows again is an echo too, whole or not', async () => {
  await ours.append('session-s', 'noStream', [opened('s')]);
  await sleep(5);
  const [{ position: _, recordedAt: __, hash: ___, revision: ____, streamId, ...said }] =
    (await all(ours)) as [RecordedEvent];
  await theirs.append(streamId, 'noStream', [said]);
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await follow('operator');
  await untilMirrored(2);
  expect((await mirrored()).map(({ became }) => became)).toEqual(['named', 'taken']);
  expect(await alarms()).toEqual([]);
});

it('what another mirror recorded over there is left to it, so that two come to an end', async () => {
  const started = { mirror: 'us', url: 'http://127.0.0.1:1', party: 'operator' };
  await theirs.append('mirror-us', 'noStream', [proposed('MirrorStarted', started)]);
  await theirs.append('session-s', 'noStream', [opened('s')]);
  await follow('operator');
  await untilMirrored(1);
  await sleep(100);
  expect((await mirrored()).map(({ streamId }) => streamId)).toEqual(['session-s']);
  expect(await alarms()).toEqual([]);
});

it('what is not as it is published is named, and the rest goes on', async () => {
  await theirs.append('session-s', 'noStream', [proposed('SessionOpened', { sessionId: 7 })]);
  await theirs.append('session-t', 'noStream', [opened('t')]);
  await follow('dso');
  await untilMirrored(2);
  await until(async () => (await alarms()).length > 0);
  expect(await alarms()).toEqual(['unsound']);
  expect(problems[0]).toContain('its data is not as SessionOpened version 1 is published');
  expect((await own()).map(({ streamId }) => streamId)).toEqual(['session-t']);
});

describe('what is no other log', () => {
  /** Answers each request for events with a stream of these texts. */
  async function serveText(...texts: string[]): Promise<Server> {
    await cut();
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/event-stream');
      for (const text of texts) response.write(text);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  }
  const close = (server: Server) => new Promise((resolve) => server.close(resolve));

  it('and speaks nonsense is kept as evidence, each nonsense once', async () => {
    const server = await serveText('id: 1\ndata: nonsense\n\n', 'id: 2\ndata: {"id":7}\n\n');
    await follow('dso');
    await until(async () => (await alarms()).length > 1);
    await sleep(100);
    expect(await alarms()).toEqual(['unsound', 'unsound']);
    expect(await dataOf<MirrorAlarm>('MirrorAlarmRaised')).toMatchObject([
      { position: 1, shown: 'nonsense', reason: expect.stringContaining('it is no JSON') },
      { position: 2, shown: '{"id":7}', reason: 'its id is 7' },
    ]);
    expect(await own()).toEqual([]);
    following.abort();
    await close(server);
  });

  it('or claims another hash than its content has, is named and not taken', async () => {
    const event = {
      id: '5f1c8f5e-0000-4000-8000-00000000ffff',
      type: 'flexledger.SessionOpened',
      subject: 'session-s',
      time: '2026-03-17T10:00:00.000Z',
      recordedtime: '2026-03-17T10:00:00.000Z',
      position: 4,
      revision: 0,
      schemaversion: 1,
      correlationid: 'c',
      causationid: 'c',
      actor: 'platform:market',
      hash: 'a'.repeat(64),
      data: { sessionId: 's' },
    };
    const server = await serveText(`id: 4\ndata: ${JSON.stringify(event)}\n\n`);
    await follow('dso');
    await untilMirrored(1);
    await until(async () => (await alarms()).length > 0);
    expect(await mirrored()).toMatchObject([{ position: 4, became: 'named' }]);
    expect(problems.join()).toContain(`its hash is ${'a'.repeat(64)}, its content's is `);
    following.abort();
    await close(server);
  });

  it('and says what no log can hold is kept as evidence, and what comes behind it is taken', async () => {
    const envelope = {
      id: '5f1c8f5e-0000-4000-8000-00000000fff1',
      type: 'flexledger.SessionOpened',
      subject: 'session-s',
      time: '2026-03-17T10:00:00.000Z',
      recordedtime: '2026-03-17T10:00:00.000Z',
      revision: 0,
      schemaversion: 1,
      correlationid: 'c',
      causationid: 'c',
      actor: 'platform:market',
    };
    const shown = (position: number, id: string, streamId: string, sessionId: string) => {
      const { time: occurredAt, schemaversion: schemaVersion } = envelope;
      const { correlationid: correlationId, causationid: causationId, actor } = envelope;
      const type = 'SessionOpened';
      const data = { sessionId };
      const context = { correlationId, causationId, actor };
      const of = { id, streamId, revision: 0, type, schemaVersion, occurredAt, ...context };
      const hash = eventHash({ ...of, dataJson: canonicalJson(data) });
      return { ...envelope, id, subject: streamId, position, hash, data };
    };
    const hash = 'a'.repeat(64);
    const half = { ...envelope, position: 5, hash, flexledgerpartial: true };
    const texts = [
      '\u{1f600}',
      `{"id":"${'a'.repeat(98)}\u{1f600}"}`,
      `{"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      `${'\u{1}'.repeat(400_000)}`,
      `a${'\u{1f600}'.repeat(250_000)}`,
      JSON.stringify({ ...envelope, position: 4, hash, data: {}, subject: 'half-\ud83d' }),
      JSON.stringify({ ...half, data: { sessionId: 'half-\ud83d' } }),
      JSON.stringify(shown(6, '5f1c8f5e-0000-4000-8000-00000000fff2', '$reserved', 'r')),
      JSON.stringify(shown(7, '5f1c8f5e-0000-4000-8000-00000000fff3', 'session-t', 't')),
    ];
    const server = await serveText(...texts.map((text, at) => `id: ${at}\ndata: ${text}\n\n`));
    await follow('dso');
    await until(async () => (await own()).length > 0);
    expect((await own()).map(({ streamId }) => streamId)).toEqual(['session-t']);
    await until(async () => (await alarms()).length >= 8);
    expect(await alarms()).toEqual(Array.from({ length: 8 }, () => 'unsound'));
    expect(problems.join()).not.toContain('following it failed');
    following.abort();
    await close(server);
  });

  it('and says nothing at all is told, and tried again', async () => {
    await cut();
    await follow('dso');
    await until(async () => problems.length > 1);
    expect(problems.join('\n')).toContain('following it failed');
    expect(await alarms()).toEqual([]);
  });
});

it('writes beside platforms of its own that write to the same stream', async () => {
  await follow('dso');
  const both: Promise<unknown>[] = [];
  for (let index = 0; index < 50; index += 1) {
    both.push(theirs.append('session-s', 'any', [opened('s')]));
    both.push(ours.append('session-s', 'any', [opened('s')]));
    await sleep(2);
  }
  await Promise.all(both);
  await untilMirrored(50);
  expect((await own()).length).toBe(100);
  expect(await alarms()).toEqual([]);
});
