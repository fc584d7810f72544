/** After the gate: clearing, the DSO's word, fill-up rounds, the published result, the cancelled day. */
import { givenOf } from '../testing/decider-spec';
import {
  answer,
  clear,
  cleared,
  closed,
  knockedOut,
  noAnswer,
  offered,
  opened,
  outcomeId,
  partial,
  requested,
  row,
  scheduled,
  sent,
  sessionId,
  validated,
} from '../testing/session-story';
import type { MarketSessionCommand } from './commands';
import { marketSessionDecider } from './decider';
import type { MarketSessionEvent, OutcomeRow, RowValidation } from './events';
import { acceptedByMtu } from './outcome';

const given = givenOf(marketSessionDecider);
const gateClosed = [scheduled, opened, requested(), offered(), closed(1, 1)];
const asked = [...gateClosed, cleared(0), sent(0)];
const published = (...rows: readonly OutcomeRow[]): MarketSessionEvent => ({
  type: 'ResultPublished',
  data: { sessionId, part: { index: 0, of: 1 }, rows },
});
const publish: MarketSessionCommand = { kind: 'publish' };
const send: MarketSessionCommand = {
  kind: 'sendForValidation',
  answerDueMs: Date.parse('2026-03-16T21:20:00Z'),
};
const cancelled: MarketSessionEvent = {
  type: 'SessionCancelled',
  data: { sessionId, reason: 'outage' },
};
const cancel: MarketSessionCommand = { kind: 'cancel', reason: 'outage' };

describe('a clearing', () => {
  it('is recorded once, when the gate has closed', () => {
    given(...gateClosed)
      .when(clear(0))
      .then(cleared(0));
    given(...gateClosed, cleared(0))
      .when(clear(0))
      .then();
    given(scheduled, opened).when(clear(0)).thenRefused('out-of-turn');
  });

  it('that accepted nothing is recorded too', () => {
    const nothing = { rows: [], requests: [] };
    given(scheduled, opened, closed(0, 0))
      .when(clear(0, [], []))
      .then(cleared(0, nothing));
  });

  it('of a fill-up round waits for the validation of the round before', () => {
    given(...gateClosed)
      .when(clear(1))
      .thenRefused('out-of-turn');
    given(...asked)
      .when(clear(1))
      .thenRefused('out-of-turn');
    given(...asked, validated(0, [partial]))
      .when(clear(2))
      .thenRefused('out-of-turn');
    given(...asked, validated(0, [partial]))
      .when(clear(1))
      .then(cleared(1));
  });

  it('of a fill-up round comes too late once the result is published or the session cancelled', () => {
    const decided = [...asked, validated(0, [partial])];
    given(...decided, published(row()))
      .when(clear(1))
      .thenRefused('out-of-turn');
    given(...decided, cancelled)
      .when(clear(1))
      .thenRefused('out-of-turn');
  });
});

describe('an outcome', () => {
  it('is sent for validation once', () => {
    given(...gateClosed, cleared(0))
      .when(send)
      .then(sent(0));
    given(...asked)
      .when(send)
      .then();
  });

  it('is sent only when there is one that nobody has validated', () => {
    given(...gateClosed)
      .when(send)
      .thenRefused('out-of-turn');
    given(...asked, validated(0))
      .when(send)
      .thenRefused('out-of-turn');
  });

  it('of the next round is another outcome', () => {
    given(...asked, validated(0, [partial]), cleared(1))
      .when(send)
      .then(sent(1));
  });
});

describe('the word of the DSO', () => {
  it('names the rows that do not stand; silence about a row is consent', () => {
    given(...asked)
      .when(answer(0))
      .then(validated(0));
    given(...asked)
      .when(answer(0, [partial]))
      .then(validated(0, [partial]));
  });

  it('about another outcome is refused', () => {
    given(...asked)
      .when(answer(1))
      .thenRefused('outcome-unknown');
    given(...gateClosed, cleared(0))
      .when(answer(0))
      .thenRefused('outcome-unknown');
  });

  it('that comes a second time, or after the time was up, is refused', () => {
    given(...asked, validated(0))
      .when(answer(0, [partial]))
      .thenRefused('outcome-decided');
    given(...asked, validated(0, [], { validatedBy: 'no-answer' }))
      .when(answer(0))
      .thenRefused('outcome-decided');
  });

  it.each<[string, object | null]>([
    ['a row that does not exist', { ...partial, index: 1 }],
    ['a row by something else than a number', { ...partial, index: '0' }],
    ['too few MTUs', { ...partial, permittedW: [1, 2, 3] }],
    ['half a watt', { ...partial, permittedW: [0.5, 0, 0, 0] }],
    ['less than nothing', { ...partial, permittedW: [-1, 0, 0, 0] }],
    ['no quantities', { index: 0, status: 'partial', violatedElement: 'x' }],
    ['KO with power left', { ...knockedOut, permittedW: [0, 0, 0, 1] }],
    ['another status', { ...partial, status: 'OK' }],
    ['no violated element', { ...partial, violatedElement: undefined }],
    ['nothing', null],
  ])('with %s is refused and decides nothing', (_, exception) => {
    given(...asked)
      .when(answer(0, [exception as RowValidation]))
      .thenRefused('validation-malformed');
  });

  it('about one row twice is refused', () => {
    given(...asked)
      .when(answer(0, [partial, knockedOut]))
      .thenRefused('validation-malformed');
  });

  it('that does not come in time is KO for every row', () => {
    const silence = { ...knockedOut, violatedElement: 'no-answer' };
    given(...asked)
      .when(noAnswer(0))
      .then(validated(0, [silence], { validatedBy: 'no-answer' }));
    given(...asked, validated(0))
      .when(noAnswer(0))
      .then();
  });

  it('about a cancelled session changes nothing', () => {
    given(...asked, cancelled)
      .when(answer(0))
      .thenRefused('out-of-turn');
    given(...asked, cancelled)
      .when(noAnswer(0))
      .then();
  });
});

