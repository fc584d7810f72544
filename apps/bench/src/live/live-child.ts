/** Entry of a process of its own: a session of so many PoDs, lived through in a folder. */
import { type FlowMoment, listenToFlows } from '@flexledger/runtime';
import { answerApart } from '../run-apart';
import { measureLive } from './measure-live';

async function main(folder: string, pods: number): Promise<void> {
  const moments: FlowMoment[] = [];
  listenToFlows((moment) => moments.push(moment));
  const stages = await measureLive(folder, pods);
  answerApart({ stages, moments });
}

void main(process.argv[2]!, Number(process.argv[3]));
