/** Rule packs: the shipped ones load, and one that could not run a market is refused by the member. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { penaltyPerMille, sessionsDelivering } from '@flexledger/domain';
import { documentDigest } from '@flexledger/identity';
import { parse, stringify } from 'yaml';
import { repositoryRoot } from '../repository-root';
import { RulePackError, loadRulePack, shippedRulePacks } from './load-rule-pack';

const packFile = (name: string): string =>
  path.join(repositoryRoot(), 'libs/domain/rule-packs', `${name}.yaml`);
const platoneText = readFileSync(packFile('platone'), 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rule-pack-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const written = (text: string): string => {
  const file = path.join(folder, 'pack.yaml');
  writeFileSync(file, text);
  return file;
};

/** Platone with one member set, by its path. */
function platoneWith(member: string, value: unknown): string {
  const pack = parse(platoneText) as Record<string, unknown>;
  const steps = member.split('.');
  const last = steps.pop()!;
  const parent = steps.reduce((at, step) => at[step] as Record<string, unknown>, pack);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return written(stringify(pack));
}

function refusalOf(nameOrFile: string): RulePackError {
  try {
    loadRulePack(nameOrFile);
  } catch (error) {
    if (error instanceof RulePackError) return error;
    throw error;
  }
  throw new Error(`${nameOrFile} was loaded`);
}

describe('a shipped rule pack', () => {
  it('is found by its name', () => {
    expect(shippedRulePacks()).toEqual(['clearing-price', 'd3.3', 'graded-penalty', 'platone']);
    const { rulePack, digest } = loadRulePack('platone');
    expect(rulePack).toMatchObject({ id: 'platone', pricing: 'payAsBid', timeZone: 'Europe/Rome' });
    expect(digest).toBe(documentDigest(parse(platoneText)));
  });

  it.each(shippedRulePacks())('%s has the name of its file and a calendar', (name) => {
    const { rulePack } = loadRulePack(name);
    expect(rulePack.id).toBe(name);
    expect(sessionsDelivering('2026-03-17', rulePack)).toHaveLength(7);
  });

  it('has rules of its own: prices, baselines and penalties differ', () => {
    const { rulePack: clearingPrice } = loadRulePack('clearing-price');
    expect(clearingPrice).toMatchObject({
      pricing: 'payAsClear',
      baseline: { method: 'meanXOfY', daysX: 5, daysY: 10, adjustmentMinutes: 120 },
    });
    const { penalty } = loadRulePack('graded-penalty').rulePack.settlement;
    const deviations = [0, 100, 101, 350, 600, 601, 5_000];
    expect(deviations.map((deviation) => penaltyPerMille(deviation, penalty))).toEqual([
      0, 0, 1, 250, 500, 1_000, 1_000,
    ]);
  });

  it('has a digest of its own', () => {
    expect(new Set(shippedRulePacks().map((name) => loadRulePack(name).digest)).size).toBe(4);
  });
});

