/**
 * A process that asks for leases of one name without pause, works under each for a moment and gives it
 * free: `sqlite-processor-state.int-spec.ts` runs several at a time. Arguments: path, owner, rounds.
 * Each line it prints is a fence under which it saved a checkpoint.
 */
import { writeSync } from 'node:fs';
import { wallClock } from '@flexledger/runtime';
import { openSqliteProcessorState } from '../sqlite-processor-state';

const [path = '', owner = '', rounds = '0'] = process.argv.slice(2);

async function ask(): Promise<void> {
  const state = await openSqliteProcessorState({ path, clock: wallClock });
  for (let left = Number(rounds); left > 0;) {
    const lease = await state.acquire('contested', owner, 60_000);
    if (!lease) continue;
    const before = (await state.checkpoint('contested')) ?? 0;
    await state.saveCheckpoint(lease, before + 1);
    writeSync(1, `${lease.fence}\n`);
    await state.release(lease);
    left -= 1;
  }
  await state.close();
}

void ask();
