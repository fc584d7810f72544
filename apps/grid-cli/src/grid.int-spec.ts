/**
 * Goal: the grid commands take every network format as it comes from disk, and write their own.
 * Method: the commands themselves on files; a CGMES model of a medium-voltage ring against the voltages
 * that pandapower 3.5.6 finds by its own CGMES converter (with the load `Faro` set to the shares of
 * its response characteristic, which that converter does not read).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import {
  compileGrid,
  parseNetwork,
  solvePowerFlow,
  type ImportRemarks,
  type PowerFlowResult,
} from '@flexledger/grid';
import { feederFile } from '@flexledger/grid-operations';
import { gridFile } from '@flexledger/service-kit';
import { readGrid } from './grid-files';
import { runGrid as run } from './testing/run-grid';

const cgmes = (profile: string): string =>
  path.resolve(__dirname, `testing/cgmes/feeder-${profile}.xml`);
const grids = path.resolve(__dirname, '../../../libs/grid/src/imports/testing/grids');
const shipped = path.resolve(__dirname, '../../../libs/grid/data/cigre-mv.json');

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'flexledger-grid-'))));
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = undefined;
});

/** A ZIP archive of files, as the format has it; no checksums, which nobody reads here. */
function zipOf(files: readonly string[], packed: boolean): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = readFileSync(file);
    const stored = packed ? deflateRawSync(content) : content;
    const name = Buffer.from(path.basename(file));
    const common = Buffer.alloc(26);
    common.writeUInt16LE(packed ? 8 : 0, 4);
    common.writeUInt32LE(stored.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), common, name, stored);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, tail, name);
    offset += 30 + name.length + stored.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, Buffer.from('PK\x05\x06'), end]);
}

const textFile = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

describe('grid solve', () => {
  /** Connectivity node, voltage in pu, angle in degree. */
  const ofPandapower = [
    ['_N150', 1.03, 0],
    ['_NT', 1.0321825203911386, 28.560057386002],
    ['_NBB', 1.0321825203911386, 28.560057386002],
    ['_N1', 1.0143779196294511, 28.25442703667798],
    ['_N2', 1.008268686681384, 28.127750355403858],
    ['_N3', 1.001940958756921, 28.043124563248643],
    ['_N3R', 1.0324186916275908, 28.542922027868403],
    ['_NLV', 0.9648788365340432, -123.65519838715664],
  ] as const;

  it('of EQ and SSH together finds the voltages that pandapower finds', async () => {
    const { out } = await run('solve', cgmes('eq'), cgmes('ssh'), '--json');
    const result = JSON.parse(out) as PowerFlowResult & ImportRemarks;
    if (!result.converged) throw new Error(out);
    const found = new Map(result.buses.map((bus) => [bus.id, bus]));
    for (const [id, vmPu, vaDegree] of ofPandapower) {
      expect(found.get(id)!.vmPu).toBeCloseTo(vmPu, 9);
      expect(found.get(id)!.vaDegree).toBeCloseTo(vaDegree, 8);
    }
    expect(result.leftOut).toEqual([{ what: 'CurrentLimit', count: 4, reason: 'not permanent' }]);
    expect(result.assumed).toEqual([]);
  });

  it.each([true, false])('of one archive of both finds the same, packed: %s', async (packed) => {
    const archive = path.join(folder, 'model.zip');
    writeFileSync(archive, zipOf([cgmes('eq'), cgmes('ssh')], packed));
    const { out } = await run('solve', archive, '--json');
    expect(out).toBe((await run('solve', cgmes('eq'), cgmes('ssh'), '--json')).out);
  });

  it('of topological nodes alone finds the same, without what is inside them', async () => {
    // Terminals without connectivity nodes, as in a bus-branch model.
    const nodes = /\s*<cim:Terminal.ConnectivityNode[^>]*>/g;
    const busBranch = textFile('eq.xml', readFileSync(cgmes('eq'), 'utf8').replace(nodes, ''));
    const { out } = await run('solve', busBranch, cgmes('ssh'), cgmes('tp'), '--json');
    const { buses } = JSON.parse(out) as { buses: { id: string; vmPu: number }[] };
    expect(buses.map(({ id }) => id)).toEqual([
      ...['_TN150', '_TNBB', '_TN1', '_TN2', '_TN3', '_TN3R', '_TNLV'],
    ]);
    expect(buses[3]!.vmPu).toBeCloseTo(ofPandapower[4][1], 9);
  });

  it.each([
    ['pandapower', path.join(grids, 'cigre-mv-all.json')],
    ['MATPOWER', path.join(grids, 'case14.m')],
    ['PSS/E RAW', path.join(grids, 'case14.raw')],
    ['flexledger-grid/1', shipped],
  ])('takes %s', async (format, file) => {
    expect(readGrid([file]).format).toBe(format);
    expect(JSON.parse((await run('solve', file, '--json')).out)).toMatchObject({ converged: true });
    expect((await run('solve', file)).out).toContain('voltage pu');
  });

  it('exits with 2 where there is no solution', async () => {
    const heavy = readFileSync(path.join(grids, 'case9.m'), 'utf8').replace('125\t50', '12500\t50');
    const { out } = await run('solve', textFile('heavy.m', heavy));
    expect(out).toMatch(/^no solution after \d+ iterations; worst at bus bus/);
    expect(process.exitCode).toBe(2);
  });
});

