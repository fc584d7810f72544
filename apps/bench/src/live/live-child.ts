/** Entry of a process of its own: a session of so many PoDs, lived through in a folder. */
import { answerApart } from '../run-apart';
import { measureLive } from './measure-live';

async function main(folder: string, pods: number): Promise<void> {
  answerApart({ stages: await measureLive(folder, pods) });
}

void main(process.argv[2]!, Number(process.argv[3]));
