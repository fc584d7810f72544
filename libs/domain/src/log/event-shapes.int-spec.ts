/**
 * No event changes its shape unseen: the shapes that `infra/event-shapes.mjs` reads from the domain's types
 * are those of `event-shapes.json`. And the guard is tried: on a copy of the domain a shape is changed.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventVersions } from './event-versions';

const ROOT = resolve(__dirname, '../../../..');
const SCRIPT = 'infra/event-shapes.mjs';
const READER = 'infra/read-domain.mjs';
const SCHEMAS = 'infra/schemas-of-types.mjs';
const DOMAIN = 'libs/domain/src';

function eventShapes(root: string, ...args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [join(root, SCRIPT), ...args], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

it('every event has the shape of its version', () => {
  expect(eventShapes(ROOT, '--check')).toEqual({ status: 0, stderr: '' });
});

it('every event that the domain names has a version', () => {
  const named = readdirSync(join(ROOT, DOMAIN), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/spec\.ts$|testing/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(ROOT, DOMAIN, file), 'utf8').matchAll(/readonly type: '(\w+)'/g),
    ])
    .map(([, type]) => type!);
  expect(named).toContain('PodRegistered');
  expect(named.filter((type) => !Object.hasOwn(eventVersions, type))).toEqual([]);
});

describe('when a shape is changed', () => {
  let copy: string;
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'event-shapes-'));
    for (const part of [SCRIPT, READER, SCHEMAS, DOMAIN]) {
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    edit('node/events.ts', 'readonly meterDriver: string;', 'readonly meterDriver: string | null;');
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  function edit(file: string, before: string, after: string): void {
    const path = join(copy, DOMAIN, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(before);
    writeFileSync(path, text.replace(before, after));
  }

  const shapes = (): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(copy, DOMAIN, 'log/event-shapes.json'), 'utf8'));
  const original = '{ meterDriver: string; podId: string; publicKey: string }';
  const changed = '{ meterDriver: null | string; podId: string; publicKey: string }';

  it('without a new version, the guard names the event and what to do, and keeps nothing', () => {
    for (const args of [['--check'], []]) {
      const { status, stderr } = eventShapes(copy, ...args);
      expect(status).toBe(1);
      expect(stderr).toContain('The shape of NodeEnrolled has changed and its version has not.');
      expect(stderr).toContain('Raise the version of NodeEnrolled in');
      expect(stderr).toContain('npm run event-shapes');
      expect(stderr).toContain(`now: ${changed}`);
    }
    expect(shapes().NodeEnrolled).toEqual({ 1: original });
  });

  it('with a new version, the guard asks for its shape and keeps it beside the old one', () => {
    edit('log/event-versions.ts', 'NodeEnrolled: 1', 'NodeEnrolled: 2');
    expect(eventShapes(copy, '--check').stderr).toContain(
      'The shape of NodeEnrolled version 2 is not in libs/domain/src/log/event-shapes.json',
    );
    expect(eventShapes(copy)).toEqual({ status: 0, stderr: '' });
    expect(shapes().NodeEnrolled).toEqual({ 1: original, 2: changed });
    expect(eventShapes(copy, '--check').status).toBe(0);
  });

  it('and an event that disappears is missed', () => {
    edit('log/event-versions.ts', '  NodeEnrolled: 2,\n', '');
    const { status, stderr } = eventShapes(copy, '--check');
    expect(status).toBe(1);
    expect(stderr).toContain('NodeEnrolled is gone from eventVersions');
  });
});
