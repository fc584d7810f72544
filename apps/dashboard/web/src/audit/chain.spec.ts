import { rootOnChain } from './chain';

const word = (value: number | string): string =>
  typeof value === 'number' ? value.toString(16).padStart(64, '0') : value;
const roots = ['a', 'b', 'c'].map((digit) => digit.repeat(64));

/** A contract with anchors over 10, 20 and 30 events, at the selectors of `EventLogAnchor.sol`. */
async function contract(data: string): Promise<string> {
  if (data === '0x34f96c8c') return `0x${word(3)}`;
  const index = Number.parseInt(data.slice(10), 16);
  expect(data.slice(0, 10)).toBe('0x368b733e');
  return `0x${word(10 * (index + 1))}${word(1_700_000_000)}${roots[index]}`;
}

it.each([
  [30, roots[2]],
  [20, roots[1]],
  [25, undefined],
  [40, undefined],
])('over %d events the chain holds %s', async (size, root) => {
  expect(await rootOnChain(contract, size)).toBe(root);
});

it('has no anchor of a contract without any, and says where it is another contract', async () => {
  expect(await rootOnChain(async () => `0x${word(0)}`, 10)).toBeUndefined();
  const other = async (data: string) => (data.length === 10 ? `0x${word(1)}` : '0x');
  await expect(rootOnChain(other, 10)).rejects.toThrow('no anchor of logs');
});
