import * as fc from 'fast-check';
import { loadMeterModel, type MeterModel, parseMeterModel, type Quantity } from './meter-model';
import { decodeRegister, encodeRegister, registerWords } from './registers';

// Goal: a model file is either sound or refused by name, and its numbers survive the registers.

const names = ['abb-b23', 'eastron-sdm630', 'schneider-iem3155'];
const sound = JSON.stringify(loadMeterModel('abb-b23'));
const damaged = (damage: (model: MeterModel) => unknown): string =>
  JSON.stringify(damage(JSON.parse(sound) as MeterModel));

describe.each(names)('the model %s', (name) => {
  const model = loadMeterModel(name);

  it('gives every quantity registers of its own', () => {
    const taken = Object.values(model.registers).flatMap((register) =>
      Array.from({ length: registerWords(register) }, (_, i) => register.address + i),
    );
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('keeps energy to the step of its counter, and power to the watt', () => {
    // A float of 24 bits in kWh is exact to half a Wh below 4,194 kWh; ABB counts in 10 Wh.
    const stepWh = name === 'abb-b23' ? 10 : 1;
    const energies = fc.integer({ min: 0, max: 4_194_000 / stepWh }).map((steps) => steps * stepWh);
    fc.assert(
      fc.property(energies, fc.integer({ min: -40_000, max: 40_000 }), (energyWh, powerW) => {
        for (const quantity of Object.keys(model.registers) as Quantity[]) {
          const register = model.registers[quantity];
          const value = quantity === 'powerW' ? powerW : energyWh;
          expect(decodeRegister(register, encodeRegister(register, value))).toBe(value);
        }
      }),
    );
  });
});

describe('a meter model', () => {
  it('that does not exist is refused with those that do', () => {
    expect(() => loadMeterModel('../secret')).toThrow(
      'There is no meter model "../secret"; there are abb-b23, eastron-sdm630, schneider-iem3155.',
    );
  });

  it.each([
    ['YAML that is none', '{', 'm.yaml cannot be used'],
    ['another document', '[1, 2]', 'the file must be object'],
    [
      'a missing quantity',
      damaged(({ registers: { powerW: _, ...registers }, ...model }) => ({ ...model, registers })),
      "registers must have required property 'powerW'",
    ],
    ['a member nobody reads', damaged((model) => ({ ...model, colour: 'grey' })), '("colour")'],
    [
      'power in kWh',
      damaged((model) => withPower(model, { unit: 'kWh' })),
      'registers.powerW.unit',
    ],
    [
      'an unknown type',
      damaged((model) => withPower(model, { type: 'bcd' })),
      'registers.powerW.type',
    ],
    [
      'an address off the map',
      damaged((model) => withPower(model, { address: 65_536 })),
      'registers.powerW.address',
    ],
    [
      'a scale of nothing',
      damaged((model) => withPower(model, { scale: 0 })),
      'registers.powerW.scale',
    ],
    ['a function that writes', damaged((model) => ({ ...model, functionCode: 6 })), 'functionCode'],
  ])('with %s is refused by name', (_name, yaml, reason) => {
    expect(() => parseMeterModel(yaml, 'm.yaml')).toThrow(reason);
  });
});

it('a register that holds no number is an error, not a zero', () => {
  const { powerW } = loadMeterModel('eastron-sdm630').registers;
  const notANumber = [0x7fc0, 0x0000];
  expect(() => decodeRegister(powerW, notANumber)).toThrow('hold no plausible number');
});

function withPower(model: MeterModel, change: object): unknown {
  return {
    ...model,
    registers: { ...model.registers, powerW: { ...model.registers.powerW, ...change } },
  };
}
