/** What benchmarks leave behind when they end well, badly, late, or by Ctrl-C: nothing. */
import { existsSync } from 'node:fs';
import { inTemporaryFolder } from './leave-nothing';
import { runToEnd } from './run-apart';

/** A command that has started another one; its output stays open as long as either lives. */
const FAMILY = ['-c', 'sleep 60 & sleep 60'];

describe('a temporary folder', () => {
  it('is there during the work, and gone after it', async () => {
    const folder = await inTemporaryFolder(async (made) => {
      expect(existsSync(made)).toBe(true);
      return made;
    });
    expect(existsSync(folder)).toBe(false);
  });

  it('is gone after work that failed', async () => {
    let folder = '';
    const work = inTemporaryFolder(async (made) => {
      folder = made;
      throw new Error('no figures');
    });
    await expect(work).rejects.toThrow('no figures');
    expect(existsSync(folder)).toBe(false);
  });
});

describe('a command', () => {
  it('gives its exit code and what it said', async () => {
    const node = ['-e', 'console.log("figures"); console.error("a word"); process.exit(3)'];
    expect(await runToEnd(process.execPath, node, { timeoutMs: 60_000 })).toEqual({
      late: false,
      code: 3,
      output: 'figures\n',
      complaint: 'a word\n',
    });
  });

  it('that is not there is told by name', async () => {
    const end = await runToEnd('no-such-command', [], { timeoutMs: 60_000 });
    expect(end.code).not.toBe(0);
    expect(end.complaint).toContain('no-such-command');
  });

  it('that takes too long is ended with what it started', async () => {
    const end = await runToEnd('sh', FAMILY, { timeoutMs: 200 });
    expect(end).toMatchObject({ late: true, code: null });
  });
});

describe('Ctrl-C', () => {
  it('ends commands with what they started, removes folders, and exits as a shell expects', async () => {
    const exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    const before = process.listenerCount('SIGINT');
    let folder = '';
    const work = inTemporaryFolder(async (made) => {
      folder = made;
      const running = runToEnd('sh', FAMILY, { timeoutMs: 60_000 });
      process.emit('SIGINT', 'SIGINT');
      expect(existsSync(made)).toBe(false);
      return running;
    });
    expect(await work).toMatchObject({ late: false, code: null });
    expect(folder).not.toBe('');
    expect(exit.mock.calls).toEqual([[130]]);
    expect(process.listenerCount('SIGINT')).toBe(before);
    exit.mockRestore();
  });
});
