/** The first steps that `up` prints on an empty folder, run in a shell as they are printed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '@flexledger/service-kit';
import { type BuiltCli, buildCli } from './built-cli';

const hasCurl = spawnSync('curl', ['--version']).status === 0;

let cli: BuiltCli;
let folder: string;
beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-first-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

const start = (name: string) =>
  cli.start('up', '--data', path.join(folder, name), '--port', '0', '--mqtt-port', '0');

/** The printed commands, of which each begins a line; continuation lines belong to it. */
function commandsIn(printed: string): string[] {
  const steps = printed.slice(printed.indexOf('first three steps'));
  const lines = steps.split('\n').filter((line) => line.startsWith('   '));
  const whole = lines.join('\n').replaceAll('\\\n', '');
  return whole.split('\n').map((line) => line.trim());
}

/** Runs one in a shell until it ends, or has said `until`. */
async function shell(command: string, until?: string): Promise<string> {
  const program = command.replace('npx flexledger', `${process.execPath} ${cli.main}`);
  const child = spawn('sh', ['-c', program], { cwd: repositoryRoot(), detached: true });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (until !== undefined && said.includes(until)) process.kill(-child.pid!);
  });
  await once(child, 'close');
  return said;
}

(hasCurl ? it : it.skip)('lead from nothing to an enrolled node (with curl)', async () => {
  const running = start('walked');
  await running.url;
  const [party, client, token, pod, nodeToken, node] = await printedBy(running);
  expect(await shell(party!)).toContain('aggregator:ALFA');
  const secret = /[\w-]{40,}/.exec(await shell(client!))![0];
  const asked = `${token!.replace('SECRET', secret)}\n${pod!}`;
  const registered = await shell(asked);
  expect(JSON.parse(registered)).toEqual({ podId: 'IT001E00000001', changed: true });
  const [oneTime] = (await shell(nodeToken!)).split('\n');
  const run = node!.replace('NODE_TOKEN', oneTime!);
  expect(await shell(run, 'connected')).toContain('The node of PoD IT001E00000001 has enrolled.');
  // The same command again is the same node.
  expect(await shell(run, 'connected')).toContain('The node of PoD IT001E00000001 starts.');
  running.kill('SIGTERM');
  expect((await running.ended).code).toBe(0);
});

it('are not printed where the folder holds a market', async () => {
  const first = start('again');
  await printedBy(first);
  first.kill('SIGTERM');
  await first.ended;
  const again = start('again');
  await again.url;
  again.kill('SIGTERM');
  expect((await again.ended).stdout).not.toContain('first three steps');
});

async function printedBy(running: ReturnType<typeof start>): Promise<string[]> {
  await running.url;
  return commandsIn(await running.said('shows a whole market day'));
}
