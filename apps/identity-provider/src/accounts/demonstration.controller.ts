import { Live, Public } from '@flexledger/service-kit';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { IDENTITY, type IdentityServices } from '../http/identity-services';
import type { DemonstrationUser } from './demonstration';

/** Whom one may look at a demonstration as. */
@ApiTags('identity: users')
@Live()
@Public()
@Controller('api/v1/demonstration-users')
export class DemonstrationController {
  constructor(@Inject(IDENTITY) private readonly identity: IdentityServices) {}

  @Get()
  @ApiOperation({ summary: 'Users of a demonstration, who sign in by a click; none elsewhere' })
  list(): { items: readonly DemonstrationUser[] } {
    return { items: this.identity.demonstrationUsers() };
  }
}
