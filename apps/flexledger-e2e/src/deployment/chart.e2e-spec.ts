/**
 * The Helm chart, where there is a helm: what it renders is what Kubernetes takes, asks for no right that it does not need,
 * and sets what the product knows. HELM names the program; else it is the one of PATH or of FLEX_ENGINES.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '@flexledger/composer';
import { repositoryRoot } from '@flexledger/service-kit';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { parseAllDocuments } from 'yaml';

const HELM_FOLDER = path.join(repositoryRoot(), 'infra/deploy/helm');
const CHART = path.join(HELM_FOLDER, 'flexledger');
const helm = [
  process.env['HELM'],
  'helm',
  path.join(
    process.env['FLEX_ENGINES'] ?? path.join(homedir(), '.cache/flexledger-engines'),
    'bin/helm',
  ),
].find((program) => program && spawnSync(program, ['version'], { stdio: 'ignore' }).status === 0);
const run = helm === undefined ? it.skip : it;
const without = helm === undefined ? ' (no helm: npm run engines -- --all builds one)' : '';

const folder = mkdtempSync(path.join(tmpdir(), 'flexledger-chart-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: object;
}

const KINDS = { ConfigMap, Service, StatefulSet, NetworkPolicy } as const;
/** Of the operator of Prometheus; no part of Kubernetes itself. */
const OF_OTHERS = ['ServiceMonitor'];

const flagsOf = (values: string | undefined): string[] =>
  values === undefined ? [] : ['--values', path.join(HELM_FOLDER, values)];

/** All that the chart renders with a file of values, by kind. */
function rendered(values: string | undefined): Map<string, { spec: object; data?: object }> {
  const text = execFileSync(helm!, ['template', 'rome', CHART, ...flagsOf(values)], {
    encoding: 'utf8',
  });
  return new Map(
    parseAllDocuments(text).map((document) => {
      const object = document.toJS() as { kind: string; spec: object };
      return [object.kind, object];
    }),
  );
}

const valueFiles = readdirSync(HELM_FOLDER).filter((name) => name.endsWith('.values.yaml'));

for (const values of [undefined, ...valueFiles]) {
  describe(`The chart with ${values ?? 'its own values'}`, () => {
    run(`holds before helm's own check${without}`, () => {
      const args = ['lint', '--strict', CHART, ...flagsOf(values)];
      expect(execFileSync(helm!, args, { encoding: 'utf8' })).toContain('0 chart(s) failed');
    });

    run(`renders what Kubernetes takes${without}`, () => {
      for (const [kind, object] of rendered(values)) {
        if (OF_OTHERS.includes(kind)) continue;
        const Model = KINDS[kind as keyof typeof KINDS];
        expect(() => new Model(object as never).validate()).not.toThrow();
      }
    });

    run(`sets what the product knows, without more rights than it needs${without}`, () => {
      const all = rendered(values);
      const file = path.join(folder, 'flexledger.yaml');
      const { data } = all.get('ConfigMap') as { data: Record<string, string> };
      writeFileSync(file, data['flexledger.yaml']!);
      const { containers, securityContext } = podOf(all.get('StatefulSet')!.spec);
      expect(securityContext).toMatchObject({ runAsNonRoot: true });
      for (const { env, args, securityContext: rights } of containers) {
        const environment = Object.fromEntries(env.map(({ name, value }) => [name, value]));
        expect(() => loadConfig({ file, environment })).not.toThrow();
        expect(args).toEqual(['up', '--config', '/config/flexledger.yaml']);
        expect(rights).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    });
  });
}

function podOf(spec: object) {
  const { template } = spec as { template: { spec: object } };
  return template.spec as { containers: readonly Container[]; securityContext: object };
}
