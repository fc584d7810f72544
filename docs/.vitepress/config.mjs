/** The site of `docs/`, built by `npm run docs:build` into `dist/docs`, which `flexledger up` serves at `/docs`. */
import { readFileSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const DECISIONS = new URL('../decisions/', import.meta.url);

const page = (text, link) => ({ text, link });

/** The decisions, by the titles of their files. */
const decisions = readdirSync(DECISIONS)
  .filter((name) => name.endsWith('.md'))
  .sort()
  .map((name) => {
    const [, title] = /^# (.+)$/m.exec(readFileSync(new URL(name, DECISIONS), 'utf8'));
    return page(title, `/decisions/${name.replace('.md', '')}`);
  });

export default defineConfig({
  title: 'Flexledger',
  description: 'A complete local flexibility market on one event log, every result provable',
  base: '/docs/',
  outDir: '../dist/docs',
  cacheDir: '../node_modules/.cache/vitepress',
  // Light and dark as the reader's system has it, without a switch that would keep something.
  appearance: 'media',
  // Scripts that stand in the pages are the same in all of them, so that one policy names them.
  metaChunk: true,
  lastUpdated: false,
  markdown: { lineNumbers: false },
  // Addresses of a running instance are no pages of this site.
  ignoreDeadLinks: 'localhostLinks',
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Tutorial', '/tutorial'),
      page('How to', '/how-to/market-administrator'),
      page('Reference', '/command-line'),
    ],
    sidebar: [
      { text: 'Begin', items: [page('What it is', '/'), page('Tutorial', '/tutorial')] },
      {
        text: 'How to, as a',
        items: [
          page('market administrator', '/how-to/market-administrator'),
          page('DSO', '/how-to/dso'),
          page('TSO', '/how-to/tso'),
          page('aggregator', '/how-to/aggregator'),
          page('aggregator: reports', '/how-to/aggregator-reports'),
          page('customer', '/how-to/customer'),
          page('auditor', '/how-to/auditor'),
          page('node installer', '/how-to/node-installer'),
          page('witness', '/how-to/witness'),
          page('monitor', '/how-to/monitor'),
          page('guardian', '/how-to/guardian'),
          page('keeper of the log’s keys', '/how-to/keys'),
          page('operator who changes contracts', '/how-to/contracts'),
          page('images, compose, chart', '/how-to/deploy'),
          page('growing out of one machine', '/growing'),
          page('organisation alone', '/how-to/organisation-alone'),
        ],
      },
      {
        text: 'How it works',
        items: [
          page('Life of an offer', '/life-of-an-offer'),
          page('Life of a measurement', '/life-of-a-measurement'),
          page('Architecture', '/ARCHITECTURE'),
          page('What is proved against whom', '/verify/trust'),
          page('Threat model', '/verify/threat-model'),
          page('Bundle', '/verify/bundle'),
          page('Receipt', '/verify/receipt'),
          page('Contracts', '/verify/contracts'),
          page('Several logs', '/verify/several-logs'),
          page('Glossary', '/glossary'),
        ],
      },
      {
        text: 'Run it',
        items: [
          page('Configuration', '/reference/configuration'),
          page('Engines', '/engines'),
          page('Metrics and alerts', '/metrics'),
          page('Backup', '/backup'),
          page('Upgrade', '/upgrade'),
          page('Troubleshooting', '/troubleshooting'),
          page('Faults', '/faults'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Command line', '/command-line'),
          page('File formats', '/file-formats'),
          page('MeterReadings and TCP', '/reference/meter-readings'),
          page('Rule packs', '/reference/rule-packs'),
          page('Trust file', '/reference/trust-file'),
          page('Event catalogue', '/reference/events'),
          page('Events by role', '/events-by-role'),
          page('Requirements', '/requirements'),
        ],
      },
      { text: 'Decisions', collapsed: true, items: decisions },
    ],
  },
});