describe('a rule pack in a file', () => {
  it('has the digest of its content, whatever its comments and order', () => {
    const { digest } = loadRulePack('platone');
    const pack = parse(platoneText) as Record<string, unknown>;
    const turned = Object.fromEntries(Object.entries(pack).reverse());
    expect(loadRulePack(written(stringify(turned))).digest).toBe(digest);
    expect(loadRulePack(written(JSON.stringify(pack))).digest).toBe(digest);
    expect(loadRulePack(platoneWith('version', 2)).digest).not.toBe(digest);
  });

  it.each<[string, unknown, string, string]>([
    ['id', 'Platone!', 'id', 'must match pattern'],
    ['version', 0, 'version', 'must be >= 1'],
    ['version', 1.5, 'version', 'must be integer'],
    ['title', undefined, 'title', 'is missing'],
    ['colour', 'red', 'colour', 'is not a member of a rule pack'],
    ['timeZone', 'Europe/Atlantis', 'timeZone', 'is not a zone of the IANA database'],
    ['products', [], 'products', 'fewer than 1'],
    ['products', ['P', 'R'], 'products[1]', 'P, Q'],
    ['baseline.reactiveMethod', 'nominated', 'baseline.reactiveMethod', 'meterBefore'],
    ['pricing', 'payAsYouGo', 'pricing', 'payAsBid, payAsClear'],
    ['objective.costWeight', 0, 'objective', 'must have a weight above 0'],
    ['calendar.dayAhead.gateOpens.time', '24:00', 'calendar.dayAhead.gateOpens.time', 'pattern'],
    [
      'calendar.dayAhead.gateOpens.time',
      '15:30',
      'calendar.dayAhead.gateCloses',
      'after gateOpens',
    ],
    [
      'calendar.dayAhead.resultDue.time',
      '15:30',
      'calendar.dayAhead.resultDue',
      'after gateCloses',
    ],
    ['calendar.dayAhead.resultDue.dayOffset', 0, 'calendar.dayAhead.resultDue', 'setpoints leave'],
    ['calendar.realTime.windowHours', 5, 'calendar.realTime.windowHours', 'must divide 24'],
    [
      'calendar.realTime.gateOpensBeforeMinutes',
      120,
      'calendar.realTime.gateClosesBeforeMinutes',
      'must be less than gateOpensBeforeMinutes',
    ],
    [
      'calendar.realTime.gateClosesBeforeMinutes',
      60,
      'calendar.realTime.resultDueBeforeMinutes',
      'must be less than gateClosesBeforeMinutes',
    ],
    ['calendar.setpointsBeforeMinutes', 61, 'calendar.setpointsBeforeMinutes', 'must not be more'],
    ['validation.fillUpRounds', 3, 'validation.answerWithinMinutes', '80 minutes'],
    ['grid.lowVoltage.minPerMille', 1_001, 'grid.lowVoltage.minPerMille', 'must be <= 1000'],
    ['grid.lineLimitPerMille', undefined, 'grid.lineLimitPerMille', 'is missing'],
    ['baseline.daysX', 11, 'baseline.daysX', 'must not be above daysY'],
    ['baseline.adjustmentMinutes', 20, 'baseline.adjustmentMinutes', 'multiple of 15'],
    ['settlement.penalty.points', [], 'settlement.penalty.points', 'fewer than 1'],
    [
      'settlement.penalty.points.1.deviationPerMille',
      0,
      'settlement.penalty.points[1].deviationPerMille',
      'must be above',
    ],
    [
      'settlement.penalty.points.0.penaltyPerMille',
      300,
      'settlement.penalty.points[1].penaltyPerMille',
      'must not be below',
    ],
    [
      'settlement.penalty.points.1.penaltyPerMille',
      1_001,
      'settlement.penalty.points[1].penaltyPerMille',
      'must be <= 1000',
    ],
  ])('is refused with %s = %j', (member, value, field, reason) => {
    const { violations, message } = refusalOf(platoneWith(member, value));
    expect(violations).toContainEqual({ field, reason: expect.stringContaining(reason) });
    expect(message).toContain(path.join(folder, 'pack.yaml'));
    expect(message).toContain(field);
  });

  it('is refused with all that is wrong at once', () => {
    const file = platoneWith('version', 0);
    writeFileSync(file, readFileSync(file, 'utf8').replace('payAsBid', 'free'));
    expect(refusalOf(file).violations.map(({ field }) => field)).toEqual(['version', 'pricing']);
  });

  it.each([
    ['is no YAML', 'id: [', 'line 1'],
    ['says a member twice', 'id: a\nid: b\n', 'unique'],
    ['is empty', '', 'must be object'],
  ])('is refused where it %s', (_, text, reason) => {
    expect(refusalOf(written(text)).message).toContain(reason);
  });

  it('is refused where there is none, naming the shipped packs', () => {
    expect(refusalOf('platoon').message).toBe(
      'Rule pack platoon cannot be used: there is no such file; name a file or one of ' +
        'clearing-price, d3.3, graded-penalty, platone.',
    );
    expect(refusalOf(folder).message).toContain('EISDIR');
  });
});

it('a pack with aliases, by which a small file grows without end, is refused', () => {
  const levels = Array.from({ length: 9 }, (_, level) =>
    level === 0
      ? 'l0: &l0 [x, x, x, x, x, x, x, x, x]'
      : `l${level}: &l${level} [${Array(9)
          .fill(`*l${level - 1}`)
          .join(', ')}]`,
  );
  const file = written(`${levels.join('\n')}\n${platoneText}`);
  expect(refusalOf(file).message).toContain('Alias resolution is disabled');
});
