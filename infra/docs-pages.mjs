/**
 * The pages of `docs/` that follow from the code: events from the domain's types, settings from their schemas.
 *
 *   npm run docs:pages             writes them
 *   npm run docs:pages -- --check  only compares, and names those that differ
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { readDomain } from './read-domain.mjs';

const root = new URL('..', import.meta.url);
const read = (file) => readFileSync(new URL(file, root), 'utf8');

const PAGES = {
  'docs/reference/events.md': eventsPage,
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/rule-packs.md': rulePackPage,
  'docs/reference/trust-file.md': trustPage,
};

const differing = [];
for (const [file, page] of Object.entries(PAGES)) {
  const path = fileURLToPath(new URL(file, root));
  const settings = await prettier.resolveConfig(path);
  const text = await prettier.format(page(), { ...settings, parser: 'markdown' });
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (text !== read(file)) differing.push(file);
}
if (differing.length > 0) {
  process.stderr.write(`Not current: ${differing.join(', ')}; run \`npm run docs:pages\`.\n`);
  process.exitCode = 1;
}

function eventsPage() {
  const { versions, described } = readDomain();
  const types = Object.keys(versions).sort();
  const subjects = [...new Set(types.map((type) => described.get(type).subject))].sort();
  return `# Event catalogue

Written by \`npm run docs:pages\` from the types in \`libs/domain/src/*/events.ts\`; a test keeps it current.

Each event of the log has an envelope (\`id\`, \`type\`, \`schemaVersion\`, \`streamId\`, \`revision\`, \`position\`,
\`occurredAt\`, \`recordedAt\`, \`correlationId\`, \`causationId\`, \`actor\`, \`hash\`) and \`data\` of the shape below. \`?\` marks
what may be absent. Powers are in W, energy in Wh, prices in micro-euro per kWh, money in micro-euro, all whole numbers;
instants are ISO 8601 in UTC. A running instance serves the JSON Schema of each \`data\` to anyone at
\`/schemas/TYPE/SCHEMAVERSION.json\`, as \`/schemas/MarketCleared/1.json\`. Who is shown which event is in
[Events by role](../events-by-role.md).

${types.length} types of events: ${types.map((type) => `[${type}](#${type.toLowerCase()})`).join(', ')}.

${subjects.map((subject) => eventsOf(subject, types, versions, described)).join('\n\n')}
`;
}

function eventsOf(subject, types, versions, described) {
  const own = types.filter((type) => described.get(type).subject === subject);
  const about = [...new Set(own.flatMap((type) => described.get(type).about))];
  const events = own.map((type) => {
    const { says, data } = described.get(type);
    return `### ${type}\n\nVersion ${versions[type]}.${says ? ` ${says}` : ''}\n\n\`\`\`ts\ntype ${type} = ${data};\n\`\`\``;
  });
  const title = subject.replaceAll('-', ' ').replace(/^./, (letter) => letter.toUpperCase());
  return [`## ${title}`, ...about.map(paragraph), ...events].join('\n\n');
}

function paragraph(text) {
  return text.replace(/\s*\n\s*/g, ' ');
}

function configurationPage() {
  const schema = JSON.parse(read('infra/flexledger.schema.json'));
  return `# Configuration

Written by \`npm run docs:pages\` from \`infra/flexledger.schema.json\`; a test keeps it current.

${schema.description}

\`\`\`yaml
# flexledger.yaml, for \`flexledger up --config flexledger.yaml\`
dataDir: data/day
platforms: [market-platform, certifier]
http: { port: 8081 }
market: { rules: platone }
\`\`\`

\`flexledger config check FILE\` says whether a file can be used and what is wrong with it otherwise, by setting;
\`flexledger config schema\` prints the schema, for an editor's completion. Relative paths are taken from the folder in
which the command runs.

${table(schema, (path) => variableOf(path))}
`;
}

function rulePackPage() {
  const schema = JSON.parse(read('libs/domain/rule-packs/rule-pack.schema.json'));
  return `# Rule packs

Written by \`npm run docs:pages\` from \`libs/domain/rule-packs/rule-pack.schema.json\`; a test keeps it current.

${schema.description}

Packs that come with the project are in \`libs/domain/rule-packs\`: \`platone\`, \`d3.3\`, \`graded-penalty\`, \`clearing-price\`. Take one
as a start, keep it under another name, and give the file wherever a rule pack is asked for: \`flexledger up --rules FILE\`,
\`simulate --rules FILE\`, or \`replay --rules FILE\`, which tells what a past session would have come to.

${table(schema)}

The pack of the Italian demonstration, \`platone.yaml\`:

\`\`\`yaml
${read('libs/domain/rule-packs/platone.yaml').trim()}
\`\`\`
`;
}

function trustPage() {
  const schema = JSON.parse(read('infra/trust.schema.json'));
  return `# Trust file

Written by \`npm run docs:pages\` from \`infra/trust.schema.json\`; a test keeps it current.

${schema.title}. \`flexledger trust export --out trust.json\` writes it; \`flexledger audit --trust trust.json\` audits by it and
remembers in it the last checkpoint that held. What it is worth is in [What is proved against whom](../verify/trust.md).

${table(schema)}
`;
}

/** The settings of a schema as a table, with the name of the environment variable where there is one. */
function table(schema, variable) {
  const head = ['setting', ...(variable ? ['variable'] : []), 'value', 'default', 'meaning'];
  const rows = [...settings(schema, schema, [])].map(({ path, setting }) => [
    `\`${path.join('.')}\``,
    ...(variable
      ? [setting.properties || isOfObjects(schema, setting) ? '' : `\`${variable(path)}\``]
      : []),
    valuesOf(schema, setting),
    setting.default === undefined ? '' : code(setting.default),
    cell(setting.description ?? ''),
  ]);
  const rule = head.map(() => '---');
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function* settings(root, schema, path) {
  const setting = resolved(root, schema);
  if (setting.description && setting.properties && path.length > 0) yield { path, setting };
  else if (!setting.properties) yield { path, setting };
  for (const [name, member] of Object.entries(setting.properties ?? {})) {
    if (name !== '$schema') yield* settings(root, member, [...path, name]);
  }
}

function resolved(root, schema) {
  if (!schema.$ref) return schema;
  const name = schema.$ref.replace('#/$defs/', '');
  return { ...resolved(root, root.$defs[name]), ...schema, $ref: undefined };
}

/** Lists of objects and groups are set in a file only. */
function isOfObjects(root, { items }) {
  return items !== undefined && resolved(root, items).properties !== undefined;
}

/** The values a setting takes, in words. */
function valuesOf(root, given) {
  const schema = resolved(root, given);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if ('const' in schema) return code(schema.const);
  const among = schema.oneOf ?? schema.anyOf;
  if (among) return [...new Set(among.map((one) => valuesOf(root, one)))].join(' or ');
  if (schema.type === 'array')
    return `list of ${schema.items ? valuesOf(root, schema.items) : 'values'}`;
  if (schema.type === 'object')
    return Object.keys(schema.properties ?? {})
      .map(code)
      .join(', ');
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${minimum} or more`;
  if (schema.pattern) return `text like ${code(schema.pattern)}`;
  return { string: 'text', boolean: 'true, false', null: 'null' }[schema.type] ?? schema.type ?? '';
}

function code(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return cell(`\`${text}\``);
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** As `apps/flexledger/src/config/environment.ts` names it. */
function variableOf(path) {
  const words = path.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('-', '_'));
  return `FLEXLEDGER_${words.join('_').toUpperCase()}`;
}
