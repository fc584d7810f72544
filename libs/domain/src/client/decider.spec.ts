/** Clients: machines of a party with a secret, and apps without one. */
import { givenOf } from '../testing/decider-spec';
import { type ClientCommand, clientDecider } from './decider';
import type { ClientData, ClientEvent } from './events';

const given = givenOf(clientDecider);
const clientId = 'aggregator-AGG1';
const machine: ClientData = {
  clientId,
  party: 'aggregator:AGG1',
  scopes: ['offers:write'],
  redirectUris: [],
};
const app: ClientData = {
  clientId,
  party: null,
  scopes: ['market:read'],
  redirectUris: ['https://desk.example/signed-in', 'http://127.0.0.1:8080/signed-in'],
};
const register = (data: ClientData): ClientCommand => ({ kind: 'registerClient', ...data });
const registered = (data: ClientData): ClientEvent => ({ type: 'ClientRegistered', data });
const rotate: ClientCommand = { kind: 'rotateSecret', clientId };
const disable: ClientCommand = { kind: 'disableClient', clientId, reason: 'lost' };
const disabled: ClientEvent = { type: 'ClientDisabled', data: { clientId, reason: 'lost' } };

describe('a client', () => {
  it('is registered, gets another secret, is disabled and enabled', () => {
    given().when(register(machine)).then(registered(machine));
    given().when(register(app)).then(registered(app));
    const terminal = { ...app, redirectUris: [] };
    given().when(register(terminal)).then(registered(terminal));
    given(registered(machine))
      .when(rotate)
      .then({ type: 'ClientSecretRotated', data: { clientId } });
    given(registered(machine)).when(disable).then(disabled);
    given(registered(machine), disabled).when(disable).then();
    given(registered(machine), disabled)
      .when({ kind: 'enableClient', clientId })
      .then({ type: 'ClientEnabled', data: { clientId } });
  });

  it('is registered once', () => {
    given(registered(machine)).when(register(machine)).thenRefused('client-exists');
  });

  it.each<[string, ClientData]>([
    ['a colon in its id', { ...machine, clientId: 'aggregator:AGG1' }],
    ['a party that is none', { ...machine, party: 'king' }],
    ['no scope', { ...machine, scopes: [] }],
    ['a way back, being a machine', { ...machine, redirectUris: app.redirectUris }],
    ['no end of ways back', { ...app, redirectUris: new Array<string>(21).fill('https://a.b/') }],
    ['plain text to another machine', { ...app, redirectUris: ['http://desk.example/'] }],
    ['plain text to a name that begins well', { ...app, redirectUris: ['http://localhost.evil/'] }],
    ['a fragment', { ...app, redirectUris: ['https://desk.example/#a'] }],
    ['a script', { ...app, redirectUris: ['javascript:alert(1)'] }],
  ])('is not registered with %s', (_, data) => {
    given().when(register(data)).thenRefused('client-malformed');
  });

  it('without a secret has none to rotate; one that nobody knows is refused', () => {
    given(registered(app)).when(rotate).thenRefused('client-without-secret');
    given().when(rotate).thenRefused('client-unknown');
    given().when(disable).thenRefused('client-unknown');
  });
});
