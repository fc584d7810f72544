/**
 * SunSpec as the Alliance's own files have it (`pysunspec2`, which carries the definitions of all models): where our
 * maps look, of what kind a point is and which scale it has, what stands where there is no number; and its client at our
 * simulated EMS. Left out by name where there is no Python with it (`EXAMPLES_PYTHON` names one).
 */
import { spawn, spawnSync } from 'node:child_process';
import { sunSpecEms } from '../ems/sunspec-ems';
import { SUNSPEC_704, type SunSpecControl } from '../ems/sunspec-704';
import { SUNSPEC_121, SUNSPEC_123, SUNSPEC_124 } from '../ems/sunspec-percent';
import type { RegisterType } from '../meters/meter-model';
import { decodeRegister } from '../meters/registers';
import { SUNSPEC_DER, SUNSPEC_METER } from '../meters/sunspec-meter';
import { startSunSpecEmsServer } from '../simulation/sunspec-ems-server';

const PYTHON = process.env['EXAMPLES_PYTHON'] ?? 'python3';
const isThere = spawnSync(PYTHON, ['-c', 'import sunspec2']).status === 0;
const withModels = isThere ? describe : describe.skip;

/** A model's points, each with its offset from the model's first register. */
const POINTS = `
import json, os, sys, sunspec2
def size(group):
    return sum(p["size"] for p in group["points"]) + sum(map(size, group.get("groups", [])))
def points(number):
    file = os.path.join(os.path.dirname(sunspec2.__file__), "models", "json", f"model_{number}.json")
    group, at, found = json.load(open(file))["group"], 0, {}
    for point in group["points"]:
        found[point["name"]] = [at, point["type"], point.get("sf"), {s["name"]: s["value"] for s in point.get("symbols", [])}]
        at += point["size"]
    return {"points": found, "length": size(group) - 2}
print(json.dumps({number: points(number) for number in sys.argv[1:]}))
`;

/** What a register holds where there is no number, of each type that has such words, in hex. */
const NOT_IMPLEMENTED = `
import json, struct
from sunspec2 import mb
kinds = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "float32": "I"}
print(json.dumps({kind: struct.pack(">" + code, getattr(mb, "SUNS_UNIMPL_" + kind.upper())).hex() for kind, code in kinds.items()}))
`;

/** Reads a device's models and tells what its points say, scaled. */
const CLIENT = `
import json, sys
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP
device = SunSpecModbusClientDeviceTCP(slave_id=int(sys.argv[2]), ipaddr="127.0.0.1", ipport=int(sys.argv[1]))
device.scan()
common, controls = device.common[0], device.DERCtlAC[0]
names = ["WSetEna", "WSetMod", "WSet", "WSetEnaRvrt", "WSetRvrtTms", "VarSetEna", "VarSetMod", "VarSet"]
print(json.dumps({"made by": common.Mn.value, **{name: controls.points[name].cvalue for name in names}}))
device.close()
`;

type Point = readonly [number, string, string | null, Readonly<Record<string, number>>];
interface Model {
  readonly points: Readonly<Record<string, Point>>;
  readonly length: number;
}

async function said(script: string, ...args: readonly string[]): Promise<unknown> {
  const child = spawn(PYTHON, ['-c', script, ...args]);
  let [text, complaint] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  if (text === '') throw new Error(complaint);
  return JSON.parse(text) as unknown;
}

