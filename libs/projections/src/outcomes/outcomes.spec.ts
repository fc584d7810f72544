/** Published results -> their rows. */
import { documentsAfter, foldView, recordedLog } from '../testing/recorded-log';
import { inSession, outcomeRow, published, SESSION } from '../testing/session-events';
import { outcomesView } from './outcomes-view';

it('has each row of each part, told apart also when two rows say the same', () => {
  const row = outcomeRow();
  const log = inSession(
    published([row, row], { index: 0, of: 2 }),
    published([outcomeRow({ offerId: 'o2' })], { index: 1, of: 2 }),
  );
  expect(documentsAfter(outcomesView, log)).toEqual([
    { ...row, sessionId: SESSION, part: 0, row: 0 },
    { ...row, sessionId: SESSION, part: 0, row: 1 },
    { ...outcomeRow({ offerId: 'o2' }), sessionId: SESSION, part: 1, row: 0 },
  ]);
});

it('sorts by id in the order published, beyond nine parts and rows', () => {
  const parts = Array.from({ length: 12 }, (_, index) =>
    published(
      Array.from({ length: 11 }, () => outcomeRow()),
      { index, of: 12 },
    ),
  );
  const ids = [...foldView(outcomesView, recordedLog(inSession(...parts))).keys()];
  expect(ids).toHaveLength(132);
  expect([...ids].sort()).toEqual(ids);
});
