import { createInbox } from './inbox';

const LONG_MS = 60_000;

describe('an inbox', () => {
  it('gives out everything, once, in the order of arrival', () => {
    const inbox = createInbox<string>(10);
    inbox.put('one');
    inbox.put('two');
    expect(inbox.takeAll()).toEqual(['one', 'two']);
    expect(inbox.takeAll()).toEqual([]);
  });

  it('turns away what does not fit', () => {
    const inbox = createInbox<string>(1);
    expect(inbox.put('one')).toBe(true);
    expect(inbox.put('two')).toBe(false);
    expect(inbox.takeAll()).toEqual(['one']);
    expect(inbox.put('three')).toBe(true);
  });

  it('waits until as many are in as expected', async () => {
    const inbox = createInbox<number>(10);
    let isFull = false;
    const waiting = inbox.untilHolds(2, LONG_MS).then(() => (isFull = true));
    inbox.put(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isFull).toBe(false);
    inbox.put(2);
    await waiting;
    expect(inbox.size).toBe(2);
  });

  it('does not wait for what is in already', async () => {
    const inbox = createInbox<number>(10);
    inbox.put(1);
    await inbox.untilHolds(1, LONG_MS);
    await inbox.untilHolds(0, LONG_MS);
  });

  it('waits no longer than it may', async () => {
    const inbox = createInbox<number>(10);
    await inbox.untilHolds(1, 5);
    expect(inbox.size).toBe(0);
  });
});
