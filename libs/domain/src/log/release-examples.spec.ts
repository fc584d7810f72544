/**
 * What earlier releases recorded stays readable: every example in `infra/releases` decodes, and the
 * decider of its stream folds it.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { activationDecider } from '../activation/decider';
import { agreementDecider } from '../agreement/decider';
import { certificationDecider } from '../certification/decider';
import { dispatchDecider } from '../dispatch/decider';
import { marketSessionDecider } from '../market-session/decider';
import { meterDecider } from '../meter/decider';
import { nodeDecider } from '../node/decider';
import { podDecider } from '../pod/decider';
import { processorDecider } from '../processor/decider';
import { settlementDecider } from '../settlement/decider';
import { decodeEvent } from './decode-event';
import type { Decider } from './decider';
import type { DomainEvent, RecordedEvent } from './envelope';
import { eventVersions } from './event-versions';

const RELEASES = resolve(__dirname, '../../../../infra/releases');
const releases = readdirSync(RELEASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** By the beginning of the stream's name; streams of other beginnings are only read by views. */
const deciders: Readonly<Record<string, unknown>> = {
  activation: activationDecider,
  agreement: agreementDecider,
  certification: certificationDecider,
  dispatch: dispatchDecider,
  meter: meterDecider,
  node: nodeDecider,
  pod: podDecider,
  processor: processorDecider,
  session: marketSessionDecider,
  settlement: settlementDecider,
};
const UNDECIDED = ['gridForecast', 'gridModel', 'gridState', 'rulePack', 'weather'];

const examplesOf = (release: string): RecordedEvent[] =>
  JSON.parse(readFileSync(join(RELEASES, release, 'events.json'), 'utf8')) as RecordedEvent[];

it('there is a release to go back to', () => {
  expect(releases).toContain('0.1.0');
});

it('the first release has an example of every type it knew', () => {
  const types = new Set(examplesOf('0.1.0').map(({ type }) => type));
  expect(types.size).toBe(61);
});

describe.each(releases)('release %s', (release) => {
  it.each(examplesOf(release).map((event) => [event.type, event] as const))(
    '%s is read today',
    (type, event) => {
      const decoded = decodeEvent(event);
      expect(decoded.schemaVersion).toBe(eventVersions[type as keyof typeof eventVersions]);
      expect(decoded.hash).toBe(event.hash);
      const kind = event.streamId.split('-')[0]!;
      if (UNDECIDED.includes(kind)) return;
      const { initialState, evolve } = deciders[kind] as Decider<
        unknown,
        unknown,
        DomainEvent<string, object>
      >;
      expect(evolve(initialState, decoded)).toBeDefined();
    },
  );
});

it('a checkpoint of release 0.1.0 covers positions without gaps', () => {
  const sealed = examplesOf('0.1.0').find(({ type }) => type === 'CheckpointSealed')!;
  const { size } = sealed.data as { readonly size: number };
  expect(decodeEvent(sealed).data).toEqual({ ...sealed.data, lastPosition: size - 1 });
});
