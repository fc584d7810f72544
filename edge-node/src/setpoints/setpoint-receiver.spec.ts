import { MTU_MS } from '@flexledger/domain';
import { canonicalJson, nodeKeyFrom, verifyMessage } from '@flexledger/identity';
import type {
  ActivationMessage,
  AnomalyMessage,
  SetpointAck,
  SetpointMessage,
} from '@flexledger/messaging';
import { isoFromMs, VirtualClock } from '@flexledger/runtime';
import { type EmsTarget, FREE } from '../ems/ems-driver';
import { nodeSigner } from '../signing/node-signer';
import { createAnomalies } from '../uplink/anomalies';
import { createSetpointReceiver } from './setpoint-receiver';

// Goal: the EMS is asked exactly what the setpoints say, and the platform gets a true receipt. Method:
// a film under a virtual clock; the EMS is a driver that writes down what it is asked.

const podId = 'IT002E60776854';
const key = nodeKeyFrom('06'.repeat(32));
const windowMs = Date.parse('2026-03-17T08:00:00Z');

function receiver() {
  const clock = new VirtualClock(windowMs - MTU_MS);
  const receipts: SetpointAck[] = [];
  const activations: ActivationMessage[] = [];
  const anomalies: AnomalyMessage[] = [];
  const asked: EmsTarget[] = [];
  const shown: (number | null)[] = [];
  const ems = { fault: undefined as string | undefined, accepted: 0 };
  const answer = async (): Promise<void> => {
    if (ems.fault) throw new Error(ems.fault);
  };
  const signer = nodeSigner(key);
  const anomaliesAt = createAnomalies({
    podId,
    signer,
    clock,
    publish: async (message) => void anomalies.push(message),
    onProblem: (problem) => {
      throw new Error(problem);
    },
  });
  const setpoints = createSetpointReceiver({
    podId,
    signer,
    clock,
    anomalies: anomaliesAt,
    ems: {
      accept: async () => {
        await answer();
        ems.accepted += 1;
        await clock.advanceTo(clock.nowMs() + 40); // the EMS takes its time
      },
      apply: async (target) => {
        await answer();
        asked.push(target);
      },
    },
    showMeter: async ({ powerW }) => void shown.push(powerW),
    publishReceipt: async (receipt) => void receipts.push(receipt),
    publishActivation: async (activation) => void activations.push(activation),
  });
  const receive = (change: Partial<SetpointMessage> = {}): Promise<void> =>
    setpoints.receive(Buffer.from(JSON.stringify({ ...setpoint, ...change })));
  const begin = async (mtu: number): Promise<void> => {
    await clock.advanceTo(windowMs + mtu * MTU_MS);
    await setpoints.begin(windowMs + mtu * MTU_MS);
  };
  const { settled } = anomaliesAt;
  return {
    clock,
    receipts,
    activations,
    anomalies,
    settled,
    asked,
    shown,
    ems,
    setpoints,
    receive,
    begin,
  };
}

const setpoint: SetpointMessage = {
  setpointId: 'sp-1',
  podId,
  windowStart: isoFromMs(windowMs),
  targetW: [500, 500, null],
  targetVar: [null, null, -40],
};

