import { auditCommand } from '@flexledger/composer';

/** Runs `flexledger audit`; what it prints on the standard output, and its exit code. */
export async function runAudit(...args: string[]): Promise<{ text: string; exitCode: unknown }> {
  const text: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text.push(String(chunk));
    return true;
  });
  const before = process.exitCode;
  try {
    process.exitCode = 0;
    await auditCommand().exitOverride().parseAsync(args, { from: 'user' });
    return { text: text.join(''), exitCode: process.exitCode };
  } finally {
    process.exitCode = before;
    write.mockRestore();
  }
}
