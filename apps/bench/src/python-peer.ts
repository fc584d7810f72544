/** Programs of the Python package index, in environments of their own. They are no dependencies of ours. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

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
export function runPython(
  program: string,
  args: readonly string[],
  limitMs: number,
  input = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: process.env,
    });
    const name = `${path.basename(program)} ${args.slice(0, 3).join(' ')}`;
    let output = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    const timer = setTimeout(() => child.kill(), limitMs);
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${name}: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(output);
      const reason = signal === null ? complaint.trim().slice(-300) : `ended after ${limitMs} ms`;
      reject(new Error(`${name}: ${reason}`));
    });
    child.stdin.end(input);
  });
}