withModels(
  `the SunSpec Alliance’s models${isThere ? '' : ' (left out: no Python with pysunspec2 here)'}`,
  () => {
    it.each([201, 202, 203, 204])('model %i is a meter as ours is read', async (number) => {
      const { [number]: model } = (await said(POINTS, `${number}`)) as Record<number, Model>;
      const { points, length } = model!;
      const of = (name: string) => points[name]?.slice(0, 3);
      expect(length).toBe(SUNSPEC_METER.length);
      expect(of('W')).toEqual([SUNSPEC_METER.powerW, 'int16', 'W_SF']);
      expect(of('W_SF')).toEqual([SUNSPEC_METER.powerScale, 'sunssf', null]);
      expect(of('TotWhExp')).toEqual([SUNSPEC_METER.injectedTotalWh, 'acc32', 'TotWh_SF']);
      expect(of('TotWhImp')).toEqual([SUNSPEC_METER.withdrawnTotalWh, 'acc32', 'TotWh_SF']);
      expect(of('TotWh_SF')).toEqual([SUNSPEC_METER.energyScale, 'sunssf', null]);
      for (const [name, offset] of [
        ['TotVArhImpQ1', SUNSPEC_METER.inductiveWithdrawnVarh],
        ['TotVArhImpQ2', SUNSPEC_METER.capacitiveInjectedVarh],
        ['TotVArhExpQ3', SUNSPEC_METER.inductiveInjectedVarh],
        ['TotVArhExpQ4', SUNSPEC_METER.capacitiveWithdrawnVarh],
      ] as const) {
        expect(of(name)).toEqual([offset, 'acc32', 'TotVArh_SF']);
      }
      expect(of('TotVArh_SF')).toEqual([SUNSPEC_METER.reactiveScale, 'sunssf', null]);
    });

    it('model 701 is a plant’s own meter as ours is read', async () => {
      const { 701: model } = (await said(POINTS, '701')) as { 701: Model };
      const of = (name: string) => model.points[name]?.slice(0, 3);
      expect(of('W')).toEqual([SUNSPEC_DER.powerW, 'int16', 'W_SF']);
      expect(of('W_SF')).toEqual([SUNSPEC_DER.powerScale, 'sunssf', null]);
      for (const [name, offset, scale] of [
        ['TotWhInj', SUNSPEC_DER.injectedTotalWh, 'TotWh_SF'],
        ['TotWhAbs', SUNSPEC_DER.withdrawnTotalWh, 'TotWh_SF'],
        ['TotVarhInj', SUNSPEC_DER.injectedTotalVarh, 'TotVarh_SF'],
        ['TotVarhAbs', SUNSPEC_DER.withdrawnTotalVarh, 'TotVarh_SF'],
      ] as const) {
        expect(of(name)).toEqual([offset, 'uint64', scale]);
      }
      expect(of('TotWh_SF')).toEqual([SUNSPEC_DER.energyScale, 'sunssf', null]);
      expect(of('TotVarh_SF')).toEqual([SUNSPEC_DER.reactiveScale, 'sunssf', null]);
    });

    it('model 704 has the controls that an EMS is told by', async () => {
      const { 704: model } = (await said(POINTS, '704')) as { 704: Model };
      const { points } = model;
      const controls: [string, SunSpecControl, string][] = [
        ['WSet', SUNSPEC_704.power, 'WATTS'],
        ['VarSet', SUNSPEC_704.reactive, 'VARS'],
      ];
      for (const [name, control, absolute] of controls) {
        const of = (more: string) => points[`${name}${more}`]?.slice(0, 3);
        expect(of('Ena')).toEqual([control.enable, 'enum16', null]);
        expect(of('Mod')).toEqual([control.mode, 'enum16', null]);
        expect(points[`${name}Mod`]![3][absolute]).toBe(control.absoluteMode);
        expect(of('')).toEqual([control.setpoint, 'int32', `${name}_SF`]);
        expect(of('EnaRvrt')).toEqual([control.afterReversion, 'enum16', null]);
        expect(of('RvrtTms')).toEqual([control.reversionTime, 'uint32', null]);
        expect(of('_SF')).toEqual([control.scaleFactor, 'sunssf', null]);
      }
    });

    it('models 121, 123 and 124 have the controls that a device is told by in percent', async () => {
      const models = (await said(POINTS, '121', '123', '124')) as Record<number, Model>;
      const of = (model: number, name: string) => models[model]!.points[name]?.slice(0, 3);
      const { limit, reactive } = SUNSPEC_123;
      const { rates, chargeMaxW, chargeMaxScale } = SUNSPEC_124;
      const offsets: [number, string, number, string, string?][] = [
        [121, 'WMax', SUNSPEC_121.powerMaxW, 'uint16', 'WMax_SF'],
        [121, 'WMax_SF', SUNSPEC_121.powerMaxScale, 'sunssf'],
        [123, 'WMaxLimPct', limit.setpoint, 'uint16', 'WMaxLimPct_SF'],
        [123, 'WMaxLimPct_RvrtTms', limit.reversionTime, 'uint16'],
        [123, 'WMaxLim_Ena', limit.enable, 'enum16'],
        [123, 'WMaxLimPct_SF', limit.scaleFactor, 'sunssf'],
        [123, 'VArWMaxPct', reactive.setpoint, 'int16', 'VArPct_SF'],
        [123, 'VArPct_RvrtTms', reactive.reversionTime, 'uint16'],
        [123, 'VArPct_Mod', reactive.mode, 'enum16'],
        [123, 'VArPct_Ena', reactive.enable, 'enum16'],
        [123, 'VArPct_SF', reactive.scaleFactor, 'sunssf'],
        [124, 'WChaMax', chargeMaxW, 'uint16', 'WChaMax_SF'],
        [124, 'WChaMax_SF', chargeMaxScale, 'sunssf'],
        [124, 'StorCtl_Mod', rates.enable, 'bitfield16'],
        [124, 'OutWRte', rates.discharge, 'int16', 'InOutWRte_SF'],
        [124, 'InWRte', rates.charge, 'int16', 'InOutWRte_SF'],
        [124, 'InOutWRte_RvrtTms', rates.reversionTime, 'uint16'],
        [124, 'InOutWRte_SF', rates.scaleFactor, 'sunssf'],
      ];
      for (const [model, name, offset, type, scale = null] of offsets) {
        expect([
          name,
          ...of(model, name)!.map((it) => (typeof it === 'string' ? it.trim() : it)),
        ]).toEqual([name, offset, type, scale]);
      }
      expect(models[123]!.points['WMaxLim_Ena']![3]['ENABLED']).toBe(limit.enabled);
      expect(models[123]!.points['VArPct_Ena']![3]['ENABLED']).toBe(reactive.enabled);
      expect(models[123]!.points['VArPct_Mod']![3]['WMax']).toBe(reactive.ofActivePower);
      const { CHARGE, DiSCHARGE } = models[124]!.points['StorCtl_Mod']![3];
      expect((1 << CHARGE!) | (1 << DiSCHARGE!)).toBe(rates.enabled);
      expect([models[123]!.length, models[124]!.length]).toEqual([24, 24]);
    });

    it('tell that there is no number by words that no reading takes for one', async () => {
      const words = (await said(NOT_IMPLEMENTED)) as Record<RegisterType, string>;
      for (const [type, hex] of Object.entries(words) as [RegisterType, string][]) {
        const register = { address: 0, type, scale: 1, unit: 'W' } as const;
        const registers = hex.match(/.{4}/g)!.map((word) => Number.parseInt(word, 16));
        expect(() => decodeRegister(register, registers)).toThrow(/not available|no plausible/);
      }
      expect(Object.keys(words)).toHaveLength(7);
    });

    it('are what their client finds at our simulated EMS, with the target that a node has told it', async () => {
      const device = await startSunSpecEmsServer({ port: 0, unitId: 3, onTarget: () => {} });
      const ems = sunSpecEms({ host: device.host, port: device.port, unitId: 3, timeoutMs: 5_000 });
      try {
        await ems.apply({ powerW: -1_234, reactiveVar: 50 });
        expect(await said(CLIENT, `${device.port}`, '3')).toEqual({
          'made by': 'Flexledger',
          WSetEna: 1,
          WSetMod: SUNSPEC_704.power.absoluteMode,
          WSet: 1_234,
          WSetEnaRvrt: 0,
          WSetRvrtTms: 960,
          VarSetEna: 1,
          VarSetMod: SUNSPEC_704.reactive.absoluteMode,
          VarSet: -50,
        });
      } finally {
        await ems.close();
        await device.close();
      }
    });
  },
);
