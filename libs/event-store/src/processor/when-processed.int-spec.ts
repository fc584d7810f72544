/** Who wrote something waits until the processors, of whatever instance, have dealt with it. */
import { type Trial, noting, openTrial, settled } from './testing/trial';

let trial: Trial;
beforeEach(async () => {
  trial = await openTrial();
});
afterEach(() => trial.close());

/** A processor that is under way until it is told to go on. */
function slow() {
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  return { ...noting('slow', ['Asked'], () => gate), go: () => go() };
}

/** What a promise has come to without time passing. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  let outcome = 'pending';
  promise.then(
    () => (outcome = 'resolved'),
    (error: Error) => (outcome = error.name),
  );
  await settled();
  return outcome;
}

it('resolves when the event is dealt with, by this instance at once', async () => {
  const processor = slow();
  const { runner } = await trial.start('A', [processor]);
  const position = await trial.tell('Asked', '1');
  const waiting = runner.whenProcessed(position);
  expect(await outcomeOf(waiting)).toBe('pending');
  processor.go();
  expect(await outcomeOf(waiting)).toBe('resolved');
});

it('resolves when another instance has dealt with it', async () => {
  const processor = slow();
  await trial.start('A', [processor]);
  const other = await trial.start('B', [noting('slow', ['Asked'])]);
  const position = await trial.tell('Asked', '1');
  const waiting = other.runner.whenProcessed(position);
  processor.go();
  await settled();
  await other.passing(50);
  expect(await outcomeOf(waiting)).toBe('resolved');
});

it('waits for nobody who wants nothing of what was written', async () => {
  const { runner } = await trial.start('A', [noting('notes', ['Asked'])]);
  await trial.tell('Asked', '1');
  const position = await trial.tell('Ignored', 'x');
  expect(await outcomeOf(runner.whenProcessed(position))).toBe('resolved');
  expect(await trial.state.checkpoint('notes')).toBeLessThan(position);
});

it('waits for those that are named alone', async () => {
  const processor = slow();
  const quick = noting('quick', ['Asked']);
  const { runner } = await trial.start('A', [processor, quick]);
  const position = await trial.tell('Asked', '1');
  expect(await outcomeOf(runner.whenProcessed(position, { names: ['quick'] }))).toBe('resolved');
  expect(await outcomeOf(runner.whenProcessed(position))).toBe('pending');
  await expect(runner.whenProcessed(position, { names: ['quik'] })).rejects.toThrow(
    'There is no processor "quik"; there are slow, quick.',
  );
  processor.go();
});

it('says, when the time is up, who is behind', async () => {
  const processor = slow();
  const instance = await trial.start('A', [processor, noting('quick', ['Asked'])]);
  const position = await trial.tell('Asked', '1');
  const waiting = instance.runner.whenProcessed(position, { timeoutMs: 200 });
  const refused = expect(waiting).rejects.toMatchObject({
    name: 'NotYetProcessed',
    position,
    processors: ['slow'],
    message: `Not yet processed after 200 ms: slow behind position ${position}; ask again.`,
  });
  await instance.passing(200);
  await refused;
  processor.go();
});

it('counts what was handed on without leases', async () => {
  const { runner, stop } = await trial.start('A', [noting('notes', ['Asked'])]);
  await stop();
  const position = await trial.tell('Asked', '1');
  await runner.drain();
  expect(await outcomeOf(runner.whenProcessed(position))).toBe('resolved');
  expect(await runner.status()).toMatchObject([
    { status: 'working', lag: 0, checkpoint: position },
  ]);
});