describe('grid validate', () => {
  it('counts what a network of another format holds', async () => {
    expect((await run('validate', path.join(grids, 'case33bw.m'))).out).toMatch(
      /^valid: 33 buses, 37 lines, 0 transformers, 32 loads\n[^]*left out[^]*mpc.gencost/,
    );
  });

  it('names what does not hold, and exits with 1', async () => {
    const { out } = await run('validate', cgmes('eq'));
    expect(out).toBe(
      'not valid: EnergyConsumer "_LD2" (Faro): EnergyConsumer.p is missing. Add the file that has it (EQ or SSH).\n',
    );
    expect(process.exitCode).toBe(1);
  });
});

describe('grid solve and validate of a broken file', () => {
  const edited = (edit: (text: string) => string): string =>
    textFile('broken.json', edit(readFileSync(shipped, 'utf8')));

  it.each([
    ['NaN', '"pMw":NaN', 'load "load0": pMw is "NaN"'],
    ['-Infinity', '"pMw": -Infinity', 'load "load0": pMw is "-Infinity"'],
  ])('name the element that has %s, which is no JSON', async (_, value, reason) => {
    const file = edited((text) => text.replace(/"pMw": ?[\d.]+/, value));
    await expect(run('solve', file, '--json')).rejects.toThrow(reason);
    const { out } = await run('validate', file, '--json');
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      reason: expect.stringContaining(reason) as unknown,
    });
    expect(process.exitCode).toBe(1);
  });

  it('a file that is no JSON is not valid either, exit code 2', async () => {
    const { out } = await run(
      'validate',
      edited((text) => text.slice(0, -20)),
      '--json',
    );
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      reason: expect.stringContaining('broken.json is not JSON') as unknown,
    });
    expect(process.exitCode).toBe(2);
  });
});

describe('a network that is not all of its file', () => {
  const withStorage = (): string =>
    textFile(
      'storage.m',
      `${readFileSync(path.join(grids, 'case33bw.m'), 'utf8')}
       mpc.storage = [2 1 0 1 1 1 1 1 1 1 1 1 0 0 0 0 1];`,
    );
  const leftOut = {
    what: 'mpc.storage',
    count: 1,
    reason: 'in service, left out as asked: the network model has no such element',
  };

  it.each([['solve'], ['validate'], ['import', '--as', 'mine', '--out', 'mine.json']])(
    '%s refuses what is in service and has no counterpart, with the option that leaves it out',
    async (command, ...more) => {
      const run1 = run(command, withStorage(), ...more);
      const reason = 'mpc.storage row 1: is in service';
      if (command === 'validate') {
        expect((await run1).out).toContain(`not valid: ${reason}`);
        expect(process.exitCode).toBe(1);
      } else await expect(run1).rejects.toThrow(reason);
      if (command !== 'validate') await expect(run1).rejects.toThrow('--leave-out mpc.storage');
    },
  );

  it('--leave-out is part of the answer, in words and as JSON', async () => {
    const args = [withStorage(), '--leave-out', 'svc, mpc.storage'];
    const { out } = await run('solve', ...args);
    expect(out).toMatch(/left out +│ count +│ reason[^]*mpc.storage +│ 1 +│ in service, left out/);
    const solved = JSON.parse((await run('solve', ...args, '--json')).out) as ImportRemarks;
    expect(solved.leftOut).toContainEqual(leftOut);
    const valid = JSON.parse((await run('validate', ...args, '--json')).out) as ImportRemarks;
    expect(valid.leftOut).toContainEqual(leftOut);
    await expect(run('solve', withStorage(), '--leave-out', 'a,')).rejects.toThrow('KIND[,KIND]');
  });

  it('an imported file carries what it lacks and assumes, and whoever solves it is told', async () => {
    const out = path.join(folder, 'mine.json');
    await run('import', withStorage(), '--as', 'mine', '--out', out, '--leave-out', 'mpc.storage');
    const written = JSON.parse(readFileSync(out, 'utf8')) as { remarks: ImportRemarks };
    expect(written.remarks.leftOut).toContainEqual(leftOut);
    const solved = JSON.parse((await run('solve', out, '--json')).out) as ImportRemarks;
    expect(solved).toMatchObject(written.remarks);
    expect((await run('solve', out)).out).toContain('left out as asked');
  });

  it('says what it assumes where there is no solution, too', async () => {
    const heavy = readFileSync(path.join(grids, 'case14.m'), 'utf8').replace('94.2', '94200');
    const { out } = await run('solve', textFile('heavy.m', heavy));
    expect(out).toMatch(/^no solution[^]*assumed[^]*its loading stays unrated/);
  });
});

