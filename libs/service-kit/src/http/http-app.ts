/**
 * An app's module behind HTTP, the same way for all: problem details, checked input, tokens, OpenAPI
 * 3.1 at `/api/docs` (`/api/docs/openapi.json`, of one platform `/api/docs/platforms/NAME.json`), AsyncAPI 3
 * of streams, webhooks and MQTT at `/api/docs/asyncapi.json`, JSON Schemas of the events at
 * `/schemas/TYPE/VERSION.json`, of files at `/schemas/files/NAME.json`, all listed at `/schemas`, health, a
 * body limit, security headers, and an end that lets requests finish.
 */
import 'reflect-metadata';
import path from 'node:path';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { SCOPES, type TokenVerifier } from '@flexledger/identity';
import { isLoopbackHost } from '@flexledger/messaging';
import { sleep, stopwatch } from '@flexledger/runtime';
import {
  BadRequestException,
  type DynamicModule,
  Module,
  type Type,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, NestFactory, Reflector } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { ScopesGuard } from '../access/scopes.guard';
import { pagesForBrowsers } from './browser-pages';
import { otherFormats } from './other-formats';
import { HealthController, READINESS_CHECKS, type ReadinessCheck } from './health.controller';
import type { Certificate } from '../tls/certificate-files';
import { FlowInterceptor } from '../flows/told-calls';
import { HttpCommandHandler, HttpQueryHandler, LOG_READS, type LogReads } from './http-bus';
import { NotModifiedInterceptor } from './not-modified.interceptor';
import {
  type ApiDocument,
  completeDocument,
  documentOf,
  operationId,
  platformsIn,
  responseSchemas,
} from './open-api/complete-document';
import { repositoryRoot } from '../repository-root';
import { eventSchema, fileSchema, schemaIndex } from './open-api/published-schemas';
import { methodsOfRoutes, refuseForeignHosts } from './request-line';
import { requestSpans } from './request-spans';
import { LINES_TYPE, LinesGuard } from './json-lines';
import { ProblemDetailsFilter } from './problem-details.filter';
import { unfitIn } from './unfit-body';
import { validationPipe } from './validation';

export interface HttpAppOptions {
  /** Title and purpose in the OpenAPI document. */
  readonly title: string;
  readonly description: string;
  /** Address to listen at; anything but loopback asks for `tls`. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Key and certificate, PEM. */
  readonly tls?: Certificate;
  /** Under which it is reached from elsewhere, by a proxy before it: `https://market.example`. */
  readonly publicUrl?: string;
  readonly access: {
    /** Says who speaks. */
    readonly verify: TokenVerifier;
  };
  readonly readiness?: readonly ReadinessCheck[];
  /** The log and the views that reading requests wait for. */
  readonly reads: LogReads;
  /** Told of each request that a route has answered, the route as it is declared. */
  readonly onAnswered?: (method: string, route: string, status: number, seconds: number) => void;
  /** Takes a JSON line for each error that nobody foresaw. */
  readonly log: (line: string) => void;
}

