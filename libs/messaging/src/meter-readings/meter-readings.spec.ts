import type { MeasurementPacket } from '@flexledger/domain';
import * as fc from 'fast-check';
import { measuredKind, parseDeviceMessage } from '../mqtt/messages';
import {
  meterReadings,
  powerReadings,
  signedMeterReadings,
} from '../testing/meter-readings-xml.spec-suite';
import { sequenceNamedIn } from './read-meter-readings';
import { READING_TYPES, readingTypeOf, wholeFrom } from './reading-types';

// Goal: MeterReadings say the very packet that their JSON would, so that its signature holds; whatever else comes
// is refused in words. Method: any packet through XML and back, then texts that somebody might send.

const podId = 'IT002E60776854';
const count = fc.nat({ max: 9_000_000 });
const amount = fc.integer({ min: -900_000, max: 900_000 });
const quadrants = fc.record({
  meanPowerW: amount,
  inductiveWithdrawnVarh: count,
  capacitiveInjectedVarh: count,
  inductiveInjectedVarh: count,
  capacitiveWithdrawnVarh: count,
});
const packets: fc.Arbitrary<MeasurementPacket> = fc
  .record({
    sequence: count,
    quarter: count,
    energies: fc.record({
      withdrawnWh: count,
      injectedWh: count,
      reactiveVarh: amount,
      withdrawnTotalWh: count,
      injectedTotalWh: count,
    }),
    chain2Full: fc.option(quadrants, { nil: undefined }),
  })
  .map(({ sequence, quarter, energies, chain2Full }) => ({
    podId,
    sequence,
    inputData: {
      podId,
      sequence,
      mtuStart: new Date(quarter * 900_000).toISOString(),
      ...energies,
      ...(chain2Full && { chain2Full }),
    },
    hash: '0f'.repeat(32),
    signedHash: 'ab'.repeat(64),
    publicKey: `04${'cd'.repeat(64)}`,
  }));

const packet: MeasurementPacket = {
  podId,
  sequence: 7,
  inputData: {
    podId,
    sequence: 7,
    mtuStart: '2026-03-17T10:00:00.000Z',
    withdrawnWh: 310,
    injectedWh: 0,
    reactiveVarh: -12,
    withdrawnTotalWh: 4_000_310,
    injectedTotalWh: 20,
  },
  hash: '0f'.repeat(32),
  signedHash: 'ab'.repeat(64),
  publicKey: `04${'cd'.repeat(64)}`,
};
const sound = signedMeterReadings(packet);
const parse = (text: string) => parseDeviceMessage('measurement', Buffer.from(text));

