import { AccessError, type ClientCredentials, type TokenIssuer } from '@flexledger/identity';
import { Body, Controller, Get, Headers, Inject, Post, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Live } from '../http/not-modified.interceptor';
import { Public } from './scopes';

export const TOKEN_ISSUER = Symbol('token issuer');

/** The token endpoint of OAuth 2.0 for client credentials (RFC 6749 4.4), and the public keys. */
@ApiTags('access')
@Live()
@Public()
@Controller()
export class OAuthController {
  constructor(@Inject(TOKEN_ISSUER) private readonly issuer: TokenIssuer) {}

  @Post('oauth/token')
  @ApiOperation({ summary: 'Get a token for client credentials' })
  @ApiConsumes('application/x-www-form-urlencoded', 'application/json')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['grant_type'],
      properties: {
        grant_type: { type: 'string', enum: ['client_credentials'] },
        client_id: { type: 'string' },
        client_secret: { type: 'string' },
        scope: { type: 'string', description: 'Scopes parted by spaces; all of yours if missing' },
      },
    },
  })
  @ApiResponse({ status: 200, description: 'The token, its kind, life and scopes' })
  @ApiResponse({ status: 400, description: 'RFC 6749 5.2: `error` and `error_description`' })
  @ApiResponse({ status: 401, description: 'invalid_client' })
  async token(
    @Body() body: unknown,
    @Headers('authorization') authorization: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    try {
      const issued = await this.issuer.issue(credentialsOf(body, authorization));
      response.status(200).json({
        access_token: issued.accessToken,
        token_type: 'Bearer',
        expires_in: issued.expiresInS,
        scope: issued.scope,
      });
    } catch (error) {
      if (!(error instanceof AccessError || error instanceof TokenRequestError)) throw error;
      const isClient = error.code === 'invalid_client';
      if (isClient) response.setHeader('WWW-Authenticate', 'Basic realm="flexledger"');
      response
        .status(isClient ? 401 : 400)
        .json({ error: error.code, error_description: error.message });
    }
  }

  @Get('.well-known/jwks.json')
  @ApiOperation({ summary: 'Public keys by which tokens are verified (RFC 7517)' })
  jwks(): ReturnType<TokenIssuer['jwks']> {
    return this.issuer.jwks();
  }
}

/** A request for a token that cannot be understood (RFC 6749 5.2). */
class TokenRequestError extends Error {
  constructor(
    readonly code: 'invalid_request' | 'unsupported_grant_type',
    message: string,
  ) {
    super(message);
  }
}

/** Credentials stand in the body, or in HTTP Basic (RFC 6749 2.3.1), not in both. */
function credentialsOf(body: unknown, authorization: string | undefined): ClientCredentials {
  const field = (name: string): string | undefined => textField(body, name);
  if (field('grant_type') !== 'client_credentials') {
    throw new TokenRequestError(
      'unsupported_grant_type',
      'grant_type must be client_credentials; send the fields as a form or as JSON',
    );
  }
  const basic = basicOf(authorization);
  const posted = { clientId: field('client_id'), clientSecret: field('client_secret') };
  if (basic && posted.clientSecret !== undefined) {
    throw new TokenRequestError('invalid_request', 'credentials stand twice: in Basic and body');
  }
  const { clientId, clientSecret } = basic ?? posted;
  if (clientId === undefined || clientSecret === undefined) {
    throw new TokenRequestError('invalid_request', 'client_id or client_secret is missing');
  }
  return { clientId, clientSecret, scope: field('scope') };
}

function textField(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value = (body as Record<string, unknown>)[name];
  if (typeof value === 'string') return value;
  throw new TokenRequestError('invalid_request', `${name} must be one text`);
}

function basicOf(
  authorization: string | undefined,
): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [clientId, ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return {
      clientId: decodeURIComponent(clientId!),
      clientSecret: decodeURIComponent(secret.join(':')),
    };
  } catch {
    throw new TokenRequestError('invalid_request', 'the Basic credentials are not form-encoded');
  }
}
