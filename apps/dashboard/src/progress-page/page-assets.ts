import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '@flexledger/service-kit';

/** Files of `apps/dashboard/public`, by name. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  'progress.css': 'text/css; charset=utf-8',
  'live-refresh.js': 'text/javascript; charset=utf-8',
};

/** A file that the progress page asks for; undefined when it is none of its own. */
export function pageAsset(
  name: string,
): { readonly content: Buffer; readonly mediaType: string } | undefined {
  const mediaType = Object.hasOwn(MEDIA_TYPES, name) ? MEDIA_TYPES[name] : undefined;
  if (mediaType === undefined) return undefined;
  const file = path.join(repositoryRoot(), 'apps/dashboard/public', name);
  return { content: readFileSync(file), mediaType };
}
