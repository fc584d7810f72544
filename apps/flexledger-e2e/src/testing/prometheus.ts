/** A real Prometheus with our configuration, that watches the processes of a test. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, sleep } from '@flexledger/runtime';
import { clientIdOf, readClientSecret, repositoryRoot } from '@flexledger/service-kit';

export const isPrometheusHere = spawnSync('prometheus', ['--version']).status === 0;

export interface Prometheus {
  /** What a question of PromQL gives now: by instance, in the order of `urls`; undefined where it gives none. */
  ask(query: string): Promise<readonly (number | undefined)[]>;
  /** Names of the alerts that fire or are about to. */
  alerts(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/**
 * Starts one that scrapes each second.
 *
 * @param urls processes, in any number
 * @param issuer who gives tokens; the client is the operator's of `dataDir`
 */
export async function startPrometheus(
  urls: readonly string[],
  issuer: string,
  dataDir: string,
): Promise<Prometheus> {
  const ours = path.join(repositoryRoot(), 'infra', 'observability');
  const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
  const hosts = urls.map((url) => new URL(url).host);
  const clientId = clientIdOf('operator');
  const config = readFileSync(path.join(ours, 'prometheus.yml'), 'utf8')
    .replaceAll(/_interval: \d+s/g, '_interval: 1s')
    .replace('client_id: metrics', `client_id: ${clientId}`)
    .replace('http://127.0.0.1:8080/oauth/token', new URL('/oauth/token', issuer).href)
    .replace("'127.0.0.1:8080'", hosts.map((host) => `'${host}'`).join(', '));
  writeFileSync(path.join(folder, 'prometheus.yml'), config);
  writeFileSync(path.join(folder, 'metrics.secret'), readClientSecret(dataDir, clientId), {
    mode: 0o600,
  });
  copyFileSync(path.join(ours, 'alerts.yml'), path.join(folder, 'alerts.yml'));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    { stdio: 'ignore' },
  );
  const ask = async <Data>(route: string): Promise<Data> => {
    const answer = await fetch(`http://${address}/api/v1/${route}`);
    return ((await answer.json()) as { readonly data: Data }).data;
  };
  const isReady = async (): Promise<boolean> =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    await sleep(100);
  }
  return {
    async ask(query) {
      const { result } = await ask<{
        readonly result: readonly {
          readonly metric: { readonly instance: string };
          readonly value: readonly [number, string];
        }[];
      }>(`query?query=${encodeURIComponent(query)}`);
      const byHost = new Map(
        result.map(({ metric, value }) => [metric.instance, Number(value[1])]),
      );
      return hosts.map((host) => byHost.get(host));
    },
    async alerts() {
      const { alerts } = await ask<{
        readonly alerts: readonly { readonly labels: { readonly alertname: string } }[];
      }>('alerts');
      return alerts.map(({ labels }) => labels.alertname);
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, maxRetries: 10 });
    },
  };
}
