/** What is wrong with a node, kept in its folder: a restart neither forgets it nor lets it stand for ever. */
import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDeviceMessage } from '@flexledger/messaging';
import type { AnomalyShelf, ToldAnomalies } from '../uplink/anomalies';

const NOTHING: ToldAnomalies = { last: [], untaken: [] };

/** A file that cannot be read counts as none: what stands is found again by the next probe. */
export function openAnomalyShelf(folder: string): AnomalyShelf {
  const file = path.join(folder, 'anomalies.json');
  return {
    told: existsSync(file) ? toldIn(file) : NOTHING,
    async keep(told) {
      await writeFile(`${file}.new`, `${JSON.stringify(told)}\n`, { mode: 0o600, flush: true });
      await rename(`${file}.new`, file);
    },
  };
}

function toldIn(file: string): ToldAnomalies {
  try {
    const told = JSON.parse(readFileSync(file, 'utf8')) as ToldAnomalies;
    const messages = [
      ...told.untaken,
      ...told.last.flatMap(({ begin, end }) => (end ? [begin, end] : [begin])),
    ];
    return messages.every(isMessage) ? told : NOTHING;
  } catch {
    return NOTHING;
  }
}

function isMessage(message: unknown): boolean {
  return parseDeviceMessage('anomaly', Buffer.from(JSON.stringify(message) ?? '')).ok;
}
