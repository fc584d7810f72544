import { parquetReadObjects } from 'hyparquet';
import { csvOf, jsonOf, parquetOf } from './download';

it('writes what a spreadsheet reads as it was, and never runs', () => {
  const rows = [
    ['IT002E1', 1_940, null],
    ['=cmd()', -1, 'a "b", c'],
  ] as const;
  expect(csvOf(['podId', 'acceptedW', 'why'], rows)).toBe(
    'podId,acceptedW,why\r\nIT002E1,1940,\r\n\'=cmd(),-1,"a ""b"", c"\r\n',
  );
  expect(JSON.parse(jsonOf(['podId', 'acceptedW'], [['IT002E1', 1_940]]))).toEqual([
    { podId: 'IT002E1', acceptedW: 1_940 },
  ]);
});

it('writes Parquet that is read back as it was, with its gaps', async () => {
  const file = await parquetOf(
    ['podId', 'acceptedW', 'why'],
    [
      ['IT002E1', 1_940, null],
      ['IT002E2', null, 'dearer'],
    ],
  );
  expect(await parquetReadObjects({ file })).toEqual([
    { podId: 'IT002E1', acceptedW: 1_940, why: null },
    { podId: 'IT002E2', acceptedW: null, why: 'dearer' },
  ]);
});