describe('a setpoint', () => {
  it('is answered with a signed receipt of both times, before its window', async () => {
    const { receipts, asked, receive } = receiver();
    await receive();
    expect(receipts.map(({ content }) => content)).toEqual([
      {
        setpointId: 'sp-1',
        podId,
        receivedAt: '2026-03-17T07:45:00.000Z',
        emsReceivedAt: '2026-03-17T07:45:00.040Z',
      },
    ]);
    const { content, signature, publicKey } = receipts[0]!;
    expect(publicKey).toBe(key.publicKey);
    expect(verifyMessage(publicKey, canonicalJson(content), signature)).toBe(true);
    expect(asked).toEqual([]);
  });

  it('is followed MTU by MTU, told when it changes, and let go of after its window', async () => {
    const { asked, shown, activations, receive, begin } = receiver();
    await receive();
    for (const mtu of [0, 1, 2, 3, 4]) await begin(mtu);
    // The meter is shown what the EMS follows.
    expect(shown).toEqual([500, 500, null, null]);
    expect(asked).toEqual([
      { powerW: 500, reactiveVar: null },
      { powerW: 500, reactiveVar: null },
      { powerW: null, reactiveVar: -40 },
      FREE,
    ]);
    expect(activations.map(({ content }) => content)).toEqual([
      {
        setpointId: 'sp-1',
        podId,
        mtuStart: '2026-03-17T08:00:00.000Z',
        targetW: 500,
        targetVar: null,
        appliedAt: '2026-03-17T08:00:00.000Z',
      },
      expect.objectContaining({ mtuStart: '2026-03-17T08:30:00.000Z', targetVar: -40 }),
    ]);
    const [{ content, signature, publicKey }] = activations as [ActivationMessage];
    expect(verifyMessage(publicKey, canonicalJson(content), signature)).toBe(true);
  });

  it('that comes again gets the same receipt and troubles the EMS no more', async () => {
    const { receipts, ems, receive } = receiver();
    await Promise.all([receive(), receive()]);
    await receive();
    expect(receipts).toHaveLength(3);
    expect(new Set(receipts.map(({ signature }) => signature)).size).toBe(1);
    expect(ems.accepted).toBe(1);
  });

  it('replaces an earlier one where they overlap', async () => {
    const { asked, receive, begin } = receiver();
    await receive();
    await receive({
      setpointId: 'sp-2',
      windowStart: isoFromMs(windowMs + MTU_MS),
      targetW: [-900],
      targetVar: [null],
    });
    for (const mtu of [0, 1, 2]) await begin(mtu);
    expect(asked.map(({ powerW }) => powerW)).toEqual([500, -900, null]);
  });

  it('that comes within its window begins at once', async () => {
    const { asked, receive, begin, clock } = receiver();
    await begin(1);
    await clock.advanceTo(windowMs + MTU_MS + 60_000);
    await receive();
    expect(asked).toEqual([{ powerW: 500, reactiveVar: null }]);
  });

  it.each([
    ['after its window', { windowStart: isoFromMs(windowMs - 4 * MTU_MS) }, 'had passed'],
    ['days ahead', { windowStart: isoFromMs(windowMs + 60 * 3_600_000) }, 'more than 48 h ahead'],
  ])('that comes %s is answered with the reason', async (_name, change, reason) => {
    const { receipts, ems, receive } = receiver();
    await receive(change);
    expect(receipts[0]!.content).toMatchObject({ failureReason: expect.stringContaining(reason) });
    expect(ems.accepted).toBe(0);
  });
});

describe('an EMS that fails', () => {
  it('to take a setpoint is told in the receipt and as an anomaly that ends', async () => {
    const { receipts, anomalies, settled, asked, ems, receive, begin } = receiver();
    ems.fault = 'no route';
    await receive();
    expect(receipts[0]!.content).toEqual({
      setpointId: 'sp-1',
      podId,
      receivedAt: '2026-03-17T07:45:00.000Z',
      failureReason: 'the EMS did not take it: no route',
    });
    ems.fault = undefined;
    await receive({ setpointId: 'sp-2' });
    await begin(0);
    await settled();
    expect(anomalies.map(({ content }) => [content.kind, content.code, content.endedAt])).toEqual([
      ['ems', 'setpoint-refused', undefined],
      ['ems', 'setpoint-refused', '2026-03-17T07:45:00.040Z'],
    ]);
    expect(asked).toHaveLength(1);
  });

  it('to follow is asked again at the next MTU, and to let go as well', async () => {
    const { anomalies, settled, asked, ems, receive, begin } = receiver();
    await receive();
    await begin(2);
    ems.fault = 'stuck';
    await begin(3);
    await begin(4);
    await settled();
    expect(anomalies.map(({ content }) => [content.kind, content.detail])).toEqual([
      ['ems', 'the EMS did not follow: stuck'],
    ]);
    ems.fault = undefined;
    await begin(5);
    expect(asked.at(-1)).toEqual(FREE);
    await settled();
    expect(anomalies.at(-1)!.content.endedAt).toBeDefined();
  });
});

