import { requireAll } from './sure-producer';

const answer = (topicName: string, partition: number) => ({ topicName, partition });

it('is sent once every partition has answered that it goes to', () => {
  const places = ['a/0', 'a/1', 'b/0'];
  expect(() => requireAll(places, [answer('b', 0), answer('a', 1), answer('a', 0)])).not.toThrow();
});

it('is not sent where one that moved to another node was passed over; it is named', () => {
  expect(() => requireAll(['a/0', 'a/1', 'b/0'], [answer('a', 0), answer('b', 0)])).toThrow(
    'a/1 did not say that it is written',
  );
});
