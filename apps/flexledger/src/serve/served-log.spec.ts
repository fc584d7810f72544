/** What a user of the served log may do follows from the name, once the password is that of the name. */
import { logPassword } from '../platform/keys';
import { rightsOf } from './served-log';

const keys = { chainKey: '', checkpointKey: '', brokerSecret: 'of this installation' };
const users = rightsOf(keys, undefined);
const user = (name: string, password = logPassword(keys, name)) => ({ name, password });

it.each([
  ['platform', { mayAppend: true }],
  ['reader', { mayAppend: false }],
  ['reader+pod-+session-', { mayAppend: false, streamPrefixes: ['pod-', 'session-'] }],
])('%s', (name, rights) => expect(users(user(name))).toEqual(rights));

it.each([
  ['a password of another name', user('platform', logPassword(keys, 'reader'))],
  ['one who widens the name', user('reader', logPassword(keys, 'reader+pod-'))],
  ['a name that there is not', user('operator')],
  ['no password', user('platform', '')],
  ['nobody', undefined],
])('%s may do nothing', (_, given) => expect(users(given)).toBeUndefined());

it('who does not sign in may do what is said for that', () => {
  expect(rightsOf(keys, { mayAppend: false })(undefined)).toEqual({ mayAppend: false });
});
