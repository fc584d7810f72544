/** What another log shows is recorded once, in its order; what speaks against it is raised once. */
import { givenOf } from '../testing/decider-spec';
import {
  RECENT_EVENTS,
  SUMMARY_EVERY,
  type MirrorCommand,
  type ShownEvent,
  mirrorDecider,
} from './decider';
import type { MirrorEvent, MirroredEvent } from './events';

const given = givenOf(mirrorDecider);
const mirror = 'market';

const event = (position: number, more: Partial<MirroredEvent> = {}): MirroredEvent => ({
  position,
  eventId: `e${position}`,
  type: 'SessionOpened',
  streamId: 'session-s',
  revision: position,
  recordedAt: '2026-03-17T10:00:00.000Z',
  hash: `h${position}`,
  became: 'taken',
  ...more,
});
const shown = (position: number, more: Partial<MirroredEvent> = {}): ShownEvent => ({
  ...event(position, more),
  text: `text ${position}`,
});
const record = (...events: ShownEvent[]): Extract<MirrorCommand, { kind: 'recordShown' }> => ({
  kind: 'recordShown',
  mirror,
  shown: events,
  isWhole: false,
});
const mirrored = (...events: MirroredEvent[]): MirrorEvent => ({
  type: 'EventsMirrored',
  data: { mirror, events },
});
const kinds = (...past: MirrorEvent[]) => {
  const state = past.reduce(mirrorDecider.evolve, mirrorDecider.initialState);
  return (command: MirrorCommand): string[] =>
    mirrorDecider
      .decide(command, state)
      .map(({ type, data }) => (type === 'MirrorAlarmRaised' ? data.kind : type));
};

it('tells once whose log is followed, and again when that changes', () => {
  const start = { kind: 'startMirror', mirror, url: 'https://a', party: 'dso' } as const;
  const started: MirrorEvent = {
    type: 'MirrorStarted',
    data: { mirror, url: 'https://a', party: 'dso' },
  };
  given().when(start).then(started);
  given(started).when(start).then();
  given(started)
    .when({ ...start, party: 'tso' })
    .then({ type: 'MirrorStarted', data: { mirror, url: 'https://a', party: 'tso' } });
});

it('records what is new, and nothing of what comes again', () => {
  given()
    .when(record(shown(3), shown(7)))
    .then(mirrored(event(3), event(7)));
  given(mirrored(event(3), event(7)))
    .when(record(shown(7), shown(9)))
    .then(mirrored(event(9)));
  given(mirrored(event(3)))
    .when(record(shown(3)))
    .then();
});

describe('a history that is another than before', () => {
  const past = [mirrored(event(3), event(7))];

  it('is kept with both sides’ words, and the first stays', () => {
    given(...past)
      .when(record(shown(7, { hash: 'x' })))
      .then({
        type: 'MirrorAlarmRaised',
        data: {
          mirror,
          kind: 'changed',
          position: 7,
          reason: expect.stringContaining('hash h7; now SessionOpened e7 with hash x') as string,
          known: { eventId: 'e7', hash: 'h7' },
          shown: 'text 7',
        },
      });
  });

  it('is raised once', () => {
    const state = past.reduce(mirrorDecider.evolve, mirrorDecider.initialState);
    const raised = mirrorDecider.decide(record(shown(7, { hash: 'x' })), state);
    given(...past, ...raised)
      .when(record(shown(7, { hash: 'x' })))
      .then();
  });

  it('may be one event more at a place that was passed', () => {
    expect(kinds(...past)(record(shown(5)))).toEqual(['late']);
    expect(kinds(...past)(record(shown(9), shown(8)))).toEqual(['EventsMirrored', 'late']);
  });

  it('is not looked for where memory ends', () => {
    const long = Array.from({ length: RECENT_EVENTS + 1 }, (_, position) => event(position));
    expect(kinds(mirrored(...long))(record(shown(0, { hash: 'x' })))).toEqual([]);
    expect(kinds(mirrored(...long))(record(shown(1, { hash: 'x' })))).toEqual(['changed']);
  });
});

it('who is shown the whole log notices a revision that is left out', () => {
  const whole = (...events: ShownEvent[]) => ({ ...record(...events), isWhole: true });
  expect(kinds()(whole(shown(0), shown(1)))).toEqual(['EventsMirrored']);
  expect(kinds(mirrored(event(0)))(whole(shown(2)))).toEqual(['EventsMirrored', 'gap']);
  const other = shown(4, { streamId: 'pod-p', revision: 0 });
  expect(kinds(mirrored(event(0)))(whole(other))).toEqual(['EventsMirrored']);
});

it('keeps a checkpoint when it is larger, or proves more', () => {
  const checkpoint = {
    mirror,
    note: 'note',
    size: 9,
    root: 'r',
    since: { size: 0, proof: [] },
    inclusions: [{ position: 3, index: 2, proof: [] }],
  };
  const kept: MirrorEvent = { type: 'CheckpointMirrored', data: checkpoint };
  given()
    .when({ kind: 'recordCheckpoint', ...checkpoint })
    .then(kept);
  given(kept)
    .when({ kind: 'recordCheckpoint', ...checkpoint, inclusions: [] })
    .then();
});

it('summarises its record now and then, by which who begins knows what all of it says', () => {
  const start = { kind: 'startMirror', mirror, url: 'https://a', party: 'dso' } as const;
  let state = mirrorDecider.initialState;
  const carryOut = (command: MirrorCommand): MirrorEvent[] => {
    const events = mirrorDecider.decide(command, state);
    state = events.reduce(mirrorDecider.evolve, state);
    return events;
  };
  carryOut(start);
  const alarm = { kind: 'late', position: 1, reason: 'why', known: null, shown: null } as const;
  carryOut({ kind: 'raiseAlarms', mirror, alarms: [alarm] });
  const summaries: MirrorEvent[] = [];
  for (let position = 0; position < 2 * SUMMARY_EVERY; position += 1) {
    const events = carryOut(record(shown(position)));
    summaries.push(...events.filter(({ type }) => type === 'MirrorSummarised'));
  }
  const data = {
    mirror,
    url: 'https://a',
    party: 'dso',
    disputed: [],
    raised: ['late/1/why'],
    checkpoint: null,
    provedUpTo: null,
  };
  const summary: MirrorEvent = { type: 'MirrorSummarised', data };
  expect(summaries).toEqual([summary, summary]);
  // Whoever begins with it raises nothing anew.
  given(summary)
    .when({ kind: 'raiseAlarms', mirror, alarms: [alarm] })
    .then();
  given(summary).when(start).then();
});

it('who is shown the whole log goes by what it is told of streams that it has not in memory', () => {
  const after = { kind: 'recordShown', mirror, shown: [shown(9)], isWhole: true } as const;
  expect(kinds()(after)).toEqual(['EventsMirrored', 'gap']);
  expect(kinds()({ ...after, earlier: new Map([['session-s', 8]]) })).toEqual(['EventsMirrored']);
});
