/**
 * The engines that tests run against: those that the environment names, else those of the machine, else provisioned
 * into a folder outside of the project. What cannot be had is named, with the reason.
 *
 *   npm run engines [-- --look | --all]      --look provisions nothing, --all also what takes minutes to build
 *
 * FLEX_ENGINES names the folder; ~/.cache/flexledger-engines without it. KURRENTDB_URL, MONGODB_URL and POSTGRES_URL
 * name real servers.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const KAFKA = '4.4.0';
const FERRETDB = '1.24.2';
const HELM = '3.16.4';
const LITEWITNESS = '0.6.1';
/** The last that makes blocks in a network of its own. */
const GETH = '1.13.15';
/** In Go, by whose tiles of others' logs are followed. */
const TLOG_CLIENT = path.join(import.meta.dirname, 'tlog-client');
/** A build that takes longer than this is given up. */
const PATIENCE_MS = 300_000;
/** The node of a chain takes 5 to 12 minutes on two cores. */
const GETH_PATIENCE_MS = 1_800_000;

/** Where engines are provisioned. */
export function enginesFolder() {
  return path.resolve(
    process.env.FLEX_ENGINES || path.join(homedir(), '.cache', 'flexledger-engines'),
  );
}

/** Each engine with its version, or the reason why there is none. */
export function findEngines({ provisions, isAll = false }) {
  const folder = enginesFolder();
  return [
    real('KurrentDB', 'KURRENTDB_URL', 'its server is in no package registry'),
    kafka(folder, provisions),
    real('MongoDB', 'MONGODB_URL', 'its server is in no package registry'),
    ferretdb(folder, provisions),
    postgres(),
    litewitness(folder, provisions),
    tlogClient(folder, provisions),
    geth(folder, provisions && isAll),
    ...(isAll ? [helm(folder, provisions)] : []),
  ];
}

function real(name, variable, otherwise) {
  const url = process.env[variable];
  return url
    ? { name, version: `at ${withoutUser(url)}` }
    : missing(name, `${otherwise}; set ${variable}`);
}

const withoutUser = (url) => url.replace(/\/\/[^@/]*@/, '//');
const missing = (name, reason) => ({ name, reason });

function kafka(folder, provisions) {
  const name = 'Kafka';
  const lib = path.join(folder, 'kafka', 'lib');
  if (!answers('java', '-version')) return missing(name, 'there is no Java on this machine');
  if (!existsSync(lib)) {
    if (!provisions) return missing(name, `${lib} is missing`);
    if (!answers('mvn', '-version')) return missing(name, 'there is no Maven to fetch it with');
    const place = path.join(folder, 'kafka');
    const making = path.join(place, 'lib.new');
    mkdirSync(place, { recursive: true });
    writeFileSync(path.join(place, 'pom.xml'), pom());
    const copied = tried('mvn', place, [
      '-q',
      '-B',
      'dependency:copy-dependencies',
      '-DoutputDirectory=lib.new',
      '-DincludeScope=runtime',
    ]);
    if (copied) return missing(name, copied);
    cpSync(making, lib, { recursive: true });
    rmSync(making, { recursive: true });
  }
  const jar = readdirSync(lib).find((file) => /^kafka_2\.13-[\d.]+\.jar$/.test(file));
  return jar
    ? { name, version: jar.slice('kafka_2.13-'.length, -'.jar'.length) }
    : missing(name, `${lib} holds no Kafka; remove it, and let it be fetched again`);
}

