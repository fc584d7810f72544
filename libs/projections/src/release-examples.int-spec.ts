/** What earlier releases recorded is folded today by every view that wants it. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type RecordedEvent, decodeEvent } from '@flexledger/domain';
import { foldView } from './testing/recorded-log';
import { allViews } from './views';

const RELEASES = resolve(__dirname, '../../../infra/releases');
const releases = readdirSync(RELEASES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(releases)('release %s', (release) => {
  const events = JSON.parse(
    readFileSync(join(RELEASES, release, 'events.json'), 'utf8'),
  ) as RecordedEvent[];

  it.each(allViews.map((view) => [view.name, view] as const))('is folded into %s', (_, view) => {
    const wanted = events.filter(({ type }) => view.types.includes(type));
    // Each by itself, as the first of its documents, and all of them one after another.
    for (const event of wanted) foldView(view, [decodeEvent(event)]);
    foldView(view, wanted.map(decodeEvent));
  });
});

it('the first release has an example for every view of what it knew', () => {
  const events = JSON.parse(
    readFileSync(join(RELEASES, '0.1.0/events.json'), 'utf8'),
  ) as RecordedEvent[];
  const known = new Set(events.map(({ type }) => type));
  const ofThen = allViews.filter(({ types }) => types.some((type) => known.has(type)));
  expect(ofThen.length).toBeGreaterThan(15);
  const empty = ofThen.filter((view) => foldView(view, events.map(decodeEvent)).size === 0);
  // What nodes found was not signed, and so had no name, in that release.
  expect(empty.map(({ name }) => name)).toEqual(['anomalies']);
});
