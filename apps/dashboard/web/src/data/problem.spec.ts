import { Problem, asProblem, problemOf } from './problem';

it('tells what the platform said, and which field it means', () => {
  const problem = problemOf(400, {
    detail: 'The request is refused.',
    code: 'request-malformed',
    errors: [{ field: 'quantityW', reason: 'must have 96 values' }],
  });
  expect(problem).toMatchObject({
    status: 400,
    code: 'request-malformed',
    message: 'The request is refused.',
  });
  expect(problem.fields).toEqual({ quantityW: 'must have 96 values' });
});

it('has words where the platform had none, and where nobody answered', () => {
  expect(problemOf(503, '<html>').message).toContain('cannot answer now');
  expect(problemOf(418, null).message).toBe('The platform answered 418.');
  expect(asProblem(new TypeError('Failed to fetch'))).toMatchObject({ status: 0 });
  const told = new Problem(404, 'no such session');
  expect(asProblem(told)).toBe(told);
});
