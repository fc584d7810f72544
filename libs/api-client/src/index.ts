/**
 * A client of the REST interface that knows every path, parameter, body and answer: its types are
 * generated from `docs/openapi.json` (`npm run api-document`), so that what the interface does not have
 * does not compile.
 */
import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './generated/interface';

/** Types of the interface by name, as `Schemas['PublicSession']`. */
export type Schemas = components['schemas'];

/** `const { data, error } = await client.GET('/api/v1/sessions/{sessionId}', { params: ... })`. */
export type ApiClient = Client<paths>;

export interface ApiClientOptions {
  /** Where the platform is: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The bearer token; asked for before every request, so that an old one can be renewed. */
  readonly token?: () => Promise<string>;
  /** In the place of the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Opens a client; nothing is sent before its first call. */
export function apiClient({ url, token, fetch }: ApiClientOptions): ApiClient {
  const client = createClient<paths>({ baseUrl: url, ...(fetch ? { fetch } : {}) });
  if (token) {
    client.use({
      async onRequest({ request }) {
        request.headers.set('authorization', `Bearer ${await token()}`);
        return request;
      },
    });
  }
  return client;
}
