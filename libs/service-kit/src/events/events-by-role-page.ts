import {
  type EventLine,
  EVENTS_BY_ROLE,
  type OwnedBy,
  PARTIES,
  type Shown,
} from './events-by-role';

const SHOWN: Readonly<Record<Shown, string>> = {
  none: '-',
  all: 'all',
  own: 'own',
  ownRows: 'own rows',
};

const OWNED_BY: Readonly<Record<OwnedBy, string>> = {
  named: 'of whom it names',
  pod: 'of the PoD and its aggregator then',
  agreement: 'of the PoD and who proposed the agreement',
  request: 'of who sent the request',
  party: 'of the party whose it is',
  access: 'of who owns the data and who reads them',
  user: 'of whom it names; what is a user’s own, of that user',
};

const INTRODUCTION = `# Events by role

What \`GET /api/v1/events\` (pages and streams) and webhooks show of each type of event. Written from
\`libs/service-kit/src/events/events-by-role.ts\` by \`npm run events-by-role\`; a test keeps it current.

- **all**: every event, whole. **own**: events about what is one's own, whole. **own rows**: every such event, with
  one's own rows only. **-**: none. Operators, auditors and the operator's platforms are shown all, whole.
- A system operator owns what it requested, an aggregator what names it, a customer and a Light Node what is of
  their PoD. Where an event names only a PoD, its aggregator is the one it was registered with when it happened: who
  takes a PoD over sees nothing of before, who gave it up nothing of after.
- The owner of data grants others to read them: whoever was granted the data set that stands in the last column is
  shown these events too, those of that PoD (of the grid), from the grant on and until it is revoked.
- A token needs the scope \`events:read\`.

## An event with rows of many

Shown by its own rows, a CloudEvent has the extension attribute \`flexledgerpartial: true\`, also where nothing was left
out. In \`data\` the lists named below hold the reader's rows in their order; all else stands as it is. How many rows
there are of others is not told, and of a part without a row of one's own there is nothing, but for the last one
(\`part.index\` = \`part.of\` - 1, so also the only one): with an empty list, it says that the whole stands.

\`id\`, \`position\` and \`hash\` are those of the whole event. The hash cannot be computed from the rows shown; under the
position its proof can be asked for (\`GET /api/v1/log/inclusion\`), and an auditor shows that the rows stand in it.

## The table

`;

/** `docs/events-by-role.md`. */
export function eventsByRolePage(): string {
  const head = ['event', ...PARTIES, 'whose', 'data set'];
  const rows = Object.entries(EVENTS_BY_ROLE).map(([type, line]) => [
    `\`${type}\``,
    ...PARTIES.map((role) => SHOWN[line.shown[role]]),
    whose(line),
    line.dataSet ?? '',
  ]);
  return `${INTRODUCTION}${markdownTable([head, ...rows])}`;
}

function whose({ ownedBy, rows = {} }: EventLine): string {
  if (ownedBy) return OWNED_BY[ownedBy];
  return Object.entries(rows)
    .map(([list, owner]) => `\`${list}\`: each ${OWNED_BY[owner]}`)
    .join('; ');
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1), ''].join('\n');
}
