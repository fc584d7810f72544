/** `up`, `demo`, `doctor` and `export` as processes: what a user sees when things go well and when not. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sleep } from '@flexledger/runtime';
import request from 'supertest';
import { type BuiltCli, type Running, buildCli } from './built-cli';

let cli: BuiltCli;
let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
const onLinux = process.platform === 'linux' ? it : it.skip;

beforeAll(async () => {
  cli = await buildCli();
  folder = mkdtempSync(path.join(tmpdir(), 'flexledger-up-'));
});
afterAll(() => {
  cli.remove();
  rmSync(folder, { recursive: true });
});

const up = (data: string, ...more: string[]): string[] => [
  'up',
  '--data',
  inFolder(data),
  '--port',
  '0',
  '--mqtt-port',
  '0',
  ...more,
];

describe('flexledger up', () => {
  let running: Running;

  it('starts on an empty folder and answers', async () => {
    running = cli.start(...up('fresh'));
    const url = await running.url;
    await request(url).get('/health/ready').expect(200);
    const { text } = await request(url).get('/').expect(200);
    expect(text).toContain('<script type="module"');
    const { body } = await request(url).get('/api/v1/status').expect(200);
    // Depending on the hour the first day with sessions is today or tomorrow.
    expect(body.day.sessions.length).toBeGreaterThan(0);
  });

  it('is found and told of by its folder, and its port by the doctor', async () => {
    const url = await running.url;
    const { code, stdout } = await cli.run('status', '--data', inFolder('fresh'), '--json');
    const { ok, instances } = JSON.parse(stdout) as { ok: boolean; instances: object[] };
    expect([code, ok, instances.length]).toEqual([0, true, 1]);
    expect(instances[0]).toMatchObject({
      url,
      version: '0.1.0',
      health: { ok: true },
      sessions: { next: { gate: expect.stringMatching(/^(opens|closes)$/) } },
      head: expect.any(Number),
      certifier: { checkpoints: expect.any(Number) },
      problems: [],
    });
    const told = await cli.run('status', '--data', inFolder('fresh'));
    expect(told.stdout).toMatch(/^Flexledger 0\.1\.0, instance .* is well$/m);
    for (const line of told.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    // By its address alone, without the folder's keys, what needs a token is not told.
    const byUrl = await cli.run('status', '--url', url, '--data', inFolder('nothing'), '--json');
    expect(JSON.parse(byUrl.stdout).instances[0]).toMatchObject({ url, processors: null });
    const nobody = await cli.run('status', '--data', inFolder('nothing'));
    expect([nobody.code, nobody.stdout]).toEqual([
      1,
      expect.stringContaining('No instance runs on'),
    ]);
    const nowhere = await cli.run('status', '--url', 'http://127.0.0.1:9');
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('Nothing answers')]);
  });

  it('tells a second one that the folder’s chain runs in another process', async () => {
    const { code, stderr } = await cli.run(...up('fresh'));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^flexledger: The embedded chain of .* runs in another process\. .*--data, .*\n$/,
    );
  });

  it('tells another one that its port is taken, and leaves nothing of it behind', async () => {
    const { port } = new URL(await running.url);
    const { code, stderr } = await cli.run(...up('other', '--port', port));
    expect(code).toBe(2);
    expect(stderr).toBe(
      `flexledger: Port ${port} at 127.0.0.1 is taken; choose another with --port N.\n`,
    );
    const { code: mqttCode, stderr: mqttError } = await cli.run(
      ...up('other', '--mqtt-port', port),
    );
    expect(mqttCode).toBe(2);
    expect(mqttError).toContain(
      `Port ${port} at 127.0.0.1 is taken; choose another with --mqtt-port N`,
    );
    expect(existsSync(inFolder('other'))).toBe(false);
  });

  it('ends cleanly when told to, and goes on where it was', async () => {
    const { body: before } = await request(await running.url).get('/api/v1/status');
    running.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect(stderr).toBe('Stopping: finishing requests, saving the chain ...\nStopped.\n');
    expect(code).toBe(0);
    expect(existsSync(inFolder('fresh/chain.json'))).toBe(true);
    expect(readdirSync(inFolder('fresh')).filter((name) => name.startsWith('instance-'))).toEqual(
      [],
    );
    const again = cli.start(...up('fresh'));
    const { body: after } = await request(await again.url).get('/api/v1/status');
    expect(after.certification.anchorContract).toBe(before.certification.anchorContract);
    expect(after.events).toBeGreaterThanOrEqual(before.events);
    again.kill('SIGINT');
    expect((await again.ended).code).toBe(0);
  });

  onLinux(
    'takes its chain with it when it is killed, and comes up again (needs /proc of Linux)',
    async () => {
      const killed = cli.start(...up('killed'));
      await killed.url;
      expect(cli.alive().filter((command) => command.includes('anvil'))).not.toEqual([]);
      killed.kill('SIGKILL');
      await killed.ended;
      for (let tries = 0; tries < 1_000 && cli.alive().length > 0; tries += 1) await sleep(50);
      expect(cli.alive()).toEqual([]);
      const again = cli.start(...up('killed'));
      await request(await again.url)
        .get('/health/ready')
        .expect(200);
      again.kill('SIGTERM');
      expect((await again.ended).code).toBe(0);
    },
  );

  onLinux(
    'starts its chain again when that is killed, and ends in order (needs /proc of Linux)',
    async () => {
      const running = cli.start(...up('chain-killed'));
      const url = await running.url;
      cli.killChain();
      const stateOf = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;
      for (let tries = 0; tries < 500 && (await stateOf()) === 200; tries += 1) await sleep(10);
      for (let tries = 0; tries < 4_000 && (await stateOf()) === 503; tries += 1) await sleep(50);
      expect(await stateOf()).toBe(200);
      cli.killChain();
      running.kill('SIGTERM');
      const { code, stderr } = await running.ended;
      expect(stderr).toContain('The embedded chain (anvil) has ended without being told to');
      expect(stderr).toContain('The embedded chain runs again.');
      expect(code).toBe(0);
      expect(cli.alive()).toEqual([]);
    },
  );

  it('ends in order also when it is told to while it starts, and leaves nothing running', async () => {
    const early = cli.start(...up('early'));
    while (!existsSync(inFolder('early'))) await sleep(5);
    early.kill('SIGTERM');
    expect((await early.ended).code).toBe(0);
    const again = cli.start(...up('early'));
    await again.url;
    again.kill('SIGTERM');
    expect((await again.ended).code).toBe(0);
  });

  it.each<[string, string[], string]>([
    ['no platform', ['--only', ''], '--only names no platform; choose of shared-customer-database'],
    ['a chain that is not there', ['--chain-rpc', 'http://127.0.0.1:9'], 'is unavailable'],
    [
      'a grid that is not there',
      ['--grid', 'atlantis'],
      'There is no grid "atlantis"; choose one of ieee33',
    ],
    ['a port that is none', ['--port', '70000'], '--port must be a whole number'],
  ])('says what to do about %s', async (_, flags, words) => {
    const { code, stderr } = await cli.run(...up('unused', ...flags));
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says what to do about a damaged log', async () => {
    mkdirSync(inFolder('damaged'));
    writeFileSync(inFolder('damaged/events.sqlite'), 'x'.repeat(8_192));
    const { code, stderr } = await cli.run(...up('damaged'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^flexledger: The event log .* cannot be read: .*backup.*\n$/);
  });
});

describe('flexledger audit', () => {
  it('of a day that was cut off says so by its exit code', async () => {
    mkdirSync(inFolder('cut.unfinished'));
    const { code, stdout } = await cli.run('audit', '--all', '--data', inFolder('cut.unfinished'));
    expect([code, stdout]).toEqual([
      3,
      expect.stringMatching(/^Interrupted: .*nothing is certified/),
    ]);
  });
});

describe('flexledger demo', () => {
  const demo = (...more: string[]): string[] => [
    'demo',
    '--pods',
    '3',
    '--date',
    '2026-03-17',
    '--data',
    inFolder('demo'),
    '--port',
    '0',
    ...more,
  ];
  let running: Running;
  /** What a page says as soon as there is one. */
  async function progressPage(of: Running): Promise<{ url: string; text: string }> {
    const [, url = ''] = /How far it is: (\S+)\//.exec(await of.complained('How far it is')) ?? [];
    return { url, text: (await request(url).get('/').expect(200)).text };
  }
  const keysOf = (): string[] =>
    readdirSync(inFolder('demo/households'))
      .sort()
      .map((podId) => readFileSync(inFolder(`demo/households/${podId}/node.json`), 'utf8'));

  it('answers at once with how far it is, simulates anew what was cut off, and serves the day there', async () => {
    mkdirSync(inFolder('demo.unfinished'));
    writeFileSync(inFolder('demo.unfinished/.made-beside'), '');
    writeFileSync(inFolder('demo.unfinished/events.sqlite'), 'cut off');
    running = cli.start(...demo());
    const { url, text } = await progressPage(running);
    expect(text).toContain('Tuesday 17 March 2026');
    expect(text).toMatch(/<progress\s+value="\d+"\s+max="98"/);
    const { body: notYet } = await request(url).get('/api/v1/status').expect(503);
    expect(notYet.detail).toMatch(/^2026-03-17 is still being simulated \(.+\); ask again/);
    await request(url).get('/health/ready').expect(503);
    await request(url).get('/health/live').expect(200);
    await request(url).get('/assets/progress.css').expect(200);
    expect(await running.url).toBe(url);
    const { body } = await request(url).get('/api/v1/status').expect(200);
    expect(body.day).toMatchObject({ date: '2026-03-17', settledSessions: 7 });
    expect(existsSync(inFolder('demo.unfinished'))).toBe(false);
  });

  it('lives on: its households enrol with keys of their own, kept for their owner only', async () => {
    const told = await running.complained('Simulated households live on');
    expect(told).toContain('3 enrolled with keys of their own.');
    expect(told).toContain('What was cut off in');
    expect(new Set(keysOf()).size).toBe(3);
  });

  it('comes back without simulating, its households with the keys they have', async () => {
    const keys = keysOf();
    running.kill('SIGTERM');
    expect((await running.ended).stdout).toContain('log digest');
    running = cli.start(...demo());
    await running.url;
    const told = await running.complained('Simulated households live on');
    expect(told).toContain('3 came back.');
    running.kill('SIGTERM');
    const { stdout, stderr, code } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).not.toContain('log digest');
    expect(stderr).not.toContain('Simulating');
    expect(keysOf()).toEqual(keys);
  });

  it('has its households wherever its folder is served', async () => {
    running = cli.start(...up('demo'));
    expect(await running.complained('Simulated households live on')).toContain('3 came back.');
    running.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });

  it('is simulated anew where that is asked for, and until that is whole the old one stands', async () => {
    const keys = keysOf();
    const cut = cli.start(...demo('--fresh'));
    await progressPage(cut);
    cut.kill('SIGINT');
    const { code, stderr } = await cut.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('Stopped before the day was whole; the next demo begins it anew.');
    expect(existsSync(inFolder('demo.unfinished'))).toBe(false);
    expect(keysOf()).toEqual(keys);
    const fresh = cli.start(...demo('--fresh'));
    await fresh.complained('Simulated households live on');
    fresh.kill('SIGTERM');
    expect((await fresh.ended).stdout).toContain('log digest');
    expect(existsSync(inFolder('demo.replaced'))).toBe(false);
    expect(keysOf().filter((key) => keys.includes(key))).toEqual([]);
  });

  it('is of a day that is over', async () => {
    const { code, stderr } = await cli.run(
      ...['demo', '--date', '2999-01-01', '--data', inFolder('future'), '--port', '0'],
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^flexledger: --date 2999-01-01 is not over yet, .* is \d{4}-\d\d-\d\d\.\n$/,
    );
    expect(existsSync(inFolder('future'))).toBe(false);
  });

  it('takes a folder for nothing else than it is', async () => {
    const another = await cli.run(...demo('--pods', '4'));
    expect(another.code).toBe(2);
    expect(another.stderr).toContain('holds 2026-03-17 with 3 PoDs and seed 1');
    mkdirSync(inFolder('foreign'));
    writeFileSync(inFolder('foreign/events.sqlite'), '');
    const foreign = await cli.run('demo', '--data', inFolder('foreign'), '--port', '0');
    expect(foreign.code).toBe(2);
    expect(foreign.stderr).toContain('flexledger up --data');
  });
});

