import { type CommandContext, DomainError } from '@flexledger/domain';

/** The refusal that a call ends with. @throws Error when it resolves, or fails otherwise */
export async function refusalOf(call: Promise<unknown>): Promise<DomainError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** The context of a command of a test; equal names are equal commands. */
export function testContext(name: string, actor: string): CommandContext {
  const commandId = `test/${name}`;
  return { commandId, correlationId: commandId, causationId: commandId, actor };
}
