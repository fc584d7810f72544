// Goal: a machine whose clock is set back measures on at once, by the new time, and not when the old one comes again.
import { MTU_MS } from '@flexledger/domain';
import { type Timers, isoFromMs } from '@flexledger/runtime';
import type { LightNode } from '../light-node';
import { measureRegularly } from './measure-regularly';

const NOON_MS = Date.parse('2026-03-17T12:00:00Z');
const HOUR_MS = 3_600_000;

it('goes on with the quarter-hour that the clock shows', async () => {
  let nowMs = NOON_MS;
  const film: string[] = [];
  const problems: string[] = [];
  const tell = (what: string) => async (mtuMs: number) =>
    void film.push(`${what} ${isoFromMs(mtuMs).slice(11, 16)}`);
  const node = {
    beginQuarterHour: tell('begin'),
    closeQuarterHour: tell('close'),
    hasOpened: (mtuMs: number) => film.includes(`begin ${isoFromMs(mtuMs).slice(11, 16)}`),
  } as unknown as LightNode;
  const waiting = new Map<number, () => unknown>();
  let setBack = (): void => {};
  const timers: Timers = {
    at(atMs, _, task) {
      waiting.set(atMs, task);
      return () => waiting.delete(atMs);
    },
    onSetBack(task) {
      setBack = task;
      return () => (setBack = () => {});
    },
  };
  const stop = measureRegularly(() => [node], {
    name: 'POD',
    clock: { nowMs: () => nowMs },
    timers,
    onProblem: (problem) => problems.push(problem),
  });
  const untilNext = async (): Promise<void> => {
    const [[atMs, task]] = [...waiting] as [[number, () => unknown]];
    waiting.delete(atMs);
    nowMs = atMs;
    await task();
  };
  await untilNext();
  nowMs -= HOUR_MS;
  setBack();
  expect([...waiting.keys()]).toEqual([nowMs + MTU_MS]);
  await untilNext();
  expect(film).toEqual([
    ...['begin 12:00', 'close 12:00', 'begin 12:15'],
    ...['begin 11:15', 'close 11:15', 'begin 11:30'],
  ]);
  expect(problems).toEqual([
    'POD: the clock was set back to 2026-03-17T11:15:00.000Z; it is measured by that now',
  ]);
  stop();
  expect(waiting.size).toBe(0);
});
