/** A rework that fails as the month begins: what passes is tried again, what is refused is not. */
import { DomainError } from '@flexledger/domain';
import { VirtualClock } from '@flexledger/runtime';
import { createProfilesProcess } from './profiles-process';

const FIRST_OF_APRIL_MS = Date.parse('2026-03-31T23:00:00Z');

/** How often a rework is tried within an hour of which the first try fails so, and the lease is lost or not. */
async function triesAfter(
  failure: Error,
  { isLost = false } = {},
): Promise<{ tries: number; problems: string[] }> {
  const lease = new AbortController();
  const clock = new VirtualClock(FIRST_OF_APRIL_MS - 60_000);
  const problems: string[] = [];
  let tries = 0;
  const { begin } = createProfilesProcess({
    gridId: 'feeder',
    timeZone: 'Europe/Rome',
    profiles: {
      async monthBegan() {
        tries += 1;
        if (tries > 1) return;
        if (isLost) lease.abort();
        throw failure;
      },
    },
    clock,
    timers: clock,
    onProblem: (problem) => problems.push(problem),
  });
  await begin!({ signal: lease.signal, fence: 1 });
  await clock.advanceTo(FIRST_OF_APRIL_MS + 3_600_000);
  return { tries, problems };
}

it('is tried again where the log did not answer, and that is told', async () => {
  expect(await triesAfter(new Error('the log does not answer.'))).toEqual({
    tries: 2,
    problems: ['dso/profiles/2026-04: the log does not answer. It is tried again by itself.'],
  });
});

it('is not tried again where it was refused', async () => {
  const { tries } = await triesAfter(
    new DomainError('profiles-unmeasured', 'Nothing is measured.'),
  );
  expect(tries).toBe(1);
});

it('is not tried again by who has lost the lease', async () => {
  const failure = new Error('The log does not answer.');
  expect(await triesAfter(failure, { isLost: true })).toEqual({ tries: 1, problems: [] });
});
