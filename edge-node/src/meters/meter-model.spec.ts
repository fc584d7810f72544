import * as fc from 'fast-check';
import {
  loadMeterModel,
  type MeterModel,
  parseMeterModel,
  type Quantity,
  type Register,
  type RegisterType,
} from './meter-model';
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
      'an order of words that is none',
      damaged((model) => withPower(model, { firstWord: 'middle' })),
      'registers.powerW.firstWord',
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

describe('a register', () => {
  const register = (type: RegisterType, change: Partial<Register> = {}): Register => ({
    address: 7,
    type,
    scale: 1,
    unit: 'Wh',
    ...change,
  });

  it.each<[RegisterType, number[]]>([
    ['int16', [0x8000]],
    ['uint16', [0xffff]],
    ['int32', [0x8000, 0]],
    ['uint32', [0xffff, 0xffff]],
    ['int64', [0x8000, 0, 0, 0]],
    ['uint64', [0xffff, 0xffff, 0xffff, 0xffff]],
  ])('of %s says in its own word that it is not available', (type, words) => {
    const told = 'the registers from 7 on say that it is not available';
    // However small a step is: what is no number is none at any scale.
    for (const scale of [1, 1e-9]) {
      expect(() => decodeRegister(register(type, { scale }), words)).toThrow(told);
    }
    const low = register(type, { firstWord: 'low' });
    expect(() => decodeRegister(low, words.toReversed())).toThrow(told);
  });

  it('may have its low word first', () => {
    const low = register('uint32', { firstWord: 'low' });
    expect(decodeRegister(low, [0xd680, 0x0012])).toBe(1_234_560);
    expect(encodeRegister(low, 1_234_560)).toEqual([0xd680, 0x0012]);
  });

  it.each<[RegisterType, number[], number]>([
    ['int16', [0xfffe], -2],
    ['uint16', [0xfffe], 65_534],
    ['uint32', [0x8000, 0], 0x8000_0000],
    ['int32', [0xffff, 0xffff], -1],
  ])('of %s next to what stands for none is a number', (type, words, value) => {
    expect(decodeRegister(register(type), words)).toBe(value);
    expect(encodeRegister(register(type), value)).toEqual(words);
  });
});

function withPower(model: MeterModel, change: object): unknown {
  return {
    ...model,
    registers: { ...model.registers, powerW: { ...model.registers.powerW, ...change } },
  };
}
