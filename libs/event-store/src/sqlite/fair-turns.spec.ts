import {
  createFairTurns,
  HELD_MS_ALONE,
  HELD_MS_AMONG_OTHERS,
  OTHERS_SEEN_MS,
  PAUSE_MS,
} from './fair-turns';

describe('turns at the file', () => {
  it('need no pause for a process that writes little', () => {
    const turns = createFairTurns();
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
      expect(turns.pauseMs(nowMs)).toBe(0);
      turns.held(nowMs, nowMs + 80, true);
    }
  });

  it.each([
    ['somebody else writes too', true, HELD_MS_AMONG_OTHERS],
    ['nobody else has been seen', false, HELD_MS_ALONE],
  ])('end with a pause in time when %s', (_, othersSeen, limitMs) => {
    const turns = createFairTurns();
    let nowMs = 0;
    let heldMs = 0;
    let pauseMs = 0;
    while ((pauseMs = turns.pauseMs(nowMs)) === 0) {
      turns.held(nowMs, nowMs + 5, othersSeen);
      heldMs += 5;
      nowMs += 5.1;
    }
    expect(heldMs).toBe(limitMs);
    expect(pauseMs).toBeCloseTo(PAUSE_MS - 0.1);
  });

  it.each([
    ['at most a fiftieth of the time when alone', false, 0.02],
    ['at most a quarter of it among others', true, 0.25],
  ])('cost %s', (_, othersSeen, shareMost) => {
    const turns = createFairTurns();
    let nowMs = 0;
    let pausedMs = 0;
    while (nowMs < 60_000) {
      const pauseMs = turns.pauseMs(nowMs);
      pausedMs += pauseMs;
      nowMs += pauseMs;
      turns.held(nowMs, nowMs + 20, othersSeen);
      nowMs += 20.1;
    }
    expect(pausedMs).toBeGreaterThan(0);
    expect(pausedMs / nowMs).toBeLessThan(shareMost);
  });

  it('forget others who have not written for long', () => {
    const turns = createFairTurns();
    turns.held(0, 1, true);
    let nowMs = OTHERS_SEEN_MS + 2;
    turns.held(nowMs, nowMs + HELD_MS_AMONG_OTHERS, false);
    nowMs += HELD_MS_AMONG_OTHERS;
    expect(turns.pauseMs(nowMs)).toBe(0);
  });
});
