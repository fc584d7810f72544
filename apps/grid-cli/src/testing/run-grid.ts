import { gridCommand } from '../grid.command';

/** What `flexledger grid` with the arguments prints, and what it tells beside. */
export async function runGrid(...args: string[]): Promise<{ out: string; told: string }> {
  const written = { out: '', told: '' };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += String(text);
    return true;
  });
  const told = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.told += String(text);
    return true;
  });
  try {
    await gridCommand().exitOverride().parseAsync(args, { from: 'user' });
  } finally {
    out.mockRestore();
    told.mockRestore();
  }
  return written;
}
