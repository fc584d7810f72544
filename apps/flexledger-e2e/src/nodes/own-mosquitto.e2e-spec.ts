/**
 * A Mosquitto in the place of the embedded broker, with everything else as it is shipped, platform and nodes apart: an
 * invited node enrols, its user stands at the broker when it is answered, and what it says comes in; by Modbus TCP and by
 * RTU, with setpoints to its EMS, and after everything was killed. What `mosquitto_sub` and `mosquitto_pub` see and say
 * is what nodes and platform do. The clock leaps.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MTU_MS, type MeasurementPacket, canonicalJson, podIdOf } from '@flexledger/domain';
import { lacksForSerial, openSerialPair, type SerialPair } from '@flexledger/edge-node';
import { nodeKeyFrom, sha256Hex, verifyMessage } from '@flexledger/identity';
import { isoFromMs, sleep, wallClock } from '@flexledger/runtime';
import { ServerSerial } from 'modbus-serial';
import { stringify } from 'yaml';
import { type BuiltCli, type RunningNode, buildCli } from '../command-line/built-cli';
import { type LeapingClock, leapingClock } from './leaping-clock';
import {
  type OwnMosquitto,
  lacksForMosquitto,
  lacksForMosquittoClients,
  ownMosquitto,
} from './own-mosquitto';
import { type ServedAggregator, packetsInLog, serveAggregator } from './served-aggregator';

const lacks = lacksForMosquitto() ?? lacksForSerial();
const withBroker = lacks === undefined ? describe : describe.skip;
const lackClients = lacksForMosquittoClients();
const withClients = lackClients === undefined ? describe : describe.skip;
const clientsLeftOut = lackClients === undefined ? '' : ` (left out: ${lackClients})`;

const [BY_TCP, BY_RTU] = [podIdOf(0), podIdOf(1)];
const PODS = [BY_TCP, BY_RTU];
const DAY_MS = 86_400_000;
const UNIT = 7;
/** What the meter on the serial line shows of energy withdrawn, its low words: the iEM3155 has Wh from 3203 on. */
const WITHDRAWN_LOW = [3205, 3206] as const;
const WATTS = 1_800;

