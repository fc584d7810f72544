import * as fc from 'fast-check';
import {
  type DeviceMessages,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGES_TOGETHER,
  messagesIn,
  parseDeviceMessage,
  type SetpointReceipt,
} from './messages';
import type { DeviceTopicKind } from './topics';

// Goal: what is well-formed comes through unchanged; anything else is refused with the field and
// never throws. Method: one good message of each kind, then damage in every field.

const podId = 'IT002E60776854';
const signed = { signature: 'ab'.repeat(64), publicKey: `04${'cd'.repeat(64)}` };
const receipt: SetpointReceipt = {
  setpointId: 'setpoint-1',
  podId,
  receivedAt: '2026-03-17T07:45:00.000Z',
  emsReceivedAt: '2026-03-17T07:45:00.120Z',
};

const good: DeviceMessages = {
  measurement: {
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
    publicKey: signed.publicKey,
  },
  measurementAck: { sequence: 7, accepted: true },
  power: { at: '2026-03-17T11:00:10.000Z', withdrawnW: 1_500, injectedW: 0 },
  setpoint: {
    setpointId: 'setpoint-1',
    podId,
    windowStart: '2026-03-17T08:00:00.000Z',
    targetW: [-500, null],
    targetVar: [null, 40],
  },
  setpointAck: { content: receipt, ...signed },
  activation: {
    content: {
      setpointId: 'setpoint-1',
      podId,
      mtuStart: '2026-03-17T08:00:00.000Z',
      targetW: -500,
      targetVar: null,
      appliedAt: '2026-03-17T08:00:00.000Z',
    },
    ...signed,
  },
  anomaly: {
    content: {
      anomalyId: 'a1',
      podId,
      kind: 'otherMeter',
      code: 'meter-unreadable',
      detail: 'no answer',
      startedAt: '2026-03-17T08:00:00Z',
    },
    ...signed,
  },
  status: { online: true },
};
const kinds = Object.keys(good) as DeviceTopicKind[];

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parse = (kind: DeviceTopicKind, value: unknown) => parseDeviceMessage(kind, bytes(value));
const reasonFor = (kind: DeviceTopicKind, value: unknown): string => {
  const parsed = parse(kind, value);
  return parsed.ok ? 'accepted' : parsed.reason;
};

describe.each(kinds)('a %s message', (kind) => {
  it('comes through unchanged', () => {
    expect(parse(kind, good[kind])).toEqual({ ok: true, message: good[kind] });
  });

  it('is refused when any field is missing, foreign or of another type', () => {
    for (const [path, damaged] of damages(good[kind])) {
      expect({ path, ok: parse(kind, damaged).ok }).toEqual({ path, ok: false });
    }
  });

  it('is refused, not thrown at, whatever the bytes or the JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.jsonValue(), (noise, json) => {
        expect(parseDeviceMessage(kind, noise).ok).toBe(false);
        expect(parse(kind, json).ok).toBe(false);
      }),
    );
  });
});

it('an anomaly may have ended', () => {
  const end = { ...good.anomaly.content, endedAt: '2026-03-17T08:10:00Z' };
  const message = { ...good.anomaly, content: end };
  expect(parse('anomaly', message)).toEqual({ ok: true, message });
});

describe('the reason of a refusal', () => {
  const { measurement, setpoint } = good;

  it('of data set Chain2Full: it is there whole or not at all', () => {
    const chain2Full = {
      meanPowerW: -1_000,
      inductiveWithdrawnVarh: 1,
      capacitiveInjectedVarh: 2,
      inductiveInjectedVarh: 3,
      capacitiveWithdrawnVarh: 4,
    };
    const full = { ...measurement, inputData: { ...measurement.inputData, chain2Full } };
    expect(parseDeviceMessage('measurement', Buffer.from(JSON.stringify(full)))).toEqual({
      ok: true,
      message: full,
    });
    const { meanPowerW: _, ...quadrants } = chain2Full;
    const half = { ...measurement.inputData, chain2Full: quadrants };
    expect(reasonFor('measurement', { ...measurement, inputData: half })).toBe(
      "inputData.chain2Full must have required property 'meanPowerW'",
    );
  });

  it('names the field', () => {
    const inputData = { ...measurement.inputData, withdrawnWh: 1.5 };
    expect(reasonFor('measurement', { ...measurement, inputData })).toBe(
      'inputData.withdrawnWh must be integer',
    );
  });

  it('names a member that does not belong', () => {
    expect(reasonFor('status', { online: true, mood: 'good' })).toContain('"mood"');
  });

  it('tells instants that do not exist', () => {
    expect(reasonFor('setpoint', { ...setpoint, windowStart: '2026-13-17T08:00:00Z' })).toContain(
      'windowStart must match format "instant"',
    );
  });

  it('tells numbers that JSON holds but arithmetic does not', () => {
    expect(reasonFor('measurementAck', { sequence: 1e300, accepted: true })).toContain('sequence');
  });

  it('tells targets of unequal length', () => {
    expect(reasonFor('setpoint', { ...setpoint, targetVar: [1] })).toBe(
      'targetVar must have as many MTUs as targetW, 2',
    );
  });

  it('tells upper-case hex, because a hash has one form only', () => {
    expect(reasonFor('measurement', { ...measurement, hash: '0F'.repeat(32) })).toContain('hash');
  });

  it('tells a message above the limit without reading it', () => {
    const parsed = parseDeviceMessage('status', new Uint8Array(MAX_MESSAGE_BYTES + 1));
    expect(parsed).toEqual({ ok: false, reason: expect.stringContaining('65537 bytes') });
  });
});