export interface HttpApp {
  readonly app: NestExpressApplication;
  /** `http://127.0.0.1:3000`, with the port that was taken. */
  readonly url: string;
  /** New connections are made with it; those that stand go on with the old one. */
  renewCertificate(renewed: Certificate): void;
  /** Takes no new request, lets those under way finish for some seconds, then ends. */
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 2 * 1_024 * 1_024;
/** How long a schema may be kept; a version of an event may be said more exactly, never otherwise. */
const SCHEMA_AGE_S = 3_600;
/** How long requests under way, and streams that never end by themselves, may go on. */
const GRACE_MS = 3_000;

/**
 * How long a connection may be idle, ms: longer than clients and proxies keep one (4 to 60 s), so that it is they who
 * end it, and no request is lost on a connection that the server ends at that moment.
 */
const KEEP_ALIVE_MS = 65_000;

/** Scripts and data come from here only; the style of the API pages stands in their HTML. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/**
 * Starts a module behind HTTP.
 *
 * @throws Error when the port is taken, or plain text would leave this machine
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: HttpAppOptions,
): Promise<HttpApp> {
  const { host = '127.0.0.1', port, tls } = options;
  if (!tls && !isLoopbackHost(host)) {
    throw new Error(
      `Plain HTTP at ${host} would leave this machine; give a key and a certificate, ` +
        'or listen at 127.0.0.1 behind a proxy that has them.',
    );
  }
  const app = await NestFactory.create<NestExpressApplication>(rootModule(module, options), {
    logger: false,
    abortOnError: false,
    bodyParser: false,
    ...(tls ? { httpsOptions: tls } : {}),
  });
  configure(app, options);
  (app.getHttpServer() as Server).keepAliveTimeout = KEEP_ALIVE_MS;
  await listen(app, port, host);
  return {
    app,
    url: await app.getUrl(),
    renewCertificate(renewed) {
      if (tls) (app.getHttpServer() as TlsServer).setSecureContext(renewed);
    },
    close: () => closeGracefully(app),
  };
}

/**
 * Closes once the process is told to end (Ctrl-C, or a supervisor's SIGTERM). A second signal finds
 * no listener here and ends the process as it always does.
 */
export function closeOnSignal(close: () => Promise<void>): void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const end = (): void => {
    for (const signal of signals) process.removeListener(signal, end);
    void close();
  };
  for (const signal of signals) process.once(signal, end);
}

@Module({})
class HttpRoot {}

function rootModule(
  module: Type | DynamicModule,
  { access, reads, readiness = [] }: HttpAppOptions,
): DynamicModule {
  return {
    module: HttpRoot,
    imports: [CqrsModule.forRoot(), module],
    controllers: [HealthController],
    providers: [
      { provide: READINESS_CHECKS, useValue: readiness },
      { provide: LOG_READS, useValue: reads },
      HttpCommandHandler,
      HttpQueryHandler,
      {
        provide: APP_INTERCEPTOR,
        useFactory: (reflector: Reflector) => new NotModifiedInterceptor(reflector, reads),
        inject: [Reflector],
      },
      { provide: APP_INTERCEPTOR, useClass: FlowInterceptor },
      {
        provide: APP_GUARD,
        useFactory: (reflector: Reflector) =>
          new ScopesGuard(reflector, access.verify, reads.grants),
        inject: [Reflector],
      },
      {
        provide: APP_GUARD,
        useFactory: (reflector: Reflector) => new LinesGuard(reflector),
        inject: [Reflector],
      },
    ],
  };
}

function configure(app: NestExpressApplication, options: HttpAppOptions): void {
  app.disable('x-powered-by');
  app.use(securityHeaders(options.tls !== undefined));
  if (options.onAnswered) app.use(timed(options.onAnswered));
  app.use(requestSpans);
  app.use(pagesForBrowsers);
  app.use(otherFormats);
  app.use(refuseForeignHosts(options));
  app.use(refuseForeignBodies);
  app.useBodyParser('json', {
    limit: BODY_LIMIT_BYTES,
    type: ['application/json', 'application/*+json'],
  });
  app.useBodyParser('urlencoded', { limit: BODY_LIMIT_BYTES, extended: false });
  app.use(refuseUnfitBodies);
  const methodsAt = (path: string): readonly string[] => methodsOfRoutes(app, path);
  app.useGlobalFilters(new ProblemDetailsFilter(options.log, methodsAt));
  app.useGlobalPipes(validationPipe());
  serveDocuments(app, options);
}

/** Times requests until their answer is out. What no route has taken is told as `unknown`, however it was asked for. */
function timed(onAnswered: NonNullable<HttpAppOptions['onAnswered']>) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const sinceMs = stopwatch.nowMs();
    response.once('finish', () => {
      const { route } = request as { route?: { readonly path?: unknown } };
      const path = typeof route?.path === 'string' ? route.path : 'unknown';
      onAnswered(request.method, path, response.statusCode, (stopwatch.nowMs() - sinceMs) / 1_000);
    });
    next();
  };
}

