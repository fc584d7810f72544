/** Builds the screens into `dist/apps/dashboard/web`, from where they are served. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// Own libraries only declare; what is not asked for shall not be sent.
const rollupOptions = { treeshake: { moduleSideEffects: (id) => !id.includes('/libs/') } };
const { compilerOptions } = JSON.parse(readFileSync(`${root}tsconfig.base.json`, 'utf8'));

/** Each file a second time, compressed once and for all; a phone has it in a third of the time. */
const compressed = {
  name: 'compressed',
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle)) {
      if (!/\.(js|css|wasm)$/.test(name)) continue;
      writeFileSync(`${dir}/${name}.gz`, gzipSync(readFileSync(`${dir}/${name}`), { level: 9 }));
    }
  },
};

const inBrowser = {
  ...rollupOptions,
  input: {
    index: fileURLToPath(new URL('index.html', import.meta.url)),
    offline: fileURLToPath(new URL('src/offline/offline.ts', import.meta.url)),
  },
  output: {
    // What works offline is asked for by its name.
    entryFileNames: ({ name }) => (name === 'offline' ? 'offline.js' : 'screens/[name]-[hash].js'),
  },
};
const onServer = {
  ...rollupOptions,
  output: { format: 'cjs', entryFileNames: '[name].cjs', inlineDynamicImports: true },
};

export default defineConfig(({ isSsrBuild }) => ({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [svelte(), ...(isSsrBuild ? [] : [compressed])],
  resolve: {
    alias: Object.entries(compilerOptions.paths).map(([find, [file]]) => ({
      find,
      replacement: `${root}${file.replace('./', '')}`,
    })),
  },
  build: {
    outDir: `${root}dist/apps/dashboard/web${isSsrBuild ? '/server' : ''}`,
    emptyOutDir: true,
    copyPublicDir: !isSsrBuild,
    // Which file belongs to which page, for who weighs them.
    manifest: !isSsrBuild,
    assetsDir: 'screens',
    target: 'es2022',
    modulePreload: { polyfill: false },
    // A data address would be refused by the policy that the screens are served under.
    assetsInlineLimit: 0,
    rollupOptions: isSsrBuild ? onServer : inBrowser,
  },
  // Of Node's the solver asks where it runs in Node alone.
  worker: { format: 'es', rollupOptions: { ...rollupOptions, external: ['node:module'] } },
  // What draws the first view on the server is one file, which the platform requires.
  ssr: { noExternal: true },
}));
