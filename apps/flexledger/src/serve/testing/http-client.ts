import { clientIdOf, readClientSecret } from '@flexledger/service-kit';
import request from 'supertest';

/** Calls a served platform as one of its parties, with a token from its token endpoint. */
export type CallAs = (actor: string) => {
  get(path: string): Promise<request.Test>;
  post(path: string, body?: string | object): Promise<request.Test>;
  put(path: string, body: object): Promise<request.Test>;
  delete(path: string): Promise<request.Test>;
};

/** @param dataDir where the parties' secrets stand */
export function callAs(url: string, dataDir: string): CallAs {
  return (actor) => {
    // A new token for every call: the clock of a test may go on by hours between two of them.
    const authorised = async (test: request.Test): Promise<request.Test> => {
      const clientId = clientIdOf(actor);
      const { body } = await request(url)
        .post('/oauth/token')
        .type('form')
        .send({ grant_type: 'client_credentials', client_id: clientId })
        .send({ client_secret: readClientSecret(dataDir, clientId) });
      return test.auth(body.access_token as string, { type: 'bearer' });
    };
    const api = request(url);
    return {
      get: (path) => authorised(api.get(path)),
      post: (path, body = {}) => authorised(api.post(path).type('json').send(body)),
      put: (path, body) => authorised(api.put(path).send(body)),
      delete: (path) => authorised(api.delete(path)),
    };
  };
}
