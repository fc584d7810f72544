/** The data folder of a day that an earlier release made, unpacked into a folder of its own. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { repositoryRoot } from '@flexledger/service-kit';

const RELEASES = 'infra/releases';

/** Releases that left a day, by their version. */
export function releases(): string[] {
  const folder = path.join(repositoryRoot(), RELEASES);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export interface ReleasedDay {
  readonly dataDir: string;
  remove(): void;
}

/** Unpacks `day-20` of a release. */
export function unpackReleasedDay(release: string): ReleasedDay {
  const from = path.join(repositoryRoot(), RELEASES, release, 'day-20');
  const dataDir = mkdtempSync(path.join(tmpdir(), `flexledger-${release}-`));
  for (const name of readdirSync(from)) {
    const stored = readFileSync(path.join(from, name));
    const isPacked = name.endsWith('.gz');
    const file = path.join(dataDir, isPacked ? name.slice(0, -3) : name);
    // Keys and secrets: the platform refuses to read them where others may.
    writeFileSync(file, isPacked ? gunzipSync(stored) : stored, { mode: 0o600 });
  }
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true }) };
}
