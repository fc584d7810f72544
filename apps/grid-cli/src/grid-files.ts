import {
  type CimDocument,
  importCgmes,
  importMatpower,
  importPandapower,
  importPsse,
  parseNetwork,
  type ImportedGrid,
  type ImportOptions,
} from '@flexledger/grid';
import { CgmesXmlError, parseCgmesXml } from '@flexledger/service-kit';
import { readBytes, UsageError } from '@flexledger/command-line';
import { isZip, zipTexts } from './zip-texts';

/** A network with the format its files were found to have. */
export type ReadGrid = ImportedGrid & { readonly format: GridFormat };
export type GridFormat =
  'flexledger-grid/1' | 'reference-grid/1' | 'pandapower' | 'MATPOWER' | 'CGMES' | 'PSS/E RAW';

/**
 * Reads a network in whichever format its content shows: our own JSON, `reference-grid/1`, pandapower
 * JSON, a MATPOWER case, a PSS/E RAW file, or the XML files of a CGMES model, which belong together. Any of them may
 * be in a ZIP archive. What the files hold and the network lacks, and what it assumes, is part of any
 * answer about it: nobody shall take it for all.
 *
 * @throws UsageError where a file cannot be read or its format is not known, GridModelError where the
 * network does not hold.
 */
export function readGrid(files: readonly string[], options: ImportOptions = {}): ReadGrid {
  const texts = files.flatMap(textsOf);
  if (texts.length > 0 && texts.every(({ text }) => text.trimStart().startsWith('<'))) {
    const documents = texts.map(({ file, text }) => cimDocument(text, file));
    return { ...importCgmes(documents, options), format: 'CGMES' };
  }
  const [only] = texts;
  if (only === undefined || texts.length > 1) {
    throw new UsageError('Only the XML files of a CGMES model are read together: give one file.');
  }
  const { file, text } = only;
  if (text.trimStart().startsWith('{')) return readJsonGrid(jsonOf(text, file), file, options);
  if (/^\s*(function\b|mpc\s*\.|%)/.test(text)) {
    return { ...importMatpower(text, options), format: 'MATPOWER' };
  }
  // IC, SBASE, REV of its first line.
  if (/^\s*[01]?\s*[,\s]\s*[\d.eE+]+\s*[,\s]\s*\d\d\b/.test(text)) {
    return { ...importPsse(text, options), format: 'PSS/E RAW' };
  }
  throw new UsageError(
    `${file} is none of these: flexledger-grid/1, reference-grid/1, pandapower JSON, MATPOWER case, PSS/E RAW 33, CGMES XML.`,
  );
}

/** @throws UsageError where the text is no CIM file */
function cimDocument(text: string, file: string): CimDocument {
  try {
    return parseCgmesXml(text, file);
  } catch (error) {
    if (error instanceof CgmesXmlError) throw new UsageError(error.message);
    throw error;
  }
}

/** The text of a file, or those in a ZIP archive. */
function textsOf(file: string): { file: string; text: string }[] {
  const bytes = readBytes(file);
  const texts = isZip(bytes) ? zipTexts(bytes, file) : [{ file, text: bytes.toString('utf8') }];
  return texts.map((one) => ({ ...one, text: one.text.replace(/^\uFEFF/, '') }));
}

function readJsonGrid(json: object, file: string, options: ImportOptions): ReadGrid {
  if ('_class' in json && json._class === 'pandapowerNet') {
    return { ...importPandapower(json, options), format: 'pandapower' };
  }
  const schema = 'schema' in json ? json.schema : undefined;
  if (schema !== 'flexledger-grid/1' && schema !== 'reference-grid/1') {
    throw new UsageError(
      `${file} is JSON, but no network: its schema is ${JSON.stringify(schema) ?? 'missing'}, and it is not from pandapower.`,
    );
  }
  const network = parseNetwork(json);
  const { leftOut, assumed } = network.remarks ?? { leftOut: [], assumed: [] };
  return { network, leftOut, assumed, format: schema };
}

/** NaN and Infinity, which some programs write, are read as texts: then the element is named. */
function jsonOf(text: string, file: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    try {
      return JSON.parse(text.replace(/(?<=[:,[]\s*)-?(NaN|Infinity)\b/g, '"$&"')) as object;
    } catch {
      throw new UsageError(`${file} is not JSON: ${(error as Error).message}.`);
    }
  }
}