function pom() {
  const dependency = (group, artifact, version) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>flexledger</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
</dependencies></project>
`;
}

function ferretdb(folder, provisions) {
  const name = 'FerretDB';
  const program = path.join(folder, 'bin', 'ferretdb');
  if (!existsSync(program)) {
    if (!provisions) return missing(name, `${program} is missing`);
    if (!answers('go', 'version')) return missing(name, 'there is no Go to build it with');
    const failed = buildFerretdb(folder, program);
    if (failed) return missing(name, failed);
  }
  return { name, version: FERRETDB };
}

/** From its module; built as it comes it does not know its own version, and ends. */
function buildFerretdb(folder, program) {
  const module = `github.com/FerretDB/FerretDB@v${FERRETDB}`;
  mkdirSync(path.dirname(program), { recursive: true });
  const download = spawnSync('go', ['mod', 'download', '-json', module], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  if (download.status !== 0) return 'its module cannot be had';
  const source = path.join(folder, 'ferretdb-source');
  rmSync(source, { recursive: true, force: true });
  cpSync(JSON.parse(download.stdout).Dir, source, { recursive: true });
  spawnSync('chmod', ['-R', 'u+w', source]);
  writeFileSync(path.join(source, 'build', 'version', 'version.txt'), `v${FERRETDB}\n`);
  const failed = tried('go', source, ['build', '-o', program, './cmd/ferretdb']);
  rmSync(source, { recursive: true, force: true });
  return failed;
}

/** A witness of another project; its key stands in an agent of OpenSSH. */
function litewitness(folder, provisions) {
  const name = 'litewitness';
  const bin = path.join(folder, 'bin');
  if (!isOnPath('ssh-agent')) {
    return missing(name, 'there is no OpenSSH, whose agent holds its key');
  }
  if (!existsSync(path.join(bin, 'litewitness'))) {
    if (!provisions) return missing(name, `${path.join(bin, 'litewitness')} is missing`);
    if (!answers('go', 'version')) return missing(name, 'there is no Go to build it with');
    mkdirSync(bin, { recursive: true });
    const module = `filippo.io/torchwood/cmd/litewitness@v${LITEWITNESS}`;
    const failed = tried('go', folder, ['install', module], { GOBIN: bin });
    if (failed) return missing(name, failed);
  }
  return { name, version: LITEWITNESS };
}

/** A client of transparency logs of another project, built from `infra/tlog-client`. */
function tlogClient(folder, provisions) {
  const name = 'tlog-client';
  const program = path.join(folder, 'bin', 'tlog-client');
  const isOld =
    !existsSync(program) ||
    statSync(program).mtimeMs < statSync(path.join(TLOG_CLIENT, 'main.go')).mtimeMs;
  if (isOld) {
    if (!provisions) return missing(name, `${program} is missing, or older than its source`);
    if (!answers('go', 'version')) return missing(name, 'there is no Go to build it with');
    mkdirSync(path.dirname(program), { recursive: true });
    const failed = tried('go', TLOG_CLIENT, ['build', '-o', program, '.']);
    if (failed) return missing(name, failed);
  }
  return { name, version: 'of torchwood 0.6.1' };
}

/** A chain's node that is not the embedded one. */
function geth(folder, provisions) {
  const name = 'geth';
  const bin = path.join(folder, 'bin');
  if (!existsSync(path.join(bin, 'geth'))) {
    if (!provisions) return missing(name, 'it takes minutes to build: npm run engines -- --all');
    if (!answers('go', 'version')) return missing(name, 'there is no Go to build it with');
    mkdirSync(bin, { recursive: true });
    const module = `github.com/ethereum/go-ethereum/cmd/geth@v${GETH}`;
    // A package of its time reaches into Go's runtime, which newer releases of Go forbid without this.
    const args = ['install', '-ldflags=-checklinkname=0', module];
    const failed = tried('go', folder, args, { GOBIN: bin }, GETH_PATIENCE_MS);
    if (failed) return missing(name, failed);
  }
  return { name, version: GETH };
}

/** No engine, but what renders the chart of `infra/deploy/helm` for its test. */
function helm(folder, provisions) {
  const name = 'Helm';
  const bin = path.join(folder, 'bin');
  if (!existsSync(path.join(bin, 'helm'))) {
    if (!provisions) return missing(name, `${path.join(bin, 'helm')} is missing`);
    if (!answers('go', 'version')) return missing(name, 'there is no Go to build it with');
    mkdirSync(bin, { recursive: true });
    const failed = tried('go', folder, ['install', `helm.sh/helm/v3/cmd/helm@v${HELM}`], {
      GOBIN: bin,
    });
    if (failed) return missing(name, failed);
  }
  return { name, version: HELM };
}

function postgres() {
  const name = 'PostgreSQL';
  const url = process.env.POSTGRES_URL;
  if (url) return { name, version: `at ${withoutUser(url)}` };
  const packages = '/usr/lib/postgresql';
  const releases = existsSync(packages) ? readdirSync(packages) : [];
  const release = releases
    .filter((one) => existsSync(path.join(packages, one, 'bin', 'initdb')))
    .sort((one, other) => Number(other) - Number(one))[0];
  return release
    ? { name, version: release }
    : missing(name, 'the machine has none; install the package postgresql, or set POSTGRES_URL');
}

const answers = (program, flag) => spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;

/** Whether a program is there that has no flag which does nothing else. */
const isOnPath = (program) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, program)));

/** Why it failed; undefined where it did not. */
function tried(program, cwd, args, variables = {}, patienceMs = PATIENCE_MS) {
  const { status, stderr, error } = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...variables },
    encoding: 'utf8',
    timeout: patienceMs,
  });
  if (status === 0) return undefined;
  if (error?.code === 'ETIMEDOUT') return `${program} took more than ${patienceMs / 1_000} s`;
  const last = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return `${program} failed: ${last.slice(0, 200) || error?.message}`;
}

/** A line an engine. */
export function linesOf(engines) {
  return engines.map(({ name, version, reason }) =>
    reason === undefined ? `ok       ${name} ${version}` : `SKIPPED  ${name}: ${reason}`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const has = (flag) => process.argv.includes(flag);
  const engines = findEngines({ provisions: !has('--look'), isAll: has('--all') });
  process.stdout.write(`${linesOf(engines).join('\n')}\n`);
}
