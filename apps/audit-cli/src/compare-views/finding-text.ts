import type { ViewFinding } from './compare-views';

/** Of a value. */
const WORDS_CHARACTERS = 120;

/** A finding as one line for people. */
export function viewFindingText(finding: ViewFinding): string {
  const { view, id, path: at } = finding;
  const named = `${view} ${id}`;
  if (!('served' in finding) && at === '') return `${named} is missing`;
  if (!('fromLog' in finding) && at === '') return `${named} is in no log`;
  return `${named}: ${at || 'it'} is ${words(finding.served)}, the log gives ${words(finding.fromLog)}`;
}

function words(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > WORDS_CHARACTERS ? `${text.slice(0, WORDS_CHARACTERS)} ...` : text;
}
