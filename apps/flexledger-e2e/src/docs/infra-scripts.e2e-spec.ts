/** What the scripts of `infra` say when a program that they run fails. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '@flexledger/service-kit';

const runChild = pathToFileURL(path.join(repositoryRoot(), 'infra/run-child.mjs')).href;

function runs(child: string): { readonly status: number | null; readonly stderr: string } {
  const script =
    `import { run } from '${runChild}';\n` +
    `process.stdout.write(run(process.execPath, ['-e', ${JSON.stringify(child)}]));`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
}

it('a child that fails is told of with all that it said, and how it ended', () => {
  const failing = runs("console.log('half a report'); console.error('disk full'); process.exit(3)");
  expect(failing.status).not.toBe(0);
  expect(failing.stderr).toContain('fails (exit code 3):\nhalf a report\ndisk full\n');
  expect(runs("process.kill(process.pid, 'SIGTERM')").stderr).toContain('fails (SIGTERM):');
});

it('what a child says that does well is given back', () => {
  expect(runs("console.log('done')")).toMatchObject({ status: 0, stdout: 'done\n' });
});
