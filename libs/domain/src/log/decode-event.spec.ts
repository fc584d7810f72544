/** Events of any version are read in the shape of today, or refused by name. */
import { type KnownEvents, createEventDecoder, decodeEvent } from './decode-event';
import type { RecordedEvent } from './envelope';
import { currentVersionOf, eventVersions } from './event-versions';

const recorded = (type: string, schemaVersion: number, data: object): RecordedEvent => ({
  id: 'a6fc4770-27a7-8d99-93a3-75f62d0e71bb',
  type,
  schemaVersion,
  streamId: 'gift-1',
  revision: 0,
  position: 7,
  occurredAt: '2026-03-17T10:00:00.000Z',
  recordedAt: '2026-03-17T10:00:00.000Z',
  correlationId: 'c',
  causationId: 'c',
  actor: 'platform:test',
  data,
  hash: 'f'.repeat(64),
});

/** A gift was in euro, then in cent, then said its currency. */
const gifts: KnownEvents = {
  versions: { Given: 3 },
  upcasters: [
    {
      type: 'Given',
      from: 2,
      up: (data) => ({ ...data, currency: 'EUR' }),
    },
    {
      type: 'Given',
      from: 1,
      up: (data) => ({ cent: (data as { readonly euro: number }).euro * 100 }),
    },
  ],
};

describe('an event', () => {
  const decode = createEventDecoder(gifts);

  it('of the current version is given back as it is', () => {
    const event = recorded('Given', 3, { cent: 500, currency: 'CHF' });
    expect(decode(event)).toBe(event);
  });

  it.each([
    [1, { euro: 5 }],
    [2, { cent: 500 }],
  ])('of version %i is read in the current shape, one step after another', (version, data) => {
    const event = recorded('Given', version, Object.freeze(data));
    expect(decode(event)).toEqual(recorded('Given', 3, { cent: 500, currency: 'EUR' }));
    expect(event).toEqual(recorded('Given', version, data));
  });

  it.each([0, 4, 1.5, NaN])('of version %d is refused by name, with the remedy', (version) => {
    expect(() => decode(recorded('Given', version, {}))).toThrow(
      `The Given at position 7 (id a6fc4770-27a7-8d99-93a3-75f62d0e71bb) is of version ${version}; ` +
        'this release reads it up to version 3. Use the newer release that wrote it.',
    );
  });

  it.each(['Taken', 'toString', '__proto__'])('of the unknown type %s is refused', (type) => {
    expect(() => decode(recorded(type, 1, {}))).toThrow('this release knows no event of that type');
    expect(() => decode(recorded(type, 1, {}))).toThrow(
      expect.objectContaining({ name: 'UnknownEventVersion', type, version: 1, newest: undefined }),
    );
  });
});

describe('what a release knows', () => {
  it.each([
    ['no upcaster from version 2', [gifts.upcasters[1]!]],
    ['two upcasters from 1', [...gifts.upcasters, gifts.upcasters[1]!]],
    ['leads past it', [...gifts.upcasters, { ...gifts.upcasters[0]!, from: 3 }]],
  ])('is refused by name: %s', (reason, upcasters) => {
    expect(() => createEventDecoder({ ...gifts, upcasters })).toThrow(reason);
  });

  it('is every type of the domain, in the version that is written', () => {
    for (const [type, version] of Object.entries(eventVersions)) {
      expect(currentVersionOf(type)).toBe(version);
      const event = recorded(type, version, {});
      expect(decodeEvent(event)).toBe(event);
    }
    expect(currentVersionOf('SomethingElse')).toBe(1);
    expect(currentVersionOf('toString')).toBe(1);
  });
});
