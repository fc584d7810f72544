/** The screens as `npm run build` makes them of `apps/dashboard/web`: one page, and the files it asks for. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Live, Public, repositoryRoot, escapedHtml } from '@flexledger/service-kit';
import { Controller, type DynamicModule, Get, Inject, Module, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import {
  type FirstViewSources,
  SCREEN_LANGUAGES,
  type ScreenLanguage,
  createFirstView,
} from './first-view';

const BUILT = Symbol('built screens');

/** Where the screens were built, and the chain that a browser may ask by itself. */
interface BuiltScreens {
  readonly folder: string;
  /** RPC address of the chain; absent where it is embedded, which answers to its own process only. */
  readonly chainRpcUrl?: string;
  /** Absent where nothing is known that the first view could show. */
  readonly sources?: FirstViewSources;
}

/** First parts of the addresses of pages; what follows is read in the browser (`web/src/frame/route.ts`). */
const PAGES = [
  'now',
  'sessions',
  'grid',
  'portfolio',
  'dashboards',
  'pods',
  'audit',
  'indicators',
  'operations',
  'administration',
  'home',
];
/** What a browser asks for by its name: to install the screens, and to open them where nobody answers. */
const ROOT_FILES = ['manifest.webmanifest', 'icon.svg', 'offline.js'];
const compressed = promisify<string, Buffer>(gzip);
const NOT_BUILT =
  'The screens have not been built here: run "npm run build" in the folder of Flexledger, then load this ' +
  'page again. The interface is at /api/docs.\n';
/** Names of files carry a hash of what is in them. */
const FOREVER = 'public, max-age=31536000, immutable';
/** A worker lives by the policy of its own file; its solver is WebAssembly, which a page may not run. */
const FILE_POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'";

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

@ApiExcludeController()
@Live()
@Public()
@Controller()
export class ScreensController {
  private readonly firstView: ReturnType<typeof createFirstView>;

  constructor(@Inject(BUILT) private readonly built: BuiltScreens) {
    this.firstView = createFirstView(built.folder, built.sources);
  }

  @Get(['', ...PAGES, ...PAGES.map((page) => `${page}/*path`)])
  async page(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { folder, chainRpcUrl } = this.built;
    if (!existsSync(path.join(folder, 'index.html'))) {
      response.status(503).type('text/plain').send(NOT_BUILT);
      return;
    }
    const { html, styleHashes } = await this.firstView(
      new URL(request.originalUrl, 'http://screens'),
      languageOf(request),
    );
    const page = html.replace('{{chainRpcUrl}}', () => escapedHtml(chainRpcUrl ?? ''));
    response.setHeader('Content-Security-Policy', contentSecurityPolicy(chainRpcUrl, styleHashes));
    response.setHeader('Cache-Control', 'no-cache');
    response.vary('Accept-Encoding, Accept-Language, Cookie');
    response.type('html');
    if (request.acceptsEncodings('gzip') !== 'gzip') {
      response.send(page);
      return;
    }
    response.setHeader('Content-Encoding', 'gzip');
    response.send(await compressed(page));
  }

  @Get(ROOT_FILES)
  rootFile(@Req() request: Request, @Res() response: Response): void {
    this.send({ request, response }, this.built.folder, 'no-cache');
  }

  @Get('screens/*path')
  file(@Req() request: Request, @Res() response: Response): void {
    const root = path.join(this.built.folder, 'screens');
    this.send({ request, response }, root, FOREVER);
  }

  /** As it was compressed when it was built, to who takes that. */
  private send({ request, response }: Exchange, root: string, cacheControl: string): void {
    const name = path.posix.basename(request.path);
    const isCompressed =
      request.acceptsEncodings('gzip') === 'gzip' && existsSync(path.join(root, `${name}.gz`));
    if (isCompressed) {
      response.setHeader('Content-Encoding', 'gzip');
      response.type(path.extname(name));
    }
    response.vary('Accept-Encoding');
    response.setHeader('Cache-Control', cacheControl);
    response.setHeader('Content-Security-Policy', FILE_POLICY);
    response.sendFile(
      isCompressed ? `${name}.gz` : name,
      { root, dotfiles: 'ignore', cacheControl: false },
      (error) => {
        if (!error || response.headersSent) return;
        response.removeHeader('Content-Encoding');
        response.setHeader('Cache-Control', 'no-cache');
        response
          .status(404)
          .type('text/plain')
          .send('The screens have no such file; load the page again.\n');
      },
    );
  }
}

@Module({})
export class ScreensModule {
  /**
   * @param chainRpcUrl where a browser may read the chain by itself
   * @param sources of the first view's figures
   * @param folder of the built screens; that of this installation when absent
   */
  static register(
    chainRpcUrl?: string,
    sources?: FirstViewSources,
    folder = path.join(repositoryRoot(), 'dist/apps/dashboard/web'),
  ): DynamicModule {
    const built: BuiltScreens = {
      folder,
      ...(chainRpcUrl === undefined ? {} : { chainRpcUrl }),
      ...(sources && { sources }),
    };
    return {
      module: ScreensModule,
      controllers: [ScreensController],
      providers: [{ provide: BUILT, useValue: built }],
    };
  }
}

/** What somebody has chosen in the screens, else what the browser would rather have, else English. */
function languageOf(request: Request): ScreenLanguage {
  const chosen = /(?:^|; )flexledger-language=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  return (
    SCREEN_LANGUAGES.find((one) => one === chosen) ??
    ((request.acceptsLanguages([...SCREEN_LANGUAGES]) || 'en') as ScreenLanguage)
  );
}

/** Nothing runs and nothing is asked but from here, and the chain where it has an address. */
function contentSecurityPolicy(
  chainRpcUrl: string | undefined,
  styleHashes: readonly string[],
): string {
  const chain = chainRpcUrl === undefined ? [] : [new URL(chainRpcUrl).origin];
  return [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...styleHashes.map((hash) => `'sha256-${hash}'`)].join(' '),
    "img-src 'self' data:",
    ['connect-src', "'self'", ...chain].join(' '),
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
