/**
 * A queue of one: tasks handed to it run one after another, in the order they came, and a failing one
 * holds up none. Returns the function that hands a task over and resolves as the task does.
 */
export function inOrder(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let previous: Promise<unknown> = Promise.resolve();
  return (task) => {
    const current = previous.then(task);
    previous = current.catch(() => {});
    return current;
  };
}
