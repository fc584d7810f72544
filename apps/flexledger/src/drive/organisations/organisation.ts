/** An organisation of a simulated day, as its driver holds it. */
import path from 'node:path';
import type { Config } from '../../config/config';
import { type DrivenProcess, startDrivenProcess } from '../driven-process';
import type { OpenOrganisation, OrganisationRequest, OrganisationState } from './messages';

export interface Organisation extends DrivenProcess<
  OrganisationRequest,
  OrganisationState | undefined
> {
  readonly config: Config;
  /** Under which name others follow it. */
  readonly mirrorName: string;
}

export interface OrganisationOptions extends Pick<OpenOrganisation, 'config' | 'day' | 'grid'> {
  readonly name: string;
  readonly mirrorName: string;
  /** Where its data folder and the files that it names are. */
  readonly folder: string;
  readonly nowMs: () => number;
  readonly onProblem: (problem: string) => void;
}

/** Starts one; killed, it is started anew on its folder, and asked again what it had not answered. */
export function startOrganisation(options: OrganisationOptions): Organisation {
  const { name, mirrorName, folder, config, day, grid, nowMs, onProblem } = options;
  const child = startDrivenProcess<OrganisationRequest, OrganisationState | undefined>({
    name,
    file: path.join(__dirname, 'organisation-process.js'),
    cwd: folder,
    open: () => ({
      kind: 'open',
      config,
      nowMs: nowMs(),
      ...(day !== undefined && { day }),
      ...(grid && { grid }),
    }),
    closing: { kind: 'close' },
    onProblem,
  });
  return { ...child, config, mirrorName };
}
