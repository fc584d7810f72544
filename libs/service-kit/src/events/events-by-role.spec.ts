/** Every event of the catalogue has a line, and the page that tells of it is the one that is checked in. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type EventType, eventVersions } from '@flexledger/domain';
import { repositoryRoot } from '../repository-root';
import { EVENTS_BY_ROLE, PARTIES, shownTo } from './events-by-role';
import { eventsByRolePage } from './events-by-role-page';

const types = Object.keys(eventVersions) as EventType[];

it('has a line for every type of event, and for none besides', () => {
  expect(Object.keys(EVENTS_BY_ROLE).sort()).toEqual([...types].sort());
});

it.each(types)('%s: what is own says whose it is, and nothing else does', (type) => {
  const { shown, ownedBy, rows } = EVENTS_BY_ROLE[type];
  const used = PARTIES.map((role) => shown[role]);
  expect(ownedBy !== undefined).toBe(used.includes('own'));
  expect(rows !== undefined).toBe(used.includes('ownRows'));
});

it('shows nothing of a type that this release does not know', () => {
  for (const type of ['Newer', 'constructor', '__proto__']) {
    for (const role of PARTIES) expect(shownTo(role, type)).toBe('none');
  }
});

it('is told by docs/events-by-role.md (npm run events-by-role)', () => {
  const page = path.join(repositoryRoot(), 'docs/events-by-role.md');
  expect(readFileSync(page, 'utf8')).toBe(eventsByRolePage());
});
