/** What an instance tells Prometheus: by right, under the names of the handbook, as a board and alerts ask for it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '@flexledger/service-kit';
import request from 'supertest';
import { type LivingDemo, serveLivingDemo, simulatedFolder } from './testing/living-demo';

const observability = path.join(repositoryRoot(), 'infra', 'observability');
const isPromtoolHere = spawnSync('promtool', ['--version']).status === 0;
const withPromtool = isPromtoolHere ? it : it.skip;
const promtool = (args: readonly string[], input = ''): string =>
  execFileSync('promtool', args, { cwd: observability, input, encoding: 'utf8' });

describe('an instance that has lived through a session', () => {
  let folder: Awaited<ReturnType<typeof simulatedFolder>>;
  let demo: LivingDemo;
  let told: string;

  beforeAll(async () => {
    folder = await simulatedFolder(3, true);
    demo = await serveLivingDemo(folder.dataDir, 3, '08:30');
    await demo.until('11:10');
    await demo.as('dso').get('/api/v1/sessions/never');
    told = ((await demo.as('operator').get('/metrics')) as unknown as request.Response).text;
  });
  afterAll(async () => {
    await demo.close();
    folder.remove();
  });

  it('tells nothing without a token, or to who has no part in running it', async () => {
    const answers = await Promise.all([
      request(demo.url).get('/metrics'),
      demo.as('aggregator:AGG1').get('/metrics'),
      demo.as('auditor').get('/metrics'),
    ]);
    expect((answers as unknown as request.Response[]).map(({ status }) => status)).toEqual([
      401, 403, 200,
    ]);
  });

  it('has cleared and published the session, and the DSO has sized requests for it and validated it', () => {
    const counted = new Map(
      [
        ...told.matchAll(
          /^flexledger_flow_execution_seconds_count\{flow="(\w+)",platform="(\w+)"\} (\d+)$/gm,
        ),
      ].map(([, flow, platform, count]) => [`${flow} ${platform}`, Number(count)]),
    );
    expect([...counted.keys()].sort()).toEqual([
      'flow2c DSOTP',
      'flow3 MP',
      'flow4 DSOTP',
      'flow5 MP',
    ]);
    expect([counted.get('flow3 MP'), counted.get('flow5 MP')]).toEqual([1, 1]);
  });

  it('names a route as it is declared, whatever was asked for', () => {
    expect(told).toMatch(
      /^flexledger_http_request_seconds_count\{method="GET",route="\/api\/v1\/sessions\/:sessionId",status="404"\} 1$/m,
    );
    expect(told).not.toContain('never');
  });

  it('is whole: ready in everything, no processor halted, all of the log in its views', () => {
    expect(told).toMatch(/^flexledger_ready\{check="chain"\} 1$/m);
    expect(told).not.toMatch(/^flexledger_(ready\{.*\} 0|processor_halted\{.*\} 1)$/m);
    expect(told).toMatch(/^flexledger_mqtt_clients \d+$/m);
    expect(told).toMatch(/^flexledger_unanchored_age_seconds \d/m);
  });

  it('has the names of the handbook and no others, and boards and alerts ask for those', () => {
    const page = readFileSync(path.join(repositoryRoot(), 'docs', 'metrics.md'), 'utf8');
    const namesIn = (text: string, pattern: RegExp): string[] =>
      [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))].sort();
    const inDocs = namesIn(page, /^\| `(flexledger_\w+)`/gm);
    expect(namesIn(told, /^# TYPE (flexledger_\w+)/gm)).toEqual(inDocs);
    for (const file of ['alerts.yml', 'grafana-board.json']) {
      const asked = namesIn(
        readFileSync(path.join(observability, file), 'utf8'),
        /\b(flexledger_\w+?)(?:_bucket|_count|_sum)?\b/g,
      );
      expect([file, asked.filter((name) => !inDocs.includes(name))]).toEqual([file, []]);
    }
  });

  withPromtool('is text that Prometheus reads, ours without a remark', () => {
    // Names of its library's own are remarked upon.
    const ours = told.split('\n').filter((line) => line.includes('flexledger_'));
    expect(promtool(['check', 'metrics'], `${ours.join('\n')}\n`)).toBe('');
    expect(told).toMatch(/^process_cpu_seconds_total /m);
  });
});

withPromtool('alert rules fire and rest as their tests say', () => {
  expect(promtool(['test', 'rules', 'alerts.test.yml'])).toContain('SUCCESS');
});

withPromtool('every question of the board is PromQL', () => {
  const board = JSON.parse(
    readFileSync(path.join(observability, 'grafana-board.json'), 'utf8'),
  ) as { panels: { targets: { expr: string }[] }[] };
  const rules = board.panels
    .flatMap(({ targets }) => targets)
    .map(({ expr }, index) => ({ record: `board:question${index}`, expr }));
  const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-board-'));
  try {
    // JSON is YAML.
    const file = path.join(folder, 'board.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'board', rules }] }));
    expect(promtool(['check', 'rules', file])).toContain(`${rules.length} rules found`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
