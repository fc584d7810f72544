import { netReactiveVarh } from '@flexledger/domain';
import { canonicalJson, nodeKeyFrom, sha256Hex, verifyMessage } from '@flexledger/identity';
import { parseDeviceMessage } from '@flexledger/messaging';
import * as fc from 'fast-check';
import type { MeterReading } from '../meters/meter';
import { nodeSigner } from './node-signer';
import { measurementOf, runsBackwards, signContent, signMeasurement } from './sign-measurement';

// Goal: a packet is what the platform verifies, and what is measured adds up.

const podId = 'IT002E60776854';
const key = nodeKeyFrom('05'.repeat(32));
const signer = nodeSigner(key);
const mtuStartMs = Date.parse('2026-03-17T10:00:00Z');
const total = fc.integer({ min: 0, max: 1_000_000 });
const readings = fc.record({
  withdrawnTotalWh: total,
  injectedTotalWh: total,
  reactiveTotalVarh: total,
  powerW: total,
});
const opening: MeterReading = {
  withdrawnTotalWh: 100,
  injectedTotalWh: 10,
  reactiveTotalVarh: -5,
  powerW: 0,
};
const closing = { ...opening, withdrawnTotalWh: 350, reactiveTotalVarh: -25 };
const input = measurementOf({ podId, sequence: 3, mtuStartMs, opening, closing });

describe('a measurement', () => {
  it('is the difference of two readings', () => {
    expect(input).toEqual({
      podId,
      sequence: 3,
      mtuStart: '2026-03-17T10:00:00.000Z',
      withdrawnWh: 250,
      injectedWh: 0,
      reactiveVarh: -20,
      withdrawnTotalWh: 350,
      injectedTotalWh: 10,
    });
  });

  it('loses nothing over any series of readings', () => {
    fc.assert(
      fc.property(fc.array(readings, { minLength: 2 }), (series) => {
        const quarters = series
          .slice(1)
          .map((next, i) =>
            measurementOf({ podId, sequence: i, mtuStartMs, opening: series[i]!, closing: next }),
          );
        const sum = quarters.reduce((wh, { withdrawnWh }) => wh + withdrawnWh, 0);
        expect(sum).toBe(series.at(-1)!.withdrawnTotalWh - series[0]!.withdrawnTotalWh);
      }),
    );
  });
});

describe('of a meter that counts its quadrants apart', () => {
  const quadrants = (first: number) => ({
    inductiveWithdrawnVarh: first,
    capacitiveInjectedVarh: first + 1,
    inductiveInjectedVarh: first + 2,
    capacitiveWithdrawnVarh: first + 3,
  });
  const readingAt = (withdrawnTotalWh: number, injectedTotalWh: number, first: number) => ({
    withdrawnTotalWh,
    injectedTotalWh,
    reactiveTotalVarh: netReactiveVarh(quadrants(first)),
    quadrantTotals: quadrants(first),
    powerW: 0,
  });
  const at = { podId, sequence: 0, mtuStartMs };
  const measured = (opening: MeterReading, closing: MeterReading) =>
    measurementOf({ ...at, opening, closing });

  it('is of data set Chain2Full, field by field', () => {
    expect(measured(readingAt(100, 10, 5), readingAt(250, 30, 12))).toEqual({
      podId,
      sequence: 0,
      mtuStart: '2026-03-17T10:00:00.000Z',
      withdrawnWh: 150,
      injectedWh: 20,
      reactiveVarh: 0,
      withdrawnTotalWh: 250,
      injectedTotalWh: 30,
      chain2Full: {
        meanPowerW: 520,
        inductiveWithdrawnVarh: 7,
        capacitiveInjectedVarh: 7,
        inductiveInjectedVarh: 7,
        capacitiveWithdrawnVarh: 7,
      },
    });
  });

  it('is of Chain2 where one of the two readings has none', () => {
    const { quadrantTotals: _, ...opening } = readingAt(100, 10, 5);
    expect(measured(opening, readingAt(250, 30, 12))).not.toHaveProperty('chain2Full');
  });

  it('runs backwards where any of the six counters does', () => {
    const opening = readingAt(100, 10, 5);
    expect(runsBackwards(measured(opening, readingAt(100, 10, 5)))).toBe(false);
    for (const [wh, injectedWh, first] of [
      [99, 10, 5],
      [100, 9, 5],
      [100, 10, 4],
    ] as const) {
      expect(runsBackwards(measured(opening, readingAt(wh, injectedWh, first)))).toBe(true);
    }
  });
});

describe('a signed packet', () => {
  it('has the hash of its canonical input data, signed by the node', async () => {
    const packet = await signMeasurement(input, signer);
    const canonical = canonicalJson(packet.inputData);
    expect(packet).toMatchObject({ podId, sequence: 3, publicKey: key.publicKey });
    expect(packet.hash).toBe(sha256Hex(canonical));
    expect(verifyMessage(packet.publicKey, canonical, packet.signedHash)).toBe(true);
  });

  it('is what the platform parses', async () => {
    const packet = await signMeasurement(input, signer);
    const parsed = parseDeviceMessage('measurement', Buffer.from(JSON.stringify(packet)));
    expect(parsed).toEqual({ ok: true, message: packet });
  });
});

it('anything else signed carries its signature and key', async () => {
  const { content, signature, publicKey } = await signContent({ b: 1, a: 'x' }, signer);
  expect(verifyMessage(publicKey, canonicalJson(content), signature)).toBe(true);
});
