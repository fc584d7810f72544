/** Who reads a home's data, as its customer is told. */
import { readersShown } from './readers';

const reader = 'aggregator:AGG2';
const granted = {
  reader,
  status: 'granted',
  dataSets: ['measurements', 'livePower'] as const,
  request: null,
};

it('names who reads by which right, and not the customer itself', () => {
  const byRight = [
    { reader: 'customer:IT1', right: 'owner', dataSets: ['measurements'] as const },
    { reader: 'aggregator:AGG1', right: 'agreement', dataSets: ['measurements'] as const },
    { reader: 'dso', right: 'gridOperation', dataSets: ['measurements', 'setpoints'] as const },
  ];
  expect(readersShown({ byRight, others: [] }).byRight).toEqual([
    {
      reader: 'aggregator:AGG1',
      name: 'AGG1',
      why: 'sells for you under your agreement',
      what: 'quarter-hours',
    },
    {
      reader: 'dso',
      name: 'The grid operator',
      why: 'operates the grid that you hang on',
      what: 'quarter-hours, setpoints',
    },
  ]);
});

it('lists who reads by grant, and no more who was revoked or refused', () => {
  const over = { ...granted, status: 'revoked', dataSets: [] };
  const { granted: shown, asking } = readersShown({ byRight: [], others: [granted, over] });
  expect(shown).toEqual([{ reader, name: 'AGG2', what: 'quarter-hours, power now' }]);
  expect(asking).toEqual([]);
});

it('tells what is asked, and lets a yes keep what is read already', () => {
  const request = { dataSets: ['baselines'] as const, purpose: 'a study' };
  const { asking } = readersShown({ byRight: [], others: [{ ...granted, request }] });
  expect(asking).toEqual([
    {
      reader,
      name: 'AGG2',
      purpose: 'a study',
      what: 'baselines',
      together: ['measurements', 'livePower', 'baselines'],
    },
  ]);
});
