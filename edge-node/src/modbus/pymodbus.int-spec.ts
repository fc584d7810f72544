/**
 * Modbus as another project speaks it: pymodbus as a device that nodes read and tell, and as a client that reads our
 * simulated devices. Left out by name where there is no Python with it (`EXAMPLES_PYTHON` names one).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { freePort, sleep } from '@flexledger/runtime';
import { sunSpecEms } from '../ems/sunspec-ems';
import { loadMeterModel } from '../meters/meter-model';
import { modbusMeter } from '../meters/modbus-meter';
import { startModbusMeterServer } from '../simulation/modbus-meter-server';
import { startSunSpecEmsServer } from '../simulation/sunspec-ems-server';

const PYTHON = process.env['EXAMPLES_PYTHON'] ?? 'python3';
const isThere = spawnSync(PYTHON, ['-c', 'import pymodbus.server']).status === 0;
const withPymodbus = isThere ? describe : describe.skip;

const UNIT = 7;
const ILLEGAL_ADDRESS = 2;
/** Of model 704 at our simulated EMS and at the device of pymodbus, behind the common model of 66 registers. */
const AT_704 = 40_000 + 2 + 68;

/** A device: registers by address, from its arguments, as JSON. pymodbus counts them from 1; of late, from 0. */
const SERVER = `
import json, sys
from pymodbus.datastore import ModbusDeviceContext, ModbusServerContext, ModbusSparseDataBlock
from pymodbus.server import StartTcpServer
port, unit, words, first = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), int(sys.argv[4])
block = ModbusSparseDataBlock({int(at) + first: word for at, word in words.items()})
context = ModbusServerContext(devices={unit: ModbusDeviceContext(hr=block)}, single=False)
StartTcpServer(context, address=("127.0.0.1", port))
`;

/** A client: reads so many registers, or says the error that it was answered. */
const CLIENT = `
import json, sys
from pymodbus.client import ModbusTcpClient
port, unit, at, count = map(int, sys.argv[1:5])
client = ModbusTcpClient("127.0.0.1", port=port)
client.connect()
if len(sys.argv) > 5:
    client.write_registers(at, json.loads(sys.argv[5]), device_id=unit)
answer = client.read_holding_registers(at, count=count, device_id=unit)
print(json.dumps({"error": answer.exception_code} if answer.isError() else answer.registers))
client.close()
`;

withPymodbus(`pymodbus${isThere ? '' : ' (left out: no Python with pymodbus here)'}`, () => {
  let device: ChildProcess | undefined;
  const open: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    device?.kill('SIGKILL');
    device = undefined;
  });

  async function serve(words: Readonly<Record<number, number>>, first = 1): Promise<number> {
    const port = await freePort();
    const args = [`${port}`, `${UNIT}`, JSON.stringify(words), `${first}`];
    const child = spawn(PYTHON, ['-c', SERVER, ...args]);
    device = child;
    // It says nothing when it listens.
    while (child.exitCode === null) {
      const answer = await ask(port, Math.min(...Object.keys(words).map(Number)), 1);
      if (!('error' in answer)) break;
      if (answer.error === ILLEGAL_ADDRESS && first === 1) {
        child.kill('SIGKILL');
        return serve(words, 0);
      }
      await sleep(100);
    }
    expect(child.exitCode).toBeNull();
    return port;
  }

  async function ask(
    port: number,
    at: number,
    count: number,
    written?: readonly number[],
  ): Promise<number[] | { readonly error: number | string }> {
    const more = written ? [JSON.stringify(written)] : [];
    const child = spawn(PYTHON, ['-c', CLIENT, ...[port, UNIT, at, count].map(String), ...more]);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.once('close', resolve));
    return text === '' ? { error: 'it ended without an answer' } : JSON.parse(text);
  }

  const words = (at: number, ...list: readonly number[]): Record<number, number> =>
    Object.fromEntries(list.map((word, index) => [at + index, word]));

  it('as a meter is read: an ABB B23, its registers as its manual has them', async () => {
    const port = await serve({
      ...words(0x5000, 0, 0, 0x0001, 0xe240), // 123,456 steps of 10 Wh
      ...words(0x5004, 0, 0, 0, 2),
      ...words(0x500c, 0, 0, 0, 30),
      ...words(0x5010, 0, 0, 0, 10),
      ...words(0x5b14, 0xffff, 0xc568), // -15,000 steps of 0.01 W
    });
    const model = loadMeterModel('abb-b23');
    const meter = modbusMeter({ model, host: '127.0.0.1', port, unitId: UNIT, timeoutMs: 5_000 });
    open.push(meter);
    expect(await meter.read()).toEqual({
      withdrawnTotalWh: 1_234_560,
      injectedTotalWh: 20,
      reactiveTotalVarh: 200,
      powerW: -150,
    });
  });

  it('as an EMS is told a target, which then stands in its registers', async () => {
    const port = await serve({
      ...words(40_000, 0x5375, 0x6e53, 1, 66, ...Array<number>(66).fill(0)),
      ...words(AT_704, 704, 65, ...Array<number>(65).fill(0), 0xffff, 0),
      [AT_704 + 55]: 0xffff, // WSet_SF: tenths
    });
    const ems = sunSpecEms({ host: '127.0.0.1', port, unitId: UNIT, timeoutMs: 5_000 });
    open.push(ems);
    await ems.apply({ powerW: 1_500, reactiveVar: null });
    // WSetEna, WSetMod WATTS, WSet -15,000: fed in is positive.
    expect(await ask(port, AT_704 + 22, 4)).toEqual([1, 1, 0xffff, 0xc568]);
  });

  it('as a client reads our simulated meter, and is refused where it has no register', async () => {
    const shown = {
      withdrawnTotalWh: 1_234_560,
      injectedTotalWh: 20,
      reactiveTotalVarh: 0,
      powerW: -150,
    };
    const model = loadMeterModel('abb-b23');
    const meter = await startModbusMeterServer({
      model,
      port: 0,
      unitId: UNIT,
      reading: () => shown,
    });
    open.push(meter);
    expect(await ask(meter.port, 0x5000, 4)).toEqual([0, 0, 1, 0xe240]);
    expect(await ask(meter.port, 0x5b14, 2)).toEqual([0xffff, 0xc568]);
    expect(await ask(meter.port, 1, 1)).toEqual({ error: 2 });
  });

  it('as a client has our simulated EMS follow a target', async () => {
    const told: (number | null)[] = [];
    const ems = await startSunSpecEmsServer({
      port: 0,
      unitId: UNIT,
      onTarget: ({ powerW }) => void told.push(powerW),
    });
    open.push(ems);
    expect(await ask(ems.port, AT_704 + 22, 4, [1, 1, 0xffff, 0xc568])).toEqual([
      1, 1, 0xffff, 0xc568,
    ]);
    expect(told.at(-1)).toBe(1_500);
  });
});
