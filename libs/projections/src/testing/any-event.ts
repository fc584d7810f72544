import fc, { type Arbitrary } from 'fast-check';
import { accountEvents } from './account-log';
import { marketEvents } from './market-log';
import type { LoggedEvent } from './recorded-log';

/** An event of any type, each type as likely. */
export const anyEvent: Arbitrary<LoggedEvent> = fc.oneof(...marketEvents, ...accountEvents);
