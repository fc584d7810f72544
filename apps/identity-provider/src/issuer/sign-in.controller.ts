import { Live, Public } from '@flexledger/service-kit';
import { Body, Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { SlowDown } from '../accounts/credentials';
import { addressOf } from '../http/address-of';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import { errorPage, signInPage } from './pages';

/** Name and password, asked for on the way to a token. Bound to the browser by the issuer's cookie. */
@ApiExcludeController()
@Live()
@Public()
@Controller('sign-in')
export class SignInController {
  constructor(@Inject(IDENTITY) private readonly identity: IdentityServices) {}

  @Get(':uid')
  async show(
    @Param('uid') uid: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asking = await this.whoAsks(uid, request, response);
    if (asking === undefined) return;
    const { clientId, userId } = asking;
    // One whom a demonstration offers, and the screens have named, has nothing to type.
    if (this.identity.demonstrationUsers().some((user) => user.userId === userId)) {
      await this.finish(userId!, request, response);
      return;
    }
    show(response, 200, signInPage(uid, clientId));
  }

  @Post(':uid')
  async signIn(
    @Param('uid') uid: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asking = await this.whoAsks(uid, request, response);
    if (asking === undefined) return;
    const { clientId } = asking;
    const { name, password } = (body ?? {}) as { name?: unknown; password?: unknown };
    if (typeof name !== 'string' || typeof password !== 'string') {
      show(response, 400, signInPage(uid, clientId, 'Type your name and your password.'));
      return;
    }
    try {
      if (!(await this.mayEnter(name, password, addressOf(request)))) {
        show(response, 401, signInPage(uid, clientId, 'The name or the password is wrong.'));
        return;
      }
    } catch (error) {
      if (!(error instanceof SlowDown)) throw error;
      response.setHeader('Retry-After', String(error.retryAfterS));
      show(response, 429, signInPage(uid, clientId, error.message));
      return;
    }
    await this.finish(name, request, response);
  }

  private async finish(accountId: string, request: Request, response: Response): Promise<void> {
    const provider = await this.identity.issuer.provider();
    const login = { accountId };
    await provider.interactionFinished(
      request,
      response,
      { login },
      { mergeWithLastSubmission: false },
    );
  }

  /** The same time and words for an unknown name, a wrong password and one who is disabled. */
  private async mayEnter(name: string, password: string, address: string): Promise<boolean> {
    const { accounts, credentials } = this.identity;
    const matches = await credentials.passwordMatches(name, password, address);
    return matches && (await accounts.userRights(name)) !== undefined;
  }

  /** The client that somebody signs in for, and as whom where it says; undefined, and answered, where none waits. */
  private async whoAsks(
    uid: string,
    request: Request,
    response: Response,
  ): Promise<{ clientId: string; userId?: string } | undefined> {
    const provider = await this.identity.issuer.provider();
    try {
      const details = await provider.interactionDetails(request, response);
      const { client_id: clientId, login_hint: hint } = details.params;
      if (details.uid === uid) {
        return { clientId: String(clientId), ...(typeof hint === 'string' && { userId: hint }) };
      }
    } catch (error) {
      if ((error as Error).name !== 'SessionNotFound') throw error;
    }
    show(response, 400, errorPage('This sign-in has ended; go back to where you began it'));
    return undefined;
  }
}

function show(response: Response, status: number, page: string): void {
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).type('html').send(page);
}