withBroker(
  `nodes apart, by a Mosquitto${lacks === undefined ? '' : ` (left out: ${lacks})`}`,
  () => {
    let cli: BuiltCli;
    let folder: string;
    let broker: OwnMosquitto;
    let clock: LeapingClock;
    let line: SerialPair;
    let meter: ServerSerial;
    let aggregator: ServedAggregator;
    const nodes: RunningNode[] = [];
    const inFolder = (name: string): string => path.join(folder, name);

    beforeAll(async () => {
      cli = await buildCli();
      folder = mkdtempSync(path.join(tmpdir(), 'flexledger-mosquitto-'));
      broker = await ownMosquitto(folder);
      broker.start();
      const dayAgoMs = wallClock.nowMs() - DAY_MS;
      clock = leapingClock(folder, Math.floor(dayAgoMs / MTU_MS) * MTU_MS);
      line = await openSerialPair();
      const startMs = clock.nowMs();
      const register = (at: number): number => {
        const totalWh = Math.floor((WATTS * (clock.nowMs() - startMs)) / 3_600_000);
        if (at === WITHDRAWN_LOW[0]) return totalWh >> 16;
        return at === WITHDRAWN_LOW[1] ? totalWh & 0xffff : 0;
      };
      meter = new ServerSerial(
        {
          getMultipleHoldingRegisters: (at: number, length: number) =>
            Array.from({ length }, (_, index) => register(at + index)),
        },
        { path: line.far, baudRate: 19_200, unitID: UNIT },
      );
      await new Promise<void>((resolve) => meter.on('initialized', () => resolve()));
      aggregator = await serve();
      for (const podId of PODS) {
        await aggregator.addPod(podId);
        writeFileSync(inFolder(`${podId}.token`), await aggregator.invite(podId));
      }
      configure(BY_TCP, {});
      configure(BY_RTU, {
        meter: { model: 'schneider-iem3155', at: line.near, unit: UNIT, serialNumber: 'RTU-1' },
        serialLines: { [line.near]: { baudRate: 19_200, parity: 'even' } },
      });
      PODS.forEach(startNode);
    });
    afterAll(async () => {
      await Promise.all(nodes.map(ended));
      aggregator.running.kill('SIGTERM');
      await aggregator.running.ended;
      await broker.kill();
      await new Promise<void>((resolve) => meter.close(() => resolve()));
      await line.close();
      cli.remove();
      rmSync(folder, { recursive: true });
    });

    const serve = (): Promise<ServedAggregator> =>
      serveAggregator(cli, { dataDir: inFolder('data'), mqtt: broker.mqtt }, clock.environment);
    function configure(podId: string, more: object): void {
      const platform = { url: aggregator.url, tokenFile: inFolder(`${podId}.token`) };
      const config = { podId, folder: inFolder(podId), platform, powerEverySeconds: 1, ...more };
      writeFileSync(inFolder(`${podId}.yaml`), stringify(config));
    }
    function startNode(podId: string): void {
      nodes[PODS.indexOf(podId)] = cli.startNode(
        clock.environment,
        ...['--config', inFolder(`${podId}.yaml`)],
        ...(podId === BY_TCP ? ['--simulate'] : []),
      );
    }
    async function ended(node: RunningNode): Promise<void> {
      node.kill('SIGTERM');
      await node.ended;
    }
    const recordedOf = async (podId: string) =>
      (await packetsInLog(inFolder('data'))).recorded.filter((input) => input.podId === podId);
    async function until(what: () => Promise<boolean>): Promise<void> {
      while (!(await what())) await sleep(200);
    }
    async function eachHas(more: number): Promise<void> {
      for (const podId of PODS) {
        const { length } = await recordedOf(podId);
        await until(async () => (await recordedOf(podId)).length >= length + more);
      }
    }
    /** With what a node signs in, and the key it signs with. */
    const keptOf = (podId: string): { broker: { token: string }; privateKey: string } =>
      JSON.parse(readFileSync(inFolder(`${podId}/node.json`), 'utf8'));

    it('measure by Modbus TCP and by RTU', async () => {
      await eachHas(2);
      const [first, second] = (await recordedOf(BY_RTU)).slice(-2);
      // 1,800 W of a quarter-hour, which is read at its ends within seconds.
      for (const input of [first!, second!]) {
        expect(Math.abs(input.withdrawnWh - WATTS / 4)).toBeLessThan(10);
      }
      expect(second!.withdrawnTotalWh).toBe(first!.withdrawnTotalWh + second!.withdrawnWh);
    });

    it('have an EMS follow a setpoint', async () => {
      const windowStart = isoFromMs(Math.ceil(clock.nowMs() / MTU_MS + 2) * MTU_MS);
      const setpoint = { podId: BY_TCP, windowStart, targetW: [700], targetVar: [null] };
      const { status } = await aggregator.calls.post('/api/v1/setpoints', {
        setpoints: [setpoint],
      });
      expect(status).toBe(202);
      const at = `/api/v1/setpoints/${BY_TCP}/${windowStart}`;
      await until(async () => (await aggregator.calls.get(at)).body.status === 'applied');
    });

    withClients(`and Mosquitto’s own programs${clientsLeftOut}`, () => {
      /** Who may hear all, as the platform may: a user that the broker's administrator makes. */
      const OBSERVER = { name: 'observer', password: 'of the observer' };
      const AT = ['-h', '127.0.0.1', '-p'];
      const control = (...args: string[]): void =>
        void execFileSync(
          'mosquitto_ctrl',
          [...AT, String(broker.port), '-u', 'admin', '-P', 'the admin secret', 'dynsec', ...args],
          { stdio: 'pipe' },
        );
      const hears = async (topic: string): Promise<string> => {
        const as = ['-u', OBSERVER.name, '-P', OBSERVER.password];
        const args = [...AT, String(broker.port), ...as, '-q', '1', '-C', '1', '-t', topic];
        return said('mosquitto_sub', args);
      };
      const said = async (program: string, args: readonly string[]): Promise<string> => {
        const child = spawn(program, args);
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
        await new Promise((resolve) => child.once('close', resolve));
        return text;
      };

      it('hear a packet as its node signed it, and the platform’s answer', async () => {
        control('createClient', OBSERVER.name, '-p', OBSERVER.password);
        control('addClientRole', OBSERVER.name, 'flexledger-platform');
        const [packets, answers] = await Promise.all([
          hears(`flexledger/${BY_RTU}/measurement`),
          hears(`flexledger/${BY_RTU}/measurement/ack`),
        ]);
        const [packet] = [JSON.parse(packets)].flat() as MeasurementPacket[];
        const signed = canonicalJson(packet!.inputData);
        const { publicKey } = nodeKeyFrom(keptOf(BY_RTU).privateKey);
        expect(verifyMessage(publicKey, signed, packet!.signedHash)).toBe(true);
        expect(sha256Hex(signed)).toBe(packet!.hash);
        const [answer] = [JSON.parse(answers)].flat() as { sequence: number; accepted: boolean }[];
        expect(answer).toEqual({ sequence: packet!.sequence, accepted: true });
      });

      it('say a packet again, which is answered again and stands once', async () => {
        // A client id is one at a time: the node's own program makes room.
        await ended(nodes[PODS.indexOf(BY_RTU)]!);
        const lines = readFileSync(inFolder(`${BY_RTU}/outbox`), 'utf8')
          .trim()
          .split('\n');
        const last = lines.findLast((line) => line.includes('"stored"'))!;
        const { packet } = JSON.parse(last).stored as { readonly packet: MeasurementPacket };
        const topic = `flexledger/${BY_RTU}/measurement`;
        const as = ['-i', BY_RTU, '-u', BY_RTU, '-P', keptOf(BY_RTU).broker.token];
        const answer = await said('mosquitto_rr', [
          ...[...AT, String(broker.port), ...as],
          ...['-t', topic, '-e', `${topic}/ack`, '-q', '1', '-m', JSON.stringify(packet)],
        ]);
        const { sequence } = packet;
        expect([JSON.parse(answer)].flat()).toEqual([{ sequence, accepted: true }]);
        // Said by one program, and its answer heard by another.
        const heard = hears(`${topic}/ack`);
        const hasHeard = { yet: false };
        void heard.then(() => (hasHeard.yet = true));
        while (!hasHeard.yet) {
          const how = ['-t', topic, '-q', '1', '-m', JSON.stringify(packet)];
          await said('mosquitto_pub', [...AT, String(broker.port), ...as, ...how]);
          await sleep(200);
        }
        expect([JSON.parse(await heard)].flat()).toEqual([{ sequence, accepted: true }]);
        const found = (await recordedOf(BY_RTU)).filter((input) => input.sequence === sequence);
        expect(found).toHaveLength(1);
        startNode(BY_RTU);
      });
    });

    it('lose nothing when all of it is killed at once, and each packet stands in the log once', async () => {
      for (const node of nodes) node.kill('SIGKILL');
      aggregator.running.kill('SIGKILL');
      await broker.kill();
      await Promise.all([...nodes.map((node) => node.ended), aggregator.running.ended]);
      cli.killChain();
      broker.start();
      PODS.forEach(startNode);
      aggregator = await serve();
      await eachHas(2);
      // The broker alone, which forgets what it has acknowledged and not handed on.
      await broker.kill();
      broker.start();
      await eachHas(1);
      for (const podId of PODS) {
        // What it has forgotten goes again within half a minute, late and in its place.
        await until(async () => {
          const sequences = (await recordedOf(podId)).map(({ sequence }) => sequence);
          expect(new Set(sequences).size).toBe(sequences.length);
          return Math.max(...sequences) - Math.min(...sequences) === sequences.length - 1;
        });
      }
      expect((await packetsInLog(inFolder('data'))).refused).toEqual([]);
    });
  },
);