describe('grid import', () => {
  const files = [cgmes('eq'), cgmes('ssh'), cgmes('tp')];

  it('writes a file of our own that solves alike, under the name given', async () => {
    const out = path.join(folder, 'ostia.json');
    const printed = await run('import', ...files, '--as', 'ostia', '--out', out, '--json');
    expect(JSON.parse(printed.out)).toEqual({
      file: out,
      format: 'CGMES',
      counts: {
        buses: 10,
        lines: 4,
        transformers: 2,
        loads: 4,
        staticGenerators: 1,
        shunts: 1,
        switches: 4,
      },
      leftOut: [{ what: 'CurrentLimit', count: 4, reason: 'not permanent' }],
      assumed: [],
    });
    const json = JSON.parse(readFileSync(out, 'utf8')) as { name: string; title: string };
    expect(json).toMatchObject({ name: 'ostia', title: 'Ring of Ostia' });
    const written = parseNetwork(json);
    expect(written).toEqual({ ...readGrid(files).network, name: 'ostia' });
    expect(solvePowerFlow(compileGrid(written))).toEqual(
      solvePowerFlow(compileGrid(readGrid(files).network)),
    );
  });

  it('makes networks below its buses part of it, of several at one bus each by its number', async () => {
    const street = path.join(folder, 'street.json');
    writeFileSync(street, JSON.stringify(feederFile([{ parent: 0, rOhm: 0.03 }])));
    const out = path.join(folder, 'all.json');
    const feeders = ['--feeder', `bus5=${street}`, '--feeder', `bus5=${street}`];
    const printed = await run('import', shipped, ...feeders, '--as', 'all', '--out', out, '--json');
    expect(JSON.parse(printed.out)).toMatchObject({ counts: { buses: 19, transformers: 4 } });
    const { transformers } = parseNetwork(JSON.parse(readFileSync(out, 'utf8')));
    expect(transformers.map(({ id }) => id).slice(2)).toEqual(['bus5/t1', 'bus5.2/t1']);
  });

  it('makes a grid that the platform takes by its name', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(() => gridFile('ostia')).toThrow('flexledger grid import FILE --as ostia');
      await run('import', ...files, '--as', 'ostia');
      expect(parseNetwork(gridFile('ostia'))).toMatchObject({ name: 'ostia' });
    } finally {
      process.chdir(before);
    }
  });

  it('tells what it left out and what it assumed', async () => {
    const out = path.join(folder, 'a.json');
    const pandapower = path.join(grids, 'elements.json');
    const printed = await run('import', pandapower, '--as', 'a', '--out', out);
    expect(printed.out).toMatch(/loads +│ 31/);
    expect(printed.out).toMatch(/load +│ 1 +│ out of service/);
    expect(printed.out).toMatch(/assumed[^]*switch +│ 1 +│ closed with an impedance/);
  });

  it('overwrites nothing unless told to', async () => {
    const out = textFile('kept.json', 'mine');
    const args = ['import', shipped, '--as', 'kept', '--out', out];
    await expect(run(...args)).rejects.toThrow(`${out} is there already`);
    expect(readFileSync(out, 'utf8')).toBe('mine');
    await run(...args, '--force');
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ name: 'kept' });
  });

  it('writes nothing for a network that does not hold', async () => {
    const out = path.join(folder, 'b.json');
    await expect(run('import', cgmes('eq'), '--as', 'b', '--out', out)).rejects.toThrow('_LD2');
    expect(() => readFileSync(out)).toThrow('ENOENT');
  });

  it.each(['', '../up', 'a b', '.hidden'])('refuses %j as a name', async (name) => {
    await expect(run('import', shipped, '--as', name)).rejects.toThrow('it names the file');
  });
});

describe('an archive', () => {
  const zipped = zipOf([cgmes('eq')], true);

  it.each([
    ['without its end', zipped.subarray(0, -30), 'it is cut short'],
    [
      'with a damaged directory',
      Buffer.from(zipped).fill(0, zipped.length - 80, zipped.length - 40),
      'cannot be unpacked',
    ],
    ['with damaged content', Buffer.from(zipped).fill(0xff, 60, 400), 'cannot be unpacked'],
  ])('%s is refused by name', async (_, bytes, reason) => {
    const file = path.join(folder, 'broken.zip');
    writeFileSync(file, bytes);
    await expect(run('solve', file)).rejects.toThrow(reason);
  });
});

describe('a file of no known kind', () => {
  it.each([
    ['text', 'a;b;c', 'is none of these: flexledger-grid/1'],
    ['broken JSON', '{"schema"', 'is not JSON'],
    ['other JSON', '{"schema":"x"}', 'is JSON, but no network: its schema is "x"'],
    ['broken XML', '<rdf:RDF><a></rdf:RDF>', 'is not well-formed XML'],
    ['other XML', '<html></html>', 'is not a CIM file: its root is not rdf:RDF'],
    ['an object without id', '<rdf:RDF><cim:Line/></rdf:RDF>', 'class Line has neither rdf:ID'],
  ])('%s is refused with the reason', async (_, text, reason) => {
    await expect(run('solve', textFile('x', text))).rejects.toThrow(reason);
  });

  it('several are taken together only where they are XML', async () => {
    await expect(run('solve', shipped, shipped)).rejects.toThrow('give one file');
    await expect(run('solve', path.join(folder, 'none'))).rejects.toThrow('cannot be read');
  });
});
