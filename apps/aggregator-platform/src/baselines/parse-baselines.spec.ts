/** Files of baselines: taken whole, or refused with every line that is wrong. */
import { BaselineFileError, parseBaselines } from './parse-baselines';

const ROME = 'Europe/Rome';
const [A, B] = ['IT002E60000001', 'IT002E60000002'];
const HEADER = 'podId,deliveryDay,mtu,baselineW';
const dayLines = (podId: string, day: string, mtus = 96, watts = (mtu: number) => mtu): string[] =>
  Array.from({ length: mtus }, (_, mtu) => `${podId},${day},${mtu},${watts(mtu)}`);
const file = (...lines: readonly string[]): string => `${[HEADER, ...lines].join('\n')}\n`;

function faultsOf(text: string): readonly { readonly line: number; readonly reason: string }[] {
  try {
    parseBaselines(text, ROME);
  } catch (error) {
    if (error instanceof BaselineFileError) return error.faults;
    throw error;
  }
  throw new Error('the file was taken');
}

describe('a file of baselines', () => {
  it('gives one baseline a PoD and day', () => {
    const text = file(...dayLines(A!, '2026-03-17'), ...dayLines(B!, '2026-03-17', 96, () => -5));
    const baselines = parseBaselines(text, ROME);
    expect(baselines.map(({ podId, deliveryDay }) => [podId, deliveryDay])).toEqual([
      [A, '2026-03-17'],
      [B, '2026-03-17'],
    ]);
    expect(baselines[0]!.baselineW).toEqual(Array.from({ length: 96 }, (_, mtu) => mtu));
    expect(baselines[1]!.baselineW[95]).toBe(-5);
  });

  it('may come in any order, with other columns, semicolons, quotes and a byte order mark', () => {
    const lines = dayLines(A!, '2026-03-17')
      .map((line) => `"x";${line.split(',').reverse().join(';')}`)
      .reverse();
    const text = `\ufeffwhat;baselineW;mtu;deliveryDay;podId\r\n${lines.join('\r\n')}`;
    expect(parseBaselines(text, ROME)[0]!.baselineW[7]).toBe(7);
  });

  it('may say reactive power beside active power, in every line then', () => {
    const lines = dayLines(A!, '2026-03-17').map((line, mtu) => `${line},${mtu - 40}`);
    const [header, ...all] = [`${HEADER},baselineVar`, ...lines];
    const [both] = parseBaselines([header, ...all].join('\n'), ROME);
    expect(both!.baselineVar).toEqual(Array.from({ length: 96 }, (_, mtu) => mtu - 40));
    const [alone] = parseBaselines(file(...dayLines(A!, '2026-03-17')), ROME);
    expect(alone).not.toHaveProperty('baselineVar');
    const short = [header, ...all.with(5, `${A},2026-03-17,5,5,`)].join('\n');
    expect(faultsOf(short)).toContainEqual({ line: 7, reason: 'has no whole var: ""' });
  });

  it('has as many MTUs as the day', () => {
    expect(
      parseBaselines(file(...dayLines(A!, '2026-03-29', 92)), ROME)[0]!.baselineW,
    ).toHaveLength(92);
    expect(
      parseBaselines(file(...dayLines(A!, '2026-10-25', 100)), ROME)[0]!.baselineW,
    ).toHaveLength(100);
    const [fault] = faultsOf(file(...dayLines(A!, '2026-03-29', 96)));
    expect(fault).toEqual({ line: 94, reason: 'has no MTU from 0 to 91: "92"' });
  });

  it.each([
    ['a PoD that is none', `ABC,2026-03-17,0,1`, 'names no PoD: "ABC"'],
    ['a day that does not exist', `${A},2026-02-30,0,1`, 'has no ISO date: "2026-02-30"'],
    ['an MTU that is none', `${A},2026-03-17,1.5,1`, 'has no MTU from 0 to 95: "1.5"'],
    ['a fraction of a watt', `${A},2026-03-17,0,1.5`, 'has no whole watts: "1.5"'],
    ['nothing', `${A},2026-03-17`, 'has no MTU from 0 to 95: ""'],
    ['an MTU again', `${A},2026-03-17,4,1`, `says MTU 4 of PoD ${A} again`],
  ])('is refused with %s', (_, line, reason) => {
    expect(faultsOf(file(...dayLines(A!, '2026-03-17'), line))).toEqual([{ line: 98, reason }]);
  });

  it('is refused with all that is wrong, and when something is missing', () => {
    const faults = faultsOf(
      file(`${A},2026-03-17,0,x`, ...dayLines(A!, '2026-03-17').slice(0, 95)),
    );
    expect(faults.map(({ line }) => line)).toEqual([2, 98]);
    expect(faults[1]!.reason).toBe(`of the file is missing: PoD ${A} on 2026-03-17, MTU 95`);
  });

  it('is refused with the line of a quote that stands alone', () => {
    expect(faultsOf(file(...dayLines(A!, '2026-03-17'), `"${A},2026-03-17,0,1`))).toEqual([
      { line: expect.any(Number), reason: expect.stringContaining('has a quote') },
    ]);
  });

  it('is refused without its columns, and when it is empty', () => {
    expect(faultsOf('podId,mtu\n')).toEqual([
      { line: 1, reason: 'has no column deliveryDay, baselineW' },
    ]);
    expect(faultsOf(`${HEADER}\n\n`)).toEqual([{ line: 1, reason: 'is followed by nothing' }]);
  });
});
