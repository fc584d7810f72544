/** A stretch of another log, as it was shown and as it is shown again. */
import { differencesOf } from './compare-shown';

const known = (position: number, hash = `h${position}`) => ({
  position,
  eventId: `e${position}`,
  type: 'SessionOpened',
  hash,
});
const shown = (position: number, hash?: string) => ({
  ...known(position, hash),
  text: `text ${position}`,
});
const kindsOf = (...args: Parameters<typeof differencesOf>) =>
  differencesOf(...args).map(({ kind, position }) => `${kind} ${position}`);

it('says nothing when it is as it was', () => {
  expect(kindsOf([known(1), known(4)], [shown(1), shown(4)])).toEqual([]);
});

it('tells what changed, what came late and what vanished, in their order', () => {
  const before = [known(1), known(4), known(6)];
  expect(kindsOf(before, [shown(1, 'x'), shown(2), shown(6)])).toEqual([
    'changed 1',
    'late 2',
    'vanished 4',
  ]);
});

it('tells of all that vanished at once', () => {
  const [alarm, ...more] = differencesOf([known(1), known(4), known(6)], []);
  expect(more).toEqual([]);
  expect(alarm).toMatchObject({ known: { eventId: 'e1', hash: 'h1' }, shown: null });
  expect(alarm!.reason).toContain('and 2 more up to position 6');
});