describe('the result', () => {
  it('is what was accepted, if the DSO consents', () => {
    given(...asked, validated(0))
      .when(publish)
      .then(published(row()));
  });

  it('is capped at what the DSO permits', () => {
    given(...asked, validated(0, [partial]))
      .when(publish)
      .then(published(row({ acceptedW: [200, 500, 500, 500] })));
  });

  it('never has more than was accepted, though more is permitted', () => {
    const generous = { ...partial, permittedW: [9_000, 9_000, 9_000, 9_000] };
    given(...asked, validated(0, [generous]))
      .when(publish)
      .then(published(row()));
  });

  it('is without the rows of which nothing is left, and may be empty', () => {
    given(...asked, validated(0, [knockedOut]))
      .when(publish)
      .then(published());
  });

  it('has the rows of every round', () => {
    const filled = row({ offerId: 'o2', acceptedW: [300, 0, 0, 0] });
    const rounds = [
      validated(0, [partial]),
      cleared(1, { rows: [filled] }),
      sent(1),
      validated(1),
      cleared(2, { rows: [row({ offerId: 'o3' })] }),
      sent(2),
      validated(2, [knockedOut]),
    ];
    given(...asked, ...rounds)
      .when(publish)
      .then(published(row({ acceptedW: [200, 500, 500, 500] }), filled));
  });

  it('is published once, and not before it is validated', () => {
    given(...gateClosed)
      .when(publish)
      .thenRefused('out-of-turn');
    given(...asked)
      .when(publish)
      .thenRefused('out-of-turn');
    given(...asked, validated(0), published(row()))
      .when(publish)
      .then();
  });

  it('is without a fill-up round of which only the first part was recorded', () => {
    const begun = cleared(1, { part: { index: 0, of: 2 }, rows: [row({ offerId: 'o2' })] });
    given(...asked, validated(0), begun)
      .when(publish)
      .then(published(row()));
  });

  it('waits for a fill-up round that was cleared', () => {
    given(...asked, validated(0, [partial]), cleared(1))
      .when(publish)
      .thenRefused('out-of-turn');
  });
});

describe('a session', () => {
  it.each([
    ['scheduled', [scheduled]],
    ['open', [scheduled, opened]],
    ['closed', gateClosed],
    ['cleared', [...gateClosed, cleared(0)]],
    ['with the DSO', asked],
    ['validated', [...asked, validated(0)]],
  ])('that is %s can be cancelled, once', (_, past) => {
    given(...past)
      .when(cancel)
      .then(cancelled);
    given(...past, cancelled)
      .when(cancel)
      .then();
  });

  it('whose result is published cannot be cancelled', () => {
    given(...asked, validated(0), published(row()))
      .when(cancel)
      .thenRefused('out-of-turn');
  });

  it('once cancelled takes no further step', () => {
    const past = [...gateClosed, cancelled];
    given(...past)
      .when(clear(0))
      .thenRefused('out-of-turn');
    given(...past)
      .when(send)
      .thenRefused('out-of-turn');
    given(...past)
      .when(publish)
      .thenRefused('out-of-turn');
    given(...past)
      .when({ kind: 'open', nowMs: 0 })
      .then();
    given(...past)
      .when({ kind: 'close', nowMs: 0 })
      .then();
  });
});

describe('what rows accept by MTU', () => {
  it('is summed by key where it falls into the session', () => {
    const rows = [
      row(),
      row({ firstMtu: 2, acceptedW: [1, 2, 4] }),
      row({ firstMtu: -1, acceptedW: [8, 16] }),
      row({ podId: 'POD3' }),
    ];
    const sums = acceptedByMtu(rows, 4, ({ podId }) => podId);
    expect([...sums].map(([key, sum]) => [key, ...sum])).toEqual([
      ['POD1', 516, 500, 501, 502],
      ['POD3', 500, 500, 500, 500],
    ]);
    expect(outcomeId(0)).toBe(`${sessionId}/0`);
  });
});
