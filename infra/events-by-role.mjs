/** Writes `docs/events-by-role.md` from what the code shows each role; run by `npm run events-by-role`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import page from '../dist/libs/service-kit/src/events/events-by-role-page.js';

writeFileSync(
  fileURLToPath(new URL('../docs/events-by-role.md', import.meta.url)),
  page.eventsByRolePage(),
);
