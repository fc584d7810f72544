import { Readable } from 'node:stream';
import { Live, Public } from '@flexledger/service-kit';
import { All, Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiExcludeEndpoint,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { SlowDown } from '../accounts/credentials';
import { addressOf } from '../http/address-of';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import { isStoredName } from '../store/credential-store';
import { ALL_SCOPES } from './adapter';

const MALFORMED = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/MalformedProblem' } },
};

/** How OAuth tells an error (RFC 6749 5.2). */
const oauthError = (error: string) => ({
  'application/json': {
    schema: {
      type: 'object',
      required: ['error'],
      properties: { error: { type: 'string' }, error_description: { type: 'string' } },
    },
    example: { error, error_description: 'what is wrong' },
  },
});

/**
 * OAuth 2.0 and OpenID Connect by `oidc-provider`, which gets each request with its body as a form. Two
 * things are ours: JSON bodies are taken too, and a machine that names no scope gets all that it may have,
 * while one that is unknown is refused and not passed over.
 */
@ApiTags('access')
@Live()
@Public()
@Controller()
export class IssuerController {
  constructor(@Inject(IDENTITY) private readonly identity: IdentityServices) {}

  @Post('oauth/token')
  @ApiOperation({
    summary: 'Get a token: for client credentials, a code, a device code or a refresh token',
  })
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['grant_type'],
      properties: {
        grant_type: { type: 'string', example: 'client_credentials' },
        client_id: { type: 'string' },
        client_secret: { type: 'string' },
        scope: { type: 'string', description: 'Scopes parted by spaces; all of yours if missing' },
      },
    },
  })
  @ApiResponse({ status: 200, description: 'The token, its kind, life and scopes' })
  @ApiResponse({
    status: 400,
    description:
      'RFC 6749 5.2: `error` and `error_description`; a body that cannot be read: a problem',
    content: { ...oauthError('invalid_grant'), ...MALFORMED },
  })
  @ApiResponse({
    status: 401,
    description: 'The client is unknown or its secret is another',
    content: oauthError('invalid_client'),
  })
  @ApiResponse({
    status: 429,
    description: 'Too many tries failed; `Retry-After` says how long',
    content: oauthError('slow_down'),
  })
  async token(@Req() request: Request, @Res() response: Response): Promise<void> {
    const fields = textFields(request.body);
    if (fields === undefined) {
      refuse(response, 400, 'invalid_request', 'every field of the body must be one text');
      return;
    }
    const id = clientIdOf(fields, request.headers.authorization);
    const address = addressOf(request);
    const { credentials, accounts } = this.identity;
    try {
      credentials.refuseHasty('client', id, address);
    } catch (error) {
      if (!(error instanceof SlowDown)) throw error;
      response.setHeader('Retry-After', String(error.retryAfterS));
      refuse(response, 429, 'slow_down', error.message);
      return;
    }
    if (fields['grant_type'] === 'client_credentials') {
      const asked = (fields['scope'] ?? '').split(' ').filter((name) => name !== '');
      const unknown = asked.find((name) => !ALL_SCOPES.includes(name));
      if (unknown !== undefined) {
        refuse(response, 400, 'invalid_scope', `there is no scope "${unknown}"`);
        return;
      }
      const rights = asked.length > 0 ? undefined : await accounts.clientRights(id);
      if (rights) fields['scope'] = rights.scopes.join(' ');
    }
    if (isStoredName(fields['device_code'] ?? '')) {
      refuse(response, 400, 'invalid_grant', 'there is no such device code');
      return;
    }
    response.once('finish', () => {
      if (response.statusCode === 401) credentials.noteFailure('client', id, address);
      if (response.statusCode === 200) credentials.noteSuccess('client', id, address);
    });
    await this.handOn(request, response, fields);
  }

  @Get('.well-known/jwks.json')
  @ApiResponse({
    status: 200,
    description: 'A JWK set',
    content: {
      'application/jwk-set+json': { schema: { type: 'object' }, example: { keys: [] } },
    },
  })
  @ApiOperation({ summary: 'Public keys by which tokens are verified (RFC 7517)' })
  keys(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.handOn(request, response);
  }

  @Get('.well-known/openid-configuration')
  @ApiResponse({
    status: 200,
    description: 'Discovery document',
    content: {
      'application/json': {
        schema: { type: 'object' },
        example: {
          issuer: 'https://example.org',
          token_endpoint: 'https://example.org/oauth/token',
        },
      },
    },
  })
  @ApiOperation({ summary: 'What the issuer offers and where (OpenID Connect Discovery 1.0)' })
  discovery(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.handOn(request, response);
  }

  @All('oauth/*path')
  @ApiExcludeEndpoint()
  others(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.handOn(request, response, textFields(request.body) ?? {});
  }

  private async handOn(
    request: Request,
    response: Response,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const provider = await this.identity.issuer.provider();
    const isForm = request.method === 'POST';
    const sent = isForm ? withForm(request, new URLSearchParams(fields).toString()) : request;
    await provider.callback()(sent, response);
  }
}

/** The request with its body to be read anew: it has been read, to be checked and bounded. */
function withForm(request: Request, form: string): Request {
  const { method, url, originalUrl, socket, httpVersion } = request;
  const { 'transfer-encoding': _, ...headers } = request.headers;
  const type = 'application/x-www-form-urlencoded';
  const length = String(Buffer.byteLength(form));
  return Object.assign(Readable.from([Buffer.from(form)], { objectMode: false }), {
    method,
    url,
    originalUrl,
    socket,
    httpVersion,
    headers: { ...headers, 'content-type': type, 'content-length': length },
  }) as unknown as Request;
}

/** The fields of a body that holds nothing but texts; undefined for any other. */
function textFields(body: unknown): Record<string, string> | undefined {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) return undefined;
  const entries = Object.entries(body as object);
  return entries.every(([, value]) => typeof value === 'string')
    ? (Object.fromEntries(entries) as Record<string, string>)
    : undefined;
}

/** Who asks, as far as can be told without trying; only to slow those down who guess. */
function clientIdOf(fields: Readonly<Record<string, string>>, authorization = ''): string {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return fields['client_id'] ?? '';
  const [id] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return decodeURIComponent(id!);
  } catch {
    return id!;
  }
}

function refuse(response: Response, status: number, error: string, words: string): void {
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).json({ error, error_description: words });
}
