/** An operator lets a processor go past the one event that holds it up, with a reason, once. */
import { givenOf } from '../testing/decider-spec';
import { type SkipProcessorEvent, processorDecider } from './decider';
import type { ProcessorEventSkipped } from './events';

const given = givenOf(processorDecider);
const POISON = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';

const skip = (overrides: Partial<SkipProcessorEvent> = {}): SkipProcessorEvent => ({
  processor: 'market/clearing',
  eventId: POISON,
  reason: 'The session was cancelled by hand.',
  haltedAt: { eventId: POISON, position: 7 },
  ...overrides,
});
const skipped: ProcessorEventSkipped = {
  type: 'ProcessorEventSkipped',
  data: {
    processor: 'market/clearing',
    eventId: POISON,
    position: 7,
    reason: 'The session was cancelled by hand.',
  },
};

it('skips the event that the processor is halted at', () => {
  given().when(skip()).then(skipped);
});

it('skips it once, also when it has gone on meanwhile', () => {
  given(skipped).when(skip()).then();
  given(skipped)
    .when(skip({ haltedAt: undefined }))
    .then();
});

it('refuses every other event', () => {
  given()
    .when(skip({ eventId: OTHER }))
    .thenRefused('processor-halted-elsewhere');
  given(skipped)
    .when(skip({ eventId: OTHER }))
    .thenRefused('processor-halted-elsewhere');
});

it('refuses while the processor is not halted', () => {
  given()
    .when(skip({ haltedAt: undefined }))
    .thenRefused('processor-not-halted');
});

it('wants a reason', () => {
  given()
    .when(skip({ reason: ' ' }))
    .thenRefused('skip-reason-missing');
});