describe('flexledger doctor', () => {
  it('finds a data folder well, chain included', async () => {
    const { code, stdout } = await cli.run('doctor', '--data', inFolder('demo'), '--json');
    const { checks } = JSON.parse(stdout) as {
      checks: { name: string; ok: boolean; detail: string }[];
    };
    const ofMachine = checks.filter(({ name }) => name.startsWith('port'));
    const others = checks.filter((check) => !ofMachine.includes(check));
    expect(others.map(({ name, ok }) => [name, ok])).toEqual([
      ...[
        ['Node.js', true],
        ['disk', true],
        ['data folder', true],
        ['libsql', true],
      ],
      ...[
        ['anvil', true],
        ['event log', true],
        ['chain', true],
      ],
      ['configuration', true],
    ]);
    // Somebody else may hold the usual ports on this machine.
    expect(code).toBe(ofMachine.every(({ ok }) => ok) ? 0 : 1);
  });

  it('names what is wrong and the remedy', async () => {
    const server = createServer();
    // Taken by us or by somebody else already.
    await new Promise<void>((resolve) => {
      server.once('error', () => resolve()).listen(8_080, '127.0.0.1', () => resolve());
    });
    mkdirSync(inFolder('broken'));
    writeFileSync(inFolder('broken/events.sqlite'), 'x'.repeat(8_192));
    truncateSync(inFolder('broken/events.sqlite'), 100);
    const { code, stdout } = await cli.run('doctor', '--data', inFolder('broken'));
    server.close();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED +port 8080 +is taken; stop the program/m);
    expect(stdout).toMatch(
      /^FAILED +event log .*truncated to 100 bytes.*; restore it from a backup$/m,
    );
  });
});

