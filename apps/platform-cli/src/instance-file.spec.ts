/** A serving process is found by its file; one that was killed is not taken for running. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Instance, leaveInstanceFile, runningInstances } from './instance-file';

const folder = mkdtempSync(path.join(tmpdir(), 'instances-'));
afterAll(() => rmSync(folder, { recursive: true }));

const instance = (name: string, pid: number): Instance => ({
  instance: name,
  version: '0.1.0',
  pid,
  url: 'http://127.0.0.1:1',
  platforms: ['certifier'],
  mqtt: null,
  chainId: 1,
  startedAt: '2026-03-17T10:00:00.000Z',
});

it('is there as long as the process serves, for its owner only', () => {
  const own = instance('a', process.pid);
  const { update, remove } = leaveInstanceFile(folder, own);
  expect(runningInstances(folder)).toEqual([own]);
  expect(statSync(path.join(folder, 'instance-a.json')).mode & 0o777).toBe(0o600);
  update({ ...own, url: null });
  expect(runningInstances(folder)).toEqual([{ ...own, url: null }]);
  remove();
  expect(readdirSync(folder)).toEqual([]);
});

it('beside a process of the same name hides neither, and takes away its own only', () => {
  const [older, younger] = [instance('twin', process.ppid), instance('twin', process.pid)];
  const fileOfOlder = leaveInstanceFile(folder, older);
  const fileOfYounger = leaveInstanceFile(folder, younger);
  expect(runningInstances(folder)).toHaveLength(2);
  fileOfYounger.remove();
  expect(runningInstances(folder)).toEqual([older]);
  fileOfOlder.remove();
});

it('of a process that is gone, or half written, says nothing', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  leaveInstanceFile(folder, instance('gone', pid));
  writeFileSync(path.join(folder, 'instance-half.json'), '{"instance":');
  writeFileSync(path.join(folder, 'instance-other.json'), 'null');
  expect(runningInstances(folder)).toEqual([]);
  expect(runningInstances(path.join(folder, 'nowhere'))).toEqual([]);
});
