/** A day of organisations for people: each of them, each session, and each log beside those that it followed. */
import { table } from '@flexledger/terminal';
import type { ComparedSession, Said } from '../drive/organisations/compare-days';
import type { OrganisationsDay } from '../drive/organisations/simulate-organisations';

/** Findings shown of each pair of logs. */
const SHOWN = 3;

/** All of it, as it is printed. */
export function organisationsText(
  day: OrganisationsDay & { readonly wallSeconds: number },
): string {
  const { organisations, kills, cut, compared, missed, audits, isRight, wallSeconds } = day;
  const lines = [
    table([
      ['organisation', 'events in its log', 'killed'],
      ...organisations.map(({ name, events }) => [name, events, killed(name, kills)]),
    ]),
    table([
      ['session', 'said and cleared', 'settled and awarded'],
      ...compared.map((session) => [session.sessionId, ...standing(session)]),
    ]),
  ];
  if (cut) {
    const { organisation, sessionId, from, until } = cut;
    lines.push(
      `${organisation} and the market could not reach each other from ${from} to ${until}, while the gate of ` +
        `${sessionId} was open.`,
      ...(missed.length === 0
        ? ['Nothing was missed by it.']
        : [
            `It was missed: ${missed.map(words).join('; ')}.`,
            'What was decided later goes by what plants did after it, and may come out otherwise; each session is settled.',
          ]),
    );
  }
  for (const { taker, giver, party, events, checkpoints, found, findings } of audits) {
    const held = checkpoints > 0 ? `, ${checkpoints} checkpoints held` : '';
    const verdict = found === 0 ? 'both say the same' : `${found} findings`;
    lines.push(`${taker} of ${giver}, as ${party}: ${events} events${held}; ${verdict}.`);
    for (const { kind, reason } of findings.slice(0, SHOWN)) lines.push(`  ${kind}: ${reason}.`);
  }
  lines.push(
    isRight
      ? `The day ended right, in ${wallSeconds.toFixed(1)} s.`
      : `The day did not end right (${wallSeconds.toFixed(1)} s).`,
  );
  return lines.join('\n');
}

function killed(name: string, kills: OrganisationsDay['kills']): string {
  const kill = kills.find(({ organisation }) => organisation === name);
  return kill ? `in quarter-hour ${kill.mtu + 1}` : 'no';
}

function standing({ isSame, isSettledAlike, settledAt }: ComparedSession): [string, string] {
  const settlement = isSettledAlike ? 'as in one process' : 'otherwise';
  return [isSame ? 'as in one process' : 'otherwise', settledAt === null ? 'not' : settlement];
}

function words({ party, type, requestId }: Said): string {
  return `${type} of ${party}${requestId === undefined ? '' : ` (${requestId})`}`;
}
