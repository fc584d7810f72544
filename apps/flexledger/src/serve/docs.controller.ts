/** The site that `npm run docs:build` makes of `docs/`, as files below `/docs`. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Live, Public, repositoryRoot } from '@flexledger/service-kit';
import { Controller, type DynamicModule, Get, Inject, Module, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';

const SITE = Symbol('folder of the site');
const NOT_BUILT =
  'The documentation has not been built here: run "npm run docs:build" in the folder of Flexledger, then ' +
  'load this page again. As text it stands in the folder "docs".\n';

@ApiExcludeController()
@Live()
@Public()
@Controller('docs')
export class DocsController {
  constructor(@Inject(SITE) private readonly site: string) {}

  /** A page, or what a page asks for. */
  @Get(['', '*path'])
  file(@Req() request: Request, @Res() response: Response): void {
    const policy = contentSecurityPolicy(this.site);
    if (policy === undefined) {
      response.status(404).type('text/plain').send(NOT_BUILT);
      return;
    }
    // Relative links of the pages count from the folder.
    if (request.path === '/docs') {
      response.redirect(301, '/docs/');
      return;
    }
    response.setHeader('Content-Security-Policy', policy);
    const name = decoded(request.path.slice('/docs/'.length)) || 'index.html';
    response.sendFile(name, { root: this.site, dotfiles: 'ignore' }, (error) => {
      if (error && !response.headersSent) {
        response.status(404).sendFile('404.html', { root: this.site });
      }
    });
  }
}

/** Folder of this installation's site, whether or not it has been built. */
const OWN_SITE = path.join(repositoryRoot(), 'dist', 'docs');

/** Whether the handbook can be read at `/docs`. */
export function isHandbookBuilt(): boolean {
  return existsSync(path.join(OWN_SITE, 'index.html'));
}

@Module({})
export class DocsModule {
  /** @param site folder of the built site; that of this installation when absent */
  static register(site = OWN_SITE): DynamicModule {
    return {
      module: DocsModule,
      controllers: [DocsController],
      providers: [{ provide: SITE, useValue: site }],
    };
  }
}

/** What is no valid escape names no file either. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Lets run what comes from here, and the scripts that stand in the pages, the same ones in each: by their
 * hashes. Undefined when there is no site.
 */
function contentSecurityPolicy(site: string): string | undefined {
  let page: string;
  try {
    page = readFileSync(path.join(site, 'index.html'), 'utf8');
  } catch {
    return undefined;
  }
  const inline = [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/g)];
  const hashes = inline.map(
    ([, script]) => `'sha256-${createHash('sha256').update(script!).digest('base64')}'`,
  );
  return [
    "default-src 'self'",
    ['script-src', "'self'", ...hashes].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
  ].join('; ');
}
