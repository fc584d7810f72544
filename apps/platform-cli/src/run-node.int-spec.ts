import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '@flexledger/command-line';
import { freePort } from '@flexledger/runtime';
import { type RunFlags, runLightNode } from './run-node';

// Goal: what a command line gets wrong is said by its option, before the node has a key. Method: a platform that is not there.
let folder: string;
let flags: RunFlags;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-run-node-'));
  flags = {
    url: `http://127.0.0.1:${await freePort()}`,
    token: 'a token',
    simulate: 500,
    unit: 1,
    emsUnit: 1,
    emsPower: 'W',
    baud: '9600',
    parity: 'even',
    otherMeter: [],
    powerEvery: 10,
    folder: path.join(folder, 'node'),
    json: true,
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

const running = async (given: Partial<RunFlags>): Promise<unknown> => {
  try {
    return await runLightNode('IT002E60000001', { ...flags, ...given });
  } catch (error) {
    return error;
  }
};

const METER = { model: 'abb-b23', meter: '127.0.0.1:502', serial: 'M-1' };

it.each<[string, Partial<RunFlags>, string]>([
  ['a further meter of no form', { otherMeter: ['abb-b23'] }, '--other-meter: "abb-b23" is not'],
  ['a further meter of no model', { otherMeter: ['x@127.0.0.1:502'] }, 'no meter model "x"'],
  ['an EMS by MQTT without a topic', { ems: 'mqtt://127.0.0.1' }, 'ends with its topic'],
])('%s is refused', async (_name, given, reason) => {
  const error = await running(given);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(reason);
  expect(existsSync(flags.folder)).toBe(false);
});

it('neither a meter nor a simulated one is refused', async () => {
  const { simulate: _simulate, ...others } = flags;
  await expect(runLightNode('IT002E60000001', others)).rejects.toThrow(
    '--model, --meter and --serial',
  );
  await expect(
    runLightNode('IT002E60000001', { ...others, ...METER, meter: 'a b' }),
  ).rejects.toThrow('meter: "a b" is no address');
});

it('a platform that does not answer is named, with what to do', async () => {
  const error = await running({});
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain(`The platform at ${flags.url} does not answer (`);
  expect((error as Error).message).toContain('name its address with --url');
});
