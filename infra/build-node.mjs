/**
 * Puts the Light Node's program together as one file, out of what it needs and nothing else, so that it is small in
 * memory. Fails where code of a server has come into it.
 *
 *   node infra/build-node.mjs [FILE]   by default dist/edge-node/flexledger-node.cjs
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where its code may come from, beside packages. */
const OWN = /^(edge-node|libs\/(domain|identity|runtime|messaging))\/src\//;
/** Packages of servers and of their logs. */
const OF_SERVERS =
  /^node_modules\/(@nestjs|@eventstore|@grpc|aedes|ethers|express|jose|kafkajs|libsql|mongodb|oidc-provider|pg)(\/|$)/;

/** Builds it; returns the files that are in it. @throws Error naming code of a server that is */
export async function buildNode(outfile) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['edge-node/src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // The forms of packages of which what is not needed can be left out.
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    legalComments: 'eof',
    banner: { js: '#!/usr/bin/env node' },
    // Its compiled part is found beside its own files; and it is loaded where a serial line is used alone.
    // What translates sources is asked for where it runs from sources.
    external: ['serialport', '@swc/core'],
    tsconfig: 'tsconfig.base.json',
    plugins: [withoutSideEffects],
    metafile: true,
    logLevel: 'warning',
  });
  const [output] = Object.values(metafile.outputs);
  const inside = Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [file] : [],
  );
  const strangers = inside.filter((file) =>
    file.startsWith('node_modules/') ? OF_SERVERS.test(file) : !OWN.test(file),
  );
  if (strangers.length > 0) {
    throw new Error(`The Light Node would have code of a server in it:\n${strangers.join('\n')}`);
  }
  return inside;
}

/** Importing a file of ours, or the calendar's, does nothing by itself: what is not used of it may be left out. */
const withoutSideEffects = {
  name: 'without-side-effects',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(\.|@flexledger\/|@js-temporal\/)/ }, async (asked) => {
      const { importer, resolveDir, kind, pluginData } = asked;
      if (pluginData === 'seen' || !importer.endsWith('.ts')) return undefined;
      const found = await resolve(asked.path, { importer, resolveDir, kind, pluginData: 'seen' });
      return { ...found, sideEffects: false };
    });
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildNode(path.resolve(root, process.argv[2] ?? 'dist/edge-node/flexledger-node.cjs'));
}