describe('flexledger export', () => {
  const exported = (...args: string[]) => cli.run('export', ...args, '--data', inFolder('demo'));

  it('writes to the standard output and tells the number of rows apart from it', async () => {
    const { code, stdout, stderr } = await exported('pods');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(4);
    expect(stderr).toBe('3 rows of pods\n');
  });

  it('writes a file whole or not at all', async () => {
    const file = inFolder('offers.csv');
    const { code, stdout, stderr } = await exported('offers', '--out', file);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `${readFileSync(file, 'utf8').trim().split('\n').length - 1} rows of offers in ${file}\n`,
    );
    const nowhere = await exported('offers', '--out', inFolder('no/folder/x.csv'));
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('x.csv cannot be written: ENOENT');
  });

  onLinux('ends quietly when its reader has had enough (needs bash, as on Linux)', () => {
    for (const format of ['csv', 'json']) {
      const args = `export events --format ${format} --data ${inFolder('demo')}`;
      const script = `'${process.execPath}' '${cli.main}' ${args} | head -c 20; echo " $PIPESTATUS"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
      expect([stdout.length, stdout.slice(20), stderr]).toEqual([23, ' 0\n', '']);
    }
    // Nobody reads at all, of a command that prints its answer at once.
    const script = `'${process.execPath}' '${cli.main}' doctor --json | true; echo "$PIPESTATUS"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['0\n', '']);
  });

  it('narrows to a session or a day, and says when there is none', async () => {
    const none = await exported('offers', '--day', '1999-12-31');
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('holds no session that delivers on 1999-12-31');
    const both = await exported('pods', '--day', '1999-12-31');
    expect(both.stderr).toContain('pods has no sessions or days');
  });

  it('lists the datasets there are', async () => {
    const { code, stderr, stdout } = await exported('weather');
    expect(code).toBe(2);
    expect(stderr).toContain('There is no dataset "weather". There are:');
    for (const name of ['pods', 'settlements', 'events']) expect(stderr).toContain(` ${name} `);
    expect(stdout).toBe('');
  });
});

