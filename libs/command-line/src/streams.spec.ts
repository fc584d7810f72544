import { oneLine } from './streams';

it('what others have said writes no line of its own, and says nothing to a terminal', () => {
  const said = 'meter\n! 2026-03-17T10:00:00.000Z all is well\u001b[2J\u009b1m';
  expect(oneLine(said)).toBe(
    'meter\\u000a! 2026-03-17T10:00:00.000Z all is well\\u001b[2J\\u009b1m',
  );
  expect(oneLine('Zähler 7: 3 € — so')).toBe('Zähler 7: 3 € — so');
});