it('a setpoint receipt may say that it failed, but not both', () => {
  const { setpointId, receivedAt } = receipt;
  const failed = { setpointId, podId, receivedAt, failureReason: 'EMS does not answer' };
  expect(parse('setpointAck', { ...signed, content: failed }).ok).toBe(true);
  expect(parse('setpointAck', { ...signed, content: { ...receipt, ...failed } }).ok).toBe(false);
});

describe.each([
  ['half a surrogate pair', '\ud800'],
  ['the other half', 'a\udc00'],
  ['NUL', 'a\0'],
])('%s', (_, illegible) => {
  it.each<[DeviceTopicKind, object, string]>([
    [
      'setpointAck',
      { ...signed, content: { ...receipt, setpointId: illegible } },
      'content.setpointId',
    ],
    [
      'activation',
      { ...signed, content: { ...good.activation.content, setpointId: illegible } },
      'content.setpointId',
    ],
    ['setpoint', { ...good.setpoint, setpointId: illegible }, 'setpointId'],
    [
      'anomaly',
      { ...signed, content: { ...good.anomaly.content, detail: illegible } },
      'content.detail',
    ],
  ])('is refused in a text that is signed: %s', (kind, message, field) => {
    expect(reasonFor(kind, message)).toBe(`${field} holds NUL or half a surrogate pair`);
  });

  it('is not repeated in a reason', () => {
    expect(reasonFor('status', { online: true, [illegible]: 1 })).toMatch(/\("a?\ufffd"\)$/);
  });
});

it('a text of whole characters comes through, those beyond the first plane too', () => {
  const message = { ...signed, content: { ...receipt, setpointId: 'Forl\u00ec \u{1f50c}' } };
  expect(parse('setpointAck', message)).toEqual({ ok: true, message });
});

/** The message with one fault each: every member dropped, given another type, or one added. */
function damages(message: object): [path: string, damaged: unknown][] {
  const faults: [string, unknown][] = [['+', { ...message, stranger: 1 }]];
  for (const [key, value] of Object.entries(message) as [string, unknown][]) {
    const rest = Object.entries(message).filter(([other]) => other !== key);
    faults.push([`-${key}`, Object.fromEntries(rest)]);
    faults.push([key, { ...message, [key]: { wrong: 'type' } }]);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [path, damaged] of damages(value)) {
        faults.push([`${key}.${path}`, { ...message, [key]: damaged }]);
      }
    }
  }
  return faults;
}

describe('a payload', () => {
  const texts = (payload: string): string[] =>
    messagesIn(Buffer.from(payload)).map((message) => message.toString('utf8'));

  it('holds the messages of a list, each as it came', () => {
    const one = '{"text":"a ] , [ \\" \\\\","n":[1,{"m":2}]}';
    expect(texts(`[${one}, {"n": 1 },${one}]`)).toEqual([one, ' {"n": 1 }', one]);
  });

  it('splits what any list is made of as JSON does', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 50 }), (values) => {
        const parsed = texts(JSON.stringify(values)).map((text) => JSON.parse(text) as unknown);
        expect(parsed).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it.each([
    ['a single message', '{"sequence":1}'],
    ['an empty list', '[]'],
    ['a list with nothing between commas', '[1,,2]'],
    ['a list that does not end', '[{"a":1}'],
    ['a list with something after it', '[1] '],
    ['too many messages', JSON.stringify(Array(MAX_MESSAGES_TOGETHER + 1).fill(1))],
    ['too many bytes', `["${'x'.repeat(MAX_MESSAGE_BYTES)}"]`],
    ['nothing', ''],
  ])('that is %s is one message', (_, payload) => {
    expect(texts(payload)).toEqual([payload]);
  });
});
