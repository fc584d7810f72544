/**
 * A process of its own that gives commands to counters on a log, for the suite of command handling. Arguments:
 * the folder of an embedded log, or `-`, the address of another and its namespace. On its standard input, a
 * line each:
 *
 * - `count STREAM TIMES NAME`: as many commands `NAME/0`, `NAME/1`, ..., one after another; prints `done`.
 * - `once STREAM NAME`: the command `NAME`; prints its result as JSON.
 */
import { createInterface } from 'node:readline';
import { wallClock } from '@flexledger/runtime';
import { createCommandHandler } from '../command-handling';
import { openLog } from '../open-log';
import { askedAs, counterDecider } from './counter';

const [dataDir = '', url, namespace] = process.argv.slice(2);
void obey();

async function obey(): Promise<void> {
  const store = await openLog({ dataDir, url, namespace }, { clock: wallClock });
  const handler = createCommandHandler({
    store,
    clock: wallClock,
    decider: counterDecider,
    decode: (event) => event,
  });
  say('open');
  for await (const line of createInterface({ input: process.stdin })) {
    const [order, streamId = '', ...rest] = line.split(' ');
    if (order === 'count') {
      const [times, name] = rest;
      for (let turn = 0; turn < Number(times); turn += 1) {
        await handler.handle(streamId, { kind: 'count' }, askedAs(`${name}/${turn}`));
      }
      say('done');
    } else {
      say(JSON.stringify(await handler.handle(streamId, { kind: 'count' }, askedAs(rest[0]!))));
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
