/** Programs of the Python package index, in environments of their own. They are no dependencies of ours. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from './run-apart';

const INSTALL_LIMIT_MS = 240_000;

/**
 * The interpreter of an environment with the packages, which is made in `folder` where it is not
 * there yet.
 *
 * @param packages module to import by name of the package
 * @throws Error where there is no Python, no index or no time
 */
export async function installedPython(
  folder: string,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const windows = process.platform === 'win32';
  const python = path.join(folder, windows ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(python)) {
    const imports = ['-c', `import ${Object.values(packages).join(', ')}`];
    const works = await runPython(python, imports, INSTALL_LIMIT_MS).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  await runPython(
    windows ? 'python' : 'python3',
    ['-m', 'venv', '--clear', folder],
    INSTALL_LIMIT_MS,
  );
  const quiet = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '15'];
  const install = ['-m', 'pip', 'install', ...quiet, ...Object.keys(packages)];
  await runPython(python, install, INSTALL_LIMIT_MS);
  return python;
}

/** What a program prints. @throws Error saying why it did not end well */
export async function runPython(
  program: string,
  args: readonly string[],
  limitMs: number,
  input = '',
): Promise<string> {
  const run = { timeoutMs: limitMs, input };
  const { late, code, output, complaint } = await runToEnd(program, args, run);
  if (!late && code === 0) return output;
  const reason = late ? `ended after ${limitMs} ms` : complaint.trim().slice(-300);
  throw new Error(`${path.basename(program)} ${args.slice(0, 3).join(' ')}: ${reason}`);
}
