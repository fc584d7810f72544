import { type Principal, type Resource, type Scope, may } from '@flexledger/identity';
import {
  type ExecutionContext,
  ForbiddenException,
  SetMetadata,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import { ApiOAuth2, ApiResponse } from '@nestjs/swagger';
import type { Request } from 'express';

/** Metadata of a route: the scopes it asks for, all of them; none for a public route. */
export const ROUTE_SCOPES = 'flexledger/scopes';

/** Metadata of a public route that shows more to who brings a token. */
export const ROUTE_KNOWS_SPEAKERS = 'flexledger/knows-speakers';

/** A request whose bearer the guard has verified. */
export type AuthorisedRequest = Request & { principal?: Principal };

/** The route asks for a token with these scopes. Whose things they reach says `requireAccess`. */
export function Scopes(...scopes: readonly [Scope, ...Scope[]]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(ROUTE_SCOPES, scopes),
    ApiOAuth2([...scopes]),
    ApiResponse({ status: 401, description: 'No token, or one that does not hold' }),
    ApiResponse({ status: 403, description: 'The token does not reach so far' }),
  );
}

/** Anyone may call the route. */
export function Public(): MethodDecorator & ClassDecorator {
  return SetMetadata(ROUTE_SCOPES, []);
}

/** Anyone may call the route; who brings a token is known by it, and it has to hold. */
export function PublicWithSpeaker(): MethodDecorator {
  return applyDecorators(
    SetMetadata(ROUTE_SCOPES, []),
    SetMetadata(ROUTE_KNOWS_SPEAKERS, true),
    ApiResponse({ status: 401, description: 'A token that does not hold; without one it is open' }),
  );
}

/** Parameter of a handler: who speaks, if anybody does. Only on routes with `@PublicWithSpeaker`. */
export const SpeakerIfKnown = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal | undefined =>
    context.switchToHttp().getRequest<AuthorisedRequest>().principal,
);

/** Parameter of a handler: who speaks. Only on routes with `@Scopes`. */
export const Speaker = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthorisedRequest>();
  if (!principal) throw new Error('@Speaker() stands on a public route; give the route @Scopes');
  return principal;
});

/**
 * Lets only those go on who may do `action` to the resource (`may` of the access rules).
 *
 * @throws ForbiddenException naming who and what
 */
export function requireAccess(principal: Principal, action: Scope, resource: Resource): void {
  if (may(principal, action, resource)) return;
  const owner = Object.values(resource).join(', ') || 'others';
  throw new ForbiddenException(`${principal.actor} has no right to ${action} of ${owner}.`);
}
