/**
 * What the port promises, as tests that every engine runs through. They go through the port alone
 * and count on nothing that an engine may do its own way: positions may have gaps, and with `any`
 * equal ids append once only in the embedded engine.
 *
 * An engine's spec imports this file by its path; `index.ts` leaves it out, since it needs Jest.
 */
import { appendTests, refusalTests, revisionTests } from './testing/append-promises.spec-suite';
import { closeTests, readTests, subscriptionTests } from './testing/read-promises.spec-suite';
import type { Given, StoreUnderTest } from './testing/store-under-test';

/** Declares the contract's tests for one engine; `makeStore` gives a new, empty log each time. */
export function describeEventStoreContract(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
): void {
  describe(`${name} keeps the event store's promises`, () => {
    let under: StoreUnderTest;

    beforeEach(async () => {
      under = await makeStore();
    });
    afterEach(() => under.cleanup());

    const given = (): Given => under;
    describe('append', () => appendTests(given));
    describe('expected revisions', () => revisionTests(given));
    describe('refusals', () => refusalTests(given));
    describe('reading', () => readTests(given));
    describe('subscriptions', () => subscriptionTests(given));
    describe('close', () => closeTests(given));
  });
}
