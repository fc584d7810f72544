import { benchCommand } from './bench.command';

/** What the command writes to the standard output. */
async function printed(...args: readonly string[]): Promise<string> {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await benchCommand()
      .exitOverride()
      .parseAsync([...args], { from: 'user' });
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
}

const NAMES = [
  'clearing',
  'live',
  'pareto',
  'powerflow',
  'settlement',
  'ingest',
  'periods',
  'projections',
  'certify',
  'store',
  'views',
  'streams',
  'dashboard',
];

describe('flexledger bench without a name', () => {
  it('lists the benchmarks', async () => {
    const text = await printed();
    for (const name of NAMES) expect(text).toContain(`flexledger bench ${name}`);
  });

  it('lists them as one JSON document', async () => {
    const { benches } = JSON.parse(await printed('--json')) as { benches: { name: string }[] };
    expect(benches.map(({ name }) => name)).toEqual(NAMES);
  });
});
