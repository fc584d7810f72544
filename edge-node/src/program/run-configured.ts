/** A Light Node as its configuration has it. */
import { existsSync } from 'node:fs';
import { type Timers, wallClock } from '@flexledger/runtime';
import { emsOf, meterDriverOf, meterOf } from '../config/devices';
import { type NodeConfig, NodeConfigUnusable, secretIn } from '../config/node-config';
import { type NodeProgram, type NodeProgramOptions, runNode } from './run-node';

const PROBE_EVERY_MS = 60_000;
const POWER_EVERY_SECONDS = 10;

/** The devices of a plant that is not the configuration's, as a simulated one; its EMS is, where absent. */
export type PlantDevices = Pick<NodeProgramOptions, 'meter' | 'meterDriver' | 'meterSerialNumber'> &
  Partial<Pick<NodeProgramOptions, 'ems'>>;

/** What a configured node is run by. */
export interface ConfiguredRun {
  readonly timers: Timers;
  /** Told what an operator at the node should know. */
  readonly onProblem: (problem: string) => void;
  readonly plant?: PlantDevices;
  /** The one-time token, where it stands in no file. */
  readonly token?: string;
  /** The bearer token of an EMS by REST, where it stands in no file. */
  readonly emsToken?: string;
}

/** @throws NodeConfigUnusable, and what `runNode` throws */
export async function runConfigured(config: NodeConfig, run: ConfiguredRun): Promise<NodeProgram> {
  const { podId, folder, platform, serialLines, localPort } = config;
  const { powerEverySeconds = POWER_EVERY_SECONDS } = config;
  const { timers, onProblem, emsToken, plant = meterIn(config) } = run;
  const token = run.token ?? tokenOf(platform);
  const otherMeters = (config.otherMeters ?? []).map((meter) => ({
    name: meter.at,
    meter: meterOf(meter, serialLines),
  }));
  return runNode({
    podId,
    folder,
    ...(token !== undefined && { invitation: { url: platform.url, token } }),
    ...plant,
    ems: plant.ems ?? emsIn(config, emsToken),
    otherMeters,
    timeFrom: [platform.url, ...(platform.timeFrom ?? [])],
    ...(localPort !== undefined && { localPort }),
    ...(powerEverySeconds > 0 && { powerEveryMs: powerEverySeconds * 1_000 }),
    probeEveryMs: PROBE_EVERY_MS,
    clock: wallClock,
    timers,
    onProblem,
  });
}

/** Once a node has enrolled, the file may be gone. */
function tokenOf({ tokenFile }: NodeConfig['platform']): string | undefined {
  return tokenFile !== undefined && existsSync(tokenFile) ? secretIn(tokenFile) : undefined;
}

function meterIn({ meter, serialLines }: NodeConfig): PlantDevices {
  if (!meter) {
    throw new NodeConfigUnusable(
      'The configuration names no meter; give one, or try the node with --simulate.',
    );
  }
  return {
    meter: meterOf(meter, serialLines),
    meterDriver: meterDriverOf(meter),
    meterSerialNumber: meter.serialNumber,
  };
}

function emsIn({ ems, serialLines }: NodeConfig, given: string | undefined) {
  const token = given ?? (ems?.tokenFile === undefined ? undefined : secretIn(ems.tokenFile));
  return emsOf(ems && { ...ems, ...(token !== undefined && { token }) }, serialLines);
}
