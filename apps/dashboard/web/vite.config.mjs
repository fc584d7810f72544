/** Builds the screens into `dist/apps/dashboard/web`, from where they are served. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { compilerOptions } = JSON.parse(readFileSync(`${root}tsconfig.base.json`, 'utf8'));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  publicDir: false,
  plugins: [svelte()],
  resolve: {
    alias: Object.entries(compilerOptions.paths).map(([find, [file]]) => ({
      find,
      replacement: `${root}${file.replace('./', '')}`,
    })),
  },
  build: {
    outDir: `${root}dist/apps/dashboard/web`,
    emptyOutDir: true,
    assetsDir: 'screens',
    target: 'es2022',
    modulePreload: { polyfill: false },
    // A data address would be refused by the policy that the screens are served under.
    assetsInlineLimit: 0,
    rollupOptions: {
      // Own libraries only declare; what is not asked for shall not be sent.
      treeshake: { moduleSideEffects: (id) => !id.includes('/libs/') },
    },
  },
});
