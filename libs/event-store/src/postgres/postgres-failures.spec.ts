/** What PostgreSQL says -> whether the same is asked again. */
import { isPassing } from './postgres-failures';

it.each([
  ['08006', 'the connection is lost', true],
  ['40P01', 'two transactions wait for each other', true],
  ['53300', 'others have all the connections', true],
  ['57P03', 'the server starts', true],
  ['53100', 'its disk is full', false],
  ['42P01', 'there is no such table', false],
  ['28P01', 'the password is wrong', false],
])('%s, %s: %s', (code, message, passes) => {
  expect(isPassing(Object.assign(new Error(message), { code }))).toBe(passes);
});
