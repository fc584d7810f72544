/** Timers of a platform over those of its process: closing it takes back its own and no others. */
import { ownTimers } from './own-timers';
import { VirtualClock } from './virtual-clock';

it('ends with its owner, and leaves the timers of others alone', async () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  const timers = ownTimers(clock);
  timers.at(1, 'first', () => void ran.push('first'));
  timers.at(5, 'second', () => void ran.push('second'));
  const cancel = timers.at(2, 'taken back', () => void ran.push('taken back'));
  clock.at(5, 'of another', () => void ran.push('of another'));
  cancel();
  await clock.advanceTo(3);
  timers.close();
  timers.close();
  timers.at(4, 'too late', () => void ran.push('too late'));
  await clock.advanceTo(9);
  expect(ran).toEqual(['first', 'of another']);
});
