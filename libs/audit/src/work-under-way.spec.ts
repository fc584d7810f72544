import { createFindings } from './report';
import { createWorkUnderWay } from './work-under-way';

const event = (position: number) => ({
  position,
  id: `event-${position}`,
  streamId: 'node-1',
  type: 'SetpointReceiptSigned',
});

/** A piece of work that ends when it is told to. */
function piece() {
  let end!: () => void;
  let fail!: (error: Error) => void;
  const done = new Promise<void>((resolve, reject) => ([end, fail] = [resolve, reject]));
  return { done, end, fail };
}

it('waits for the piece begun first once too much is under way', async () => {
  const underWay = createWorkUnderWay(createFindings('signatures'), 2);
  const [first, second, third] = [piece(), piece(), piece()];
  expect(underWay.begin(event(1), () => first.done)).toBeUndefined();
  expect(underWay.begin(event(2), () => second.done)).toBeUndefined();
  let isThirdTaken = false;
  const taken = Promise.resolve(underWay.begin(event(3), () => third.done)).then(() => {
    isThirdTaken = true;
  });
  second.end();
  await second.done;
  expect(isThirdTaken).toBe(false);
  first.end();
  await taken;
  third.end();
  await underWay.end();
});

it('what a piece throws is a failure of its event, also at the end', async () => {
  const findings = createFindings('signatures');
  const underWay = createWorkUnderWay(findings, 2);
  const late = piece();
  await underWay.begin(event(1), async () => {
    throw new Error('no such curve');
  });
  await underWay.begin(event(2), () => late.done);
  late.fail(new Error('the thread ended'));
  await underWay.end();
  expect(findings.report().failures).toEqual([
    expect.objectContaining({ position: 1, reason: 'it cannot be checked: no such curve' }),
    expect.objectContaining({ position: 2, reason: 'it cannot be checked: the thread ended' }),
  ]);
});
