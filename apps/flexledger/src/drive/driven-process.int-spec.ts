import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDrivenProcess } from './driven-process';

// Goal: a process that is killed begins a new life, in which it is asked again; how long it was gone is known.

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-driven-'))));
afterAll(() => rmSync(folder, { recursive: true }));

it('answers in its next life what it was asked before it was killed, and tells how long it was gone', async () => {
  const file = path.join(folder, 'process.js');
  writeFileSync(
    file,
    `process.on('message', ({ id, message }) =>
      process.send({ id, state: message.kind }, () => {
        if (message.kind === 'close') process.disconnect();
      }));`,
  );
  const problems: string[] = [];
  const driven = startDrivenProcess<{ readonly kind: string }, string>({
    name: 'test',
    file,
    open: () => ({ kind: 'open' }),
    closing: { kind: 'close' },
    onProblem: (problem) => problems.push(problem),
  });
  expect(await driven.ask({ kind: 'work' })).toBe('work');
  expect([driven.lives(), driven.goneMs()]).toEqual([1, 0]);
  driven.kill();
  expect(await driven.ask({ kind: 'more work' })).toBe('more work');
  expect(driven.lives()).toBe(2);
  const goneMs = driven.goneMs();
  expect(goneMs).toBeGreaterThan(0);
  expect(await driven.ask({ kind: 'work' })).toBe('work');
  expect(driven.goneMs()).toBe(goneMs);
  await driven.close();
  expect(problems).toEqual([]);
});
