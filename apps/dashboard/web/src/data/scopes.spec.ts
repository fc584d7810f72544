/** A token in a browser is good for what the screens do, and for nothing else. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { GIVEN_SCOPES, SCREEN_SCOPES } from './scopes';

const OPENAPI = path.join(__dirname, '../../../../../docs/openapi.json');

interface Operation {
  readonly security?: readonly { readonly oauth2?: readonly string[] }[];
}

const interfaceOfPlatform = JSON.parse(readFileSync(OPENAPI, 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: {
      readonly oauth2: {
        readonly flows: { readonly clientCredentials: { readonly scopes: object } };
      };
    };
  };
};

/** Scopes of the routes that the screens name. */
function scopesUsed(): ReadonlySet<string> {
  const web = path.join(__dirname, '..');
  const sources = readdirSync(web, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith('.spec.ts'))
    .map((name) => readFileSync(path.join(web, name), 'utf8'))
    .join('\n');
  const named = Object.entries(interfaceOfPlatform.paths).filter(([route]) =>
    sources.includes(`'${route}'`),
  );
  const operations = named.flatMap(([, methods]) => Object.values(methods));
  return new Set(
    operations.flatMap(({ security = [] }) => security.flatMap(({ oauth2 = [] }) => oauth2)),
  );
}

it('asks at sign-in for no scope that no route of the screens needs', () => {
  const used = scopesUsed();
  expect(SCREEN_SCOPES.filter((scope) => !used.has(scope))).toEqual([]);
});

it('asks for what can be given on only besides, and leaves nothing out that there is to give', () => {
  const { scopes } = interfaceOfPlatform.components.securitySchemes.oauth2.flows.clientCredentials;
  expect([...SCREEN_SCOPES, ...GIVEN_SCOPES].sort()).toEqual(Object.keys(scopes).sort());
});
