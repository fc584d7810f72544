/**
 * A meter that pushes DLMS, over a real connection and from a recording; and frames that another project's library
 * (dlms-cosem) has made. That part is left out by name where there is no Python with it (`EXAMPLES_PYTHON` names one).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wallClock } from '@flexledger/runtime';
import { AIDON_FRAME, AIDON_POWER_FRAME } from '../dlms/testing/recorded-frames';
import type { Meter } from './meter';
import { type PushedFrom, pushedMeter } from './pushed-meter';

const AIDON = {
  withdrawnTotalWh: 10_049_926,
  injectedTotalWh: 8,
  reactiveTotalVarh: 6_614_347 - 5,
  powerW: 1_122,
};

const PYTHON = process.env['EXAMPLES_PYTHON'] ?? 'python3';
const isThere = spawnSync(PYTHON, ['-c', 'import dlms_cosem']).status === 0;

/** A frame with counters of four quadrants, in kWh and tens of W. */
const MADE = `
from dlms_cosem import dlms_data as d
from dlms_cosem.hdlc.address import HdlcAddress
from dlms_cosem.hdlc.frames import UnnumberedInformationFrame
from dlms_cosem.protocol.xdlms.data_notification import DataNotification, LongInvokeIdAndPriority
def entry(code, value, scale, unit):
    scaler = d.DataStructure([d.IntegerData(scale), d.EnumData(unit)])
    return d.DataStructure([d.OctetStringData(bytes(code)), value, scaler])
def code(c):
    return [1, 0, c[0], c[1], 0, 255]
W, WH, VARH = 27, 30, 32
items = [
    entry(code((1, 8)), d.DoubleLongUnsignedData(12345), 3, WH),
    entry(code((2, 8)), d.DoubleLongUnsignedData(20), 0, WH),
    *[entry(code((5 + q, 8)), d.DoubleLongUnsignedData(100 * (q + 1)), 0, VARH) for q in range(4)],
    entry(code((1, 7)), d.DoubleLongUnsignedData(0), 1, W),
    entry(code((2, 7)), d.DoubleLongUnsignedData(275), 1, W),
]
apdu = DataNotification(LongInvokeIdAndPriority(1), None, d.DataArray(items).to_bytes()).to_bytes()
frame = UnnumberedInformationFrame(
    HdlcAddress(logical_address=16, physical_address=None, address_type="client"),
    HdlcAddress(logical_address=1, physical_address=17, address_type="server"),
    b"\\xe6\\xe7\\x00" + apdu,
)
print(frame.to_bytes().hex())
`;

let server: Server;
let socket: Promise<Socket>;
const meters: Meter[] = [];

beforeEach(async () => {
  server = createServer();
  socket = new Promise((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(meters.splice(0).map((meter) => meter.close()));
  await new Promise((resolve) => server.close(resolve));
});

function meterFrom(from: PushedFrom, timeoutMs = 5_000): Meter {
  const meter = pushedMeter({ from, clock: wallClock, timeoutMs });
  meters.push(meter);
  return meter;
}
const byNetwork = (timeoutMs?: number): Meter =>
  meterFrom({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, timeoutMs);

it('is read by what it pushed last, or pushes next', async () => {
  const meter = byNetwork();
  const reading = meter.read();
  const line = await socket;
  line.write(AIDON_FRAME.subarray(0, 100));
  line.write(AIDON_FRAME.subarray(100));
  expect(await reading).toEqual(AIDON);
  expect(await meter.read()).toEqual(AIDON);
});

it('that is silent after the clock was set back gives no reading of before', async () => {
  let setBackMs = 0;
  const clock = { nowMs: () => wallClock.nowMs() - setBackMs };
  const { port } = server.address() as AddressInfo;
  const meter = pushedMeter({ from: { host: '127.0.0.1', port }, clock, timeoutMs: 300 });
  meters.push(meter);
  const reading = meter.read();
  (await socket).write(AIDON_FRAME);
  expect(await reading).toEqual(AIDON);
  setBackMs = 3_600_000;
  await expect(meter.read()).rejects.toThrow('pushes no reading');
});

it('that pushes power alone, or harmed frames, gives no reading, and says why', async () => {
  const meter = byNetwork(300);
  await expect(meter.read()).rejects.toThrow(
    /127\.0\.0\.1:\d+ pushes no reading: it has pushed nothing yet/,
  );
  const line = await socket;
  const harmed = Buffer.from(AIDON_FRAME);
  harmed[200]! ^= 1;
  line.write(Buffer.concat([harmed, AIDON_POWER_FRAME]));
  await expect(meter.read()).rejects.toThrow('it tells no 1.8.0');
});

it('whose frames were recorded is read from the file', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dlms-'));
  const file = path.join(folder, 'frames');
  writeFileSync(file, Buffer.concat([AIDON_POWER_FRAME, AIDON_FRAME]));
  try {
    expect(await meterFrom({ file }).read()).toEqual(AIDON);
    await expect(meterFrom({ file: `${file}.other` }, 300).read()).rejects.toThrow('no such file');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

(isThere ? it : it.skip)(
  `is read by frames of another library${isThere ? '' : ' (left out: no Python with dlms-cosem here)'}`,
  async () => {
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', MADE], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const meter = byNetwork();
    (await socket).write(Buffer.from(stdout.trim(), 'hex'));
    expect(await meter.read()).toEqual({
      withdrawnTotalWh: 12_345_000,
      injectedTotalWh: 20,
      reactiveTotalVarh: 100 + 200 - 300 - 400,
      quadrantTotals: {
        inductiveWithdrawnVarh: 100,
        capacitiveInjectedVarh: 200,
        inductiveInjectedVarh: 300,
        capacitiveWithdrawnVarh: 400,
      },
      powerW: -2_750,
    });
  },
);