/** The documents of the interface, made when the first is asked for. */
function serveDocuments(app: NestExpressApplication, options: HttpAppOptions): void {
  const said = new DocumentBuilder()
    .setTitle(options.title)
    .setDescription(options.description)
    .setVersion('1')
    .addOAuth2({
      type: 'oauth2',
      flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes: SCOPES } },
    })
    .build();
  let made: ApiDocument | undefined;
  const document = (): ApiDocument =>
    (made ??= completeDocument(
      SwaggerModule.createDocument(app, said, { operationIdFactory: operationId }),
      responseSchemas(),
    ));
  app.use('/api/docs/platforms', (request: Request, response: Response, next: NextFunction) => {
    const platform = /^\/([a-z-]+)\.json$/.exec(request.path)?.[1];
    const isKnown = platform !== undefined && platformsIn(document()).includes(platform);
    if (isKnown) response.json(documentOf(document(), platform));
    else next();
  });
  app.use('/api/docs/asyncapi.json', (_: Request, response: Response) => {
    response.setHeader('Cache-Control', `public, max-age=${SCHEMA_AGE_S}`);
    response.sendFile(path.join(repositoryRoot(), 'infra', 'asyncapi.json'));
  });
  app.use('/schemas', serveSchemas);
  SwaggerModule.setup('api/docs', app, () => document() as unknown as OpenAPIObject, {
    jsonDocumentUrl: 'api/docs/openapi.json',
    yamlDocumentUrl: 'api/docs/openapi.yaml',
  });
}

/** Schemas of events and of files, and at `/schemas` itself the list of them. */
function serveSchemas(request: Request, response: Response, next: NextFunction): void {
  const isList = request.path === '/';
  const [, folder = '', name = ''] = /^\/([A-Za-z]+)\/([a-z0-9-]+)\.json$/.exec(request.path) ?? [];
  const schema = folder === 'files' ? fileSchema(name) : eventSchema(folder, name);
  const document = isList ? schemaIndex() : schema;
  if (!document || !['GET', 'HEAD'].includes(request.method)) return next();
  response.setHeader('Cache-Control', `public, max-age=${SCHEMA_AGE_S}`);
  const type = isList ? 'application/json' : 'application/schema+json';
  response.type(type).send(JSON.stringify(document));
}

const READ_TYPES = [
  'application/json',
  'application/*+json',
  'application/x-www-form-urlencoded',
  // Read by the routes that take it; the others refuse it.
  LINES_TYPE,
];

/** A body of another type would be passed over, and its sender told that fields are missing. */
function refuseForeignBodies(request: Request, _: Response, next: NextFunction): void {
  const isEmpty = request.headers['content-length'] === '0';
  // Null where there is no body.
  if (isEmpty || request.is(READ_TYPES) !== false) return next();
  const type = request.headers['content-type'] ?? 'nothing';
  next(
    new UnsupportedMediaTypeException(
      `The body is said to be ${type.slice(0, 100)}; send JSON, as Content-Type: application/json.`,
    ),
  );
}

/**
 * What checks a body goes into it by recursion, and would run out of stack: no client's fault to log. And
 * no text gets further that cannot be hashed or read.
 */
function refuseUnfitBodies(request: Request, _: Response, next: NextFunction): void {
  const fault = unfitIn(request.body);
  next(fault === undefined ? undefined : new BadRequestException(fault));
}

function securityHeaders(isTls: boolean) {
  return (_: Request, response: Response, next: NextFunction): void => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    if (isTls) response.setHeader('Strict-Transport-Security', 'max-age=31536000');
    next();
  };
}

async function listen(app: NestExpressApplication, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} at ${host} is taken; choose another with --port N.`, {
      cause: error,
    });
  }
}

async function closeGracefully(app: NestExpressApplication): Promise<void> {
  const server: Server = app.getHttpServer();
  const closed = new AbortController();
  const grace = sleep(GRACE_MS, closed.signal).then(() => server.closeAllConnections());
  await app.close();
  closed.abort();
  await grace;
}
