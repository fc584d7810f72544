import { sleep } from '@flexledger/runtime';
import ModbusRTU from 'modbus-serial';
import { type EmsDriver, type EmsTarget, FREE } from '../ems/ems-driver';
import { sunSpecEms } from '../ems/sunspec-ems';
import type { ModbusServer } from './modbus-server';
import { startSunSpecEmsServer } from './sunspec-ems-server';

const UNIT = 1;
/** Of model 704, behind the common model of 66 registers, by SunSpec's definition. */
const AT = 40_000 + 2 + 68;
let told: EmsTarget[];
let server: ModbusServer;
let ems: Required<EmsDriver>;

beforeEach(async () => {
  told = [];
  const onTarget = (target: EmsTarget): void => void told.push(target);
  server = await startSunSpecEmsServer({ port: 0, unitId: UNIT, onTarget });
  ems = sunSpecEms({ host: server.host, port: server.port, unitId: UNIT, timeoutMs: 2_000 });
});
afterEach(async () => {
  await ems.close();
  await server.close();
});

it('has its plant follow what a node tells it, and lets it go', async () => {
  await ems.apply({ powerW: 1_500, reactiveVar: null });
  await ems.apply({ powerW: -20, reactiveVar: 300 });
  await ems.apply(FREE);
  expect(told.at(0)).toEqual({ powerW: 1_500, reactiveVar: null });
  expect(told).toContainEqual({ powerW: -20, reactiveVar: 300 });
  expect(told.at(-1)).toEqual(FREE);
});

it('lets its plant go when the reversion time ends without a word', async () => {
  const client = new ModbusRTU();
  await client.connectTCP(server.host, { port: server.port });
  client.setID(UNIT);
  await client.writeRegisters(AT + 23, [1, 0xffff, 0xff9c]); // WSetMod WATTS, WSet -100: ten watts withdrawn
  await client.writeRegisters(AT + 31, [0, 1]); // WSetRvrtTms 1 s
  await client.writeRegisters(AT + 22, [1]);
  expect(told).toEqual([{ powerW: 10, reactiveVar: null }]);
  while (told.length < 2) await sleep(20);
  expect(told.at(-1)).toEqual(FREE);
  expect((await client.readHoldingRegisters(AT + 22, 1)).data).toEqual([0]);
  client.destroy(() => {});
});

it('refuses an address that it does not have', async () => {
  const client = new ModbusRTU();
  await client.connectTCP(server.host, { port: server.port });
  client.setID(UNIT);
  await expect(client.readHoldingRegisters(39_999, 1)).rejects.toThrow('Illegal data address');
  client.destroy(() => {});
});