describe('flexledger trust export', () => {
  it('says what it has written, as one JSON object where that is asked for', async () => {
    const out = inFolder('trust.json');
    const args = ['trust', 'export', '--data', inFolder('demo')];
    const { code, stdout } = await cli.run(...args, '--out', out, '--json');
    const written = JSON.parse(readFileSync(out, 'utf8')) as { chain: { chainId: number } };
    const { chainId } = written.chain;
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { file: out, origin: 'flexledger/rome', chainId, leftOut: [] },
    ]);
    const printed = await cli.run(...args, '--json');
    expect(JSON.parse(printed.stdout)).toEqual(written);
  });
});

describe('flexledger kpis', () => {
  const kpis = (...args: string[]) => cli.run('kpis', ...args, '--data', inFolder('demo'));

  it('gives the seven indicators for machines, those of each PoD too', async () => {
    const { code, stdout, stderr } = await kpis('--json');
    expect([code, stderr]).toEqual([0, '']);
    const { definitions, rows } = JSON.parse(stdout) as {
      definitions: { id: string }[];
      rows: { scope: string; id: string; kpi: string }[];
    };
    expect(definitions).toHaveLength(7);
    for (const { id } of definitions) expect(rows.map(({ kpi }) => kpi)).toContain(id);
    const pods = rows.filter(({ scope }) => scope === 'pod');
    expect(new Set(pods.map(({ id }) => id)).size).toBe(3);
  });

  it('says beside the table why values are missing, and of a folder that it holds no log', async () => {
    const { code, stdout } = await kpis();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^│ total /m);
    expect(stdout).toMatch(/^ {2}KPI_PR_03 P down: no PoD with a baseline/m);
    const nowhere = await cli.run('kpis', '--data', inFolder('nothing'));
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('holds no event log');
  });
});