describe('MeterReadings of a quarter-hour', () => {
  it('are the packet that they were written from', () => {
    fc.assert(
      fc.property(packets, (one) => {
        expect(parse(signedMeterReadings(one))).toEqual({ ok: true, message: one });
      }),
    );
  });

  it.each<[string, string | RegExp, string]>([
    ['white space and a comment', '<Header>', '\n <!-- sent by hand --> <Header>\n'],
    ['no declaration', /^<\?xml.*?\?>/, ''],
    ['another offset', /2026-03-17T10:15:00.000Z/g, '2026-03-17T11:15:00+01:00'],
    ['the PoD as a name', /<m:mRID>(.*)<\/m:mRID>/, '<m:Names><m:name>$1</m:name></m:Names>'],
    [
      'qualities, which nothing is read of',
      '<m:value>310</m:value>',
      '<m:value>310</m:value><m:ReadingQualities/>',
    ],
    ['a request', /EventMessage/g, 'RequestMessage'],
    [
      'kWh',
      '<m:value>310</m:value></m:IntervalReadings><m:ReadingType ref="0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0"/>',
      '<m:value>0.310</m:value></m:IntervalReadings><m:ReadingType ref="0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"/>',
    ],
  ])('may be written with %s', (_, what, instead) => {
    const text = sound.replace(what, instead);
    expect(text).not.toBe(sound);
    expect(parse(text)).toEqual({ ok: true, message: packet });
  });

  it.each<[string, string | RegExp, string, string]>([
    ['an entity', /^/, '<!DOCTYPE a [<!ENTITY b "c">]>', 'declares a document type'],
    ['a broken element', '</Header>', '', 'is not XML'],
    [
      'elements inside each other without end',
      '<Header>',
      `<Header>${'<a>'.repeat(50)}${'</a>'.repeat(50)}`,
      'not read here',
    ],
    ['another root', /EventMessage/g, 'Envelope', 'its root is none of MeterReadings'],
    [
      'another noun',
      'MeterReadings</Noun>',
      'EndDeviceEvents</Noun>',
      'its Noun is "EndDeviceEvents"',
    ],
    ['no signature', /<Property><Name>signedHash.*?<\/Property>/, '', 'no property signedHash'],
    [
      'a property twice',
      /(<Property><Name>hash.*?<\/Property>)/,
      '$1$1',
      'the property hash comes twice',
    ],
    [
      'an unknown reading type',
      '0.0.2.4.1.1.12.',
      '0.0.7.4.1.1.12.',
      'the reading type 0.0.7.4.1.1.12',
    ],
    ['a value twice', /(<m:Readings>.*?<\/m:Readings>)/, '$1$1', 'withdrawnTotalWh comes twice'],
    [
      'two instants',
      'Readings><m:timeStamp>2026-03-17T10:15',
      'Readings><m:timeStamp>2026-03-17T10:30',
      'several instants',
    ],
    ['a time without offset', /10:15:00.000Z/g, '10:15:00', 'is no instant'],
    ['a day that there is not', /2026-03-17/g, '2026-02-30', 'is no instant'],
    ['parts of a Wh', '<m:value>310<', '<m:value>310.5<', '310.5 times 10^0 is not whole'],
    ['a value in words', '<m:value>310<', '<m:value>a lot<', '"a lot" is no decimal number'],
    ['a negative energy', '<m:value>310<', '<m:value>-310<', 'inputData.withdrawnWh must be >= 0'],
    ['two usage points', /(<m:UsagePoint>.*<\/m:UsagePoint>)/, '$1$1', '2, not one UsagePoint'],
    [
      'two meter readings',
      /(<m:MeterReading>.*<\/m:MeterReading>)/,
      '$1$1',
      '2, not one MeterReading',
    ],
    ['no reading', /<m:(IntervalBlocks|Readings)>.*<\/m:\1>/g, '', 'holds no reading'],
    [
      'an energy too few',
      /<m:Readings>.*?<\/m:Readings>/,
      '',
      "required property 'withdrawnTotalWh'",
    ],
    [
      'power among it',
      '0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0',
      READING_TYPES.withdrawnW,
      'mixes power',
    ],
    ['no PoD code', `<m:mRID>${podId}`, '<m:mRID>7', 'podId must match pattern'],
    ['a hash that is none', '0f0f', 'xxxx', 'hash must match pattern'],
  ])('with %s are refused in words', (_, what, instead, reason) => {
    const text = sound.replace(what, instead);
    expect(text).not.toBe(sound);
    expect(parse(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });

  it('are signed, or certify nothing', () => {
    const bare = /<m:MeterReadings.*<\/m:MeterReadings>/.exec(sound)![0];
    expect(parse(bare)).toEqual({
      ok: false,
      reason: expect.stringContaining('MeterReadings of a quarter-hour are signed'),
    });
  });

  it('name their sequence, even where they are refused otherwise', () => {
    expect(sequenceNamedIn(sound.replace('<m:value>310<', '<m:value>a lot<'))).toBe(7);
    expect(sequenceNamedIn('<EventMessage/>')).toBeUndefined();
  });

  it('never throw, whatever comes', () => {
    const damaged = fc
      .tuple(fc.nat({ max: sound.length }), fc.nat({ max: 40 }), fc.string())
      .map(([at, gone, instead]) => sound.slice(0, at) + instead + sound.slice(at + gone));
    fc.assert(
      fc.property(
        fc.oneof(
          damaged,
          fc.string().map((text) => `<${text}`),
        ),
        (text) => {
          expect(typeof parse(text).ok).toBe('boolean');
          expect(['measurement', 'power']).toContain(measuredKind(Buffer.from(text)));
        },
      ),
    );
  });
});

describe('MeterReadings of power', () => {
  const power = { podId, at: '2026-03-17T11:00:10.000Z', withdrawnW: 1_500, injectedW: 0 };

  it('are power now, and need no signature', () => {
    const text = Buffer.from(powerReadings(podId, power));
    expect(parseDeviceMessage('power', text)).toEqual({ ok: true, message: power });
    expect(measuredKind(text)).toBe('power');
  });

  it('are told from packets, as in JSON', () => {
    expect(measuredKind(Buffer.from(JSON.stringify(power)))).toBe('power');
    for (const text of [
      sound,
      JSON.stringify(packet),
      JSON.stringify([packet]),
      '<',
      '{',
      'null',
    ]) {
      expect(measuredKind(Buffer.from(text))).toBe('measurement');
    }
  });

  it('are no packet', () => {
    expect(parse(powerReadings(podId, power))).toMatchObject({ ok: false });
  });

  it('of one direction only are refused', () => {
    const text = meterReadings(podId, power.at, { withdrawnW: 5 });
    expect(parseDeviceMessage('power', Buffer.from(text))).toEqual({
      ok: false,
      reason: expect.stringContaining('injectedW'),
    });
  });
});

describe('what no meter measures', () => {
  it('is not read from XML', () => {
    expect(parseDeviceMessage('status', Buffer.from(sound))).toEqual({
      ok: false,
      reason: 'message is not JSON in UTF-8',
    });
  });
});

describe('a reading type', () => {
  it.each(Object.entries(READING_TYPES))('%s is known by its code', (member, code) => {
    expect(readingTypeOf(code)).toEqual({ member, powerOfTen: 0 });
  });

  it.each([
    '',
    'a',
    '0.0.2',
    `${READING_TYPES.withdrawnWh}.0`,
    '0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.x.72.0',
  ])('"%s" is none', (code) => expect(readingTypeOf(code)).toBeUndefined());
});

describe('a decimal number', () => {
  it.each<[string, number, number]>([
    ['310', 0, 310],
    ['0.310', 3, 310],
    ['-12.000', 0, -12],
    ['4', 6, 4_000_000],
    ['4500', -3, 4.5],
    ['5000', -3, 5],
    ['-0', 0, 0],
    ['9007199254740991', 0, NaN],
    ['1e3', 0, NaN],
    ['0.0001', 3, NaN],
  ])('%s times 10^%d is %d, exactly, or refused', (text, powerOfTen, whole) => {
    if (Number.isSafeInteger(whole)) expect(wholeFrom(text, powerOfTen)).toBe(whole);
    else expect(() => wholeFrom(text, powerOfTen)).toThrow(RangeError);
  });
});
