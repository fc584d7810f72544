/** A Light Node as its configuration has it. */
import { existsSync } from 'node:fs';
import { type Timers, wallClock } from '@flexledger/runtime';
import { emsOf, meterDriverOf, meterOf } from '../config/devices';
import { type NodeConfig, NodeConfigUnusable, secretIn } from '../config/node-config';
import { type NodeProgram, type NodeProgramOptions, runNode } from './run-node';

/** How often what may be wrong is tried, ms. */
export const PROBE_EVERY_MS = 60_000;
const POWER_EVERY_SECONDS = 10;

/** The meter and the EMS of a plant, where they are not those of the configuration. */
export type PlantDevices = Pick<
  NodeProgramOptions,
  'meter' | 'meterDriver' | 'meterSerialNumber' | 'ems'
>;

/** @throws NodeConfigUnusable, and what `runNode` throws */
export async function runConfigured(
  config: NodeConfig,
  timers: Timers,
  onProblem: (problem: string) => void,
  plant: PlantDevices = plantOf(config),
): Promise<NodeProgram> {
  const { podId, folder, platform, serialLines, localPort } = config;
  const { powerEverySeconds = POWER_EVERY_SECONDS } = config;
  const { url, tokenFile } = platform;
  const otherMeters = (config.otherMeters ?? []).map((meter) => ({
    name: meter.at,
    meter: meterOf(meter, serialLines),
  }));
  return runNode({
    podId,
    folder,
    // Once it has enrolled, the token may be gone.
    ...(tokenFile !== undefined &&
      existsSync(tokenFile) && { invitation: { url, token: secretIn(tokenFile) } }),
    ...plant,
    otherMeters,
    ...(localPort !== undefined && { localPort }),
    ...(powerEverySeconds > 0 && { powerEveryMs: powerEverySeconds * 1_000 }),
    probeEveryMs: PROBE_EVERY_MS,
    clock: wallClock,
    timers,
    onProblem,
  });
}

function plantOf({ meter, ems, serialLines }: NodeConfig): PlantDevices {
  if (!meter) {
    throw new NodeConfigUnusable(
      'The configuration names no meter; give one, or try the node with --simulate.',
    );
  }
  const token = ems?.tokenFile === undefined ? {} : { token: secretIn(ems.tokenFile) };
  return {
    meter: meterOf(meter, serialLines),
    meterDriver: meterDriverOf(meter),
    meterSerialNumber: meter.serialNumber,
    ems: emsOf(ems && { ...ems, ...token }, serialLines),
  };
}
