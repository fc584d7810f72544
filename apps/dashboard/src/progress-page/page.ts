import { type Html, html } from './html';

/** A page of the dashboard around its content, which `live-refresh.js` keeps up to date. */
export function pageOf(title: string, main: Html): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/progress.css" />
        <script src="/assets/live-refresh.js" defer></script>
      </head>
      <body>
        <header class="top">
          <a class="name" href="/">Flexledger</a>
          <nav aria-label="Interfaces">
            <a href="/api/docs">API</a>
            <a href="/health/ready">Health</a>
          </nav>
          <p id="freshness" role="status"></p>
        </header>
        <main>${main}</main>
      </body>
    </html>`;
  return page.text;
}
