import { type DynamicModule, Module } from '@nestjs/common';
import { ClientsController } from './accounts/clients.controller';
import { DemonstrationController } from './accounts/demonstration.controller';
import { PartiesController } from './accounts/parties.controller';
import { UsersController } from './accounts/users.controller';
import { IDENTITY, type IdentityServices } from './http/identity-services';
import { IssuerController } from './issuer/issuer.controller';
import { SignInController } from './issuer/sign-in.controller';
import { PersonsController } from './persons/persons.controller';

/** The identity provider's HTTP interface. */
@Module({})
export class IdentityProviderModule {
  static register(services: IdentityServices): DynamicModule {
    return {
      module: IdentityProviderModule,
      controllers: [
        PartiesController,
        UsersController,
        ClientsController,
        DemonstrationController,
        PersonsController,
        SignInController,
        IssuerController,
      ],
      providers: [{ provide: IDENTITY, useValue: services }],
    };
  }
}