describe('a message that is no setpoint of this node', () => {
  it.each([
    ['is not JSON', Buffer.from('{'), 'not JSON'],
    ['is for another PoD', { podId: 'IT002E00000001' }, 'for PoD IT002E00000001'],
    ['begins between MTUs', { windowStart: '2026-03-17T08:07:00Z' }, 'not the start of an MTU'],
  ])('because it %s raises an anomaly and gets no receipt', async (_name, change, detail) => {
    const { receipts, anomalies, settled, setpoints, receive } = receiver();
    await (Buffer.isBuffer(change) ? setpoints.receive(change) : receive(change));
    expect(receipts).toEqual([]);
    await settled();
    expect(anomalies.map(({ content }) => content)).toEqual([
      expect.objectContaining({
        kind: 'dsotp',
        code: 'setpoint-unreadable',
        detail: expect.stringContaining(detail),
      }),
    ]);
    await receive();
    await settled();
    expect(anomalies.at(-1)!.content.endedAt).toBeDefined();
  });
});

describe("a setpoint of the customer's own side", () => {
  const own = {
    windowStart: isoFromMs(windowMs),
    targetW: [900, 900, 900, 900],
    targetVar: [null, null, null, null],
  };

  it('is followed where the platform asks for nothing, and never told to it', async () => {
    const { asked, activations, setpoints, receive, begin } = receiver();
    expect(await setpoints.receiveOwn(own)).toEqual({ emsReceivedAt: '2026-03-17T07:45:00.040Z' });
    await receive();
    for (const mtu of [0, 1, 2]) await begin(mtu);
    expect(activations).toHaveLength(2);
    await begin(3);
    expect(setpoints.followed()).toEqual({ powerW: 900, reactiveVar: null, setpointId: null });
    await begin(4);
    expect(setpoints.followed()).toBeUndefined();
    expect(asked.map(({ powerW }) => powerW)).toEqual([500, 500, null, 900, null]);
    expect(activations).toHaveLength(2);
  });

  it('gives way in the middle of an MTU, and begins there where nothing else is asked for', async () => {
    const { asked, setpoints, receive, begin } = receiver();
    await begin(0);
    await setpoints.receiveOwn(own);
    expect(asked).toEqual([{ powerW: 900, reactiveVar: null }]);
    await receive();
    await setpoints.receiveOwn({ ...own, targetW: [100, 100, 100, 100] });
    expect(asked.map(({ powerW }) => powerW)).toEqual([900, 500]);
    expect(setpoints.received().map(({ setpoint: { setpointId } }) => setpointId)).toEqual([
      'sp-1',
    ]);
  });

  it.each<[string, object, string]>([
    ['no MTU', { targetW: [], targetVar: [] }, 'targetW'],
    ['another start', { windowStart: '2026-03-17T08:01:00.000Z' }, 'not the start of an MTU'],
    ['something more', { power: 1 }, 'power'],
  ])('with %s is none', async (_, change, reason) => {
    const { setpoints } = receiver();
    await expect(setpoints.receiveOwn({ ...own, ...change })).rejects.toThrow(reason);
  });

  it('says why the EMS did not take it', async () => {
    const { ems, setpoints } = receiver();
    ems.fault = 'battery empty';
    expect(await setpoints.receiveOwn(own)).toEqual({
      failureReason: 'the EMS did not take it: battery empty',
    });
  });
});
