import {
  AccessError,
  type Principal,
  type Scope,
  type TokenVerifier,
  rolesWith,
  scopesByGrant,
} from '@flexledger/identity';
import { type CanActivate, type ExecutionContext, ForbiddenException } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import type { DataGrants } from '../data-access/grants';
import { type AuthorisedRequest, ROUTE_KNOWS_SPEAKERS, ROUTE_SCOPES } from './scopes';

/**
 * Verifies the bearer token (RFC 6750) and the scopes that a route asks for. A route that says
 * neither `@Scopes` nor `@Public` is closed to everyone, so that none is left open by oversight.
 */
export class ScopesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verify: TokenVerifier,
    /** What owners of data have granted; nothing where absent. */
    private readonly grants?: DataGrants,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const scopes = this.reflector.getAllAndOverride<readonly Scope[] | undefined>(ROUTE_SCOPES, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!scopes) throw new ForbiddenException('The route names no scope, so nobody may call it.');
    const request = context.switchToHttp().getRequest<AuthorisedRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    if (scopes.length === 0) {
      const knowsSpeakers = this.reflector.get<boolean>(ROUTE_KNOWS_SPEAKERS, context.getHandler());
      if (knowsSpeakers && request.headers.authorization !== undefined) {
        request.principal = await this.bearerOf(request, response);
      }
      return true;
    }
    const principal = await this.withGrants(await this.bearerOf(request, response));
    // What a grant opens `may` bounds to what was granted: the principal keeps the scopes of its token.
    const held = [...principal.scopes, ...scopesByGrant(principal)];
    const missing = scopes.filter((scope) => !held.includes(scope));
    if (missing.length > 0) {
      const scope = scopes.join(' ');
      challenge(response, `error="insufficient_scope", scope="${scope}"`);
      const whose = missing.map((one) => `${one} is for ${rolesWith(one).join(', ')}`);
      throw new ForbiddenException(
        `The token lacks scope ${missing.join(', ')}: ${whose.join('; ')}.`,
      );
    }
    request.principal = principal;
    return true;
  }

  /** With what its party was granted. */
  private async withGrants(principal: Principal): Promise<Principal> {
    if (!this.grants) return principal;
    await this.grants.caughtUp();
    return { ...principal, granted: this.grants.readsOf(principal.actor) };
  }

  private async bearerOf(request: AuthorisedRequest, response: Response): Promise<Principal> {
    const token = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) {
      challenge(response);
      throw new AccessError(
        'The request has no bearer token; get one for your client credentials.',
      );
    }
    try {
      return await this.verify(token);
    } catch (error) {
      if (error instanceof AccessError && error.code === 'invalid_token') {
        challenge(response, 'error="invalid_token"');
      }
      throw error;
    }
  }
}

function challenge(response: Response, why?: string): void {
  const realm = 'Bearer realm="flexledger"';
  response.setHeader('WWW-Authenticate', why ? `${realm}, ${why}` : realm);
}
