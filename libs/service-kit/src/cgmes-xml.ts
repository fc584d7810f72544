import type { CimDocument, CimObject } from '@flexledger/grid';
import { XMLParser } from 'fast-xml-parser';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
});

/** A text that is no CIM file; the message names it and says why. */
export class CgmesXmlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CgmesXmlError';
  }
}

/** An element: its children by name, its attributes by `@name`, its text as `#text`. */
type Element = Readonly<Record<string, unknown>>;

/**
 * Reads the objects of a CIM file in RDF/XML (IEC 61970-552): `rdf:ID="_a"`, `rdf:about="#_a"` and
 * `urn:uuid:a` name the same object. A resource outside the model is the value of an enumeration.
 *
 * @param file its name, for errors.
 * @throws CgmesXmlError where the text is no such file.
 */
export function parseCgmesXml(text: string, file: string): CimDocument {
  let root: Element;
  try {
    root = parser.parse(text, true) as Element;
  } catch (error) {
    throw new CgmesXmlError(`${file} is not well-formed XML: ${(error as Error).message}`);
  }
  const [rdf] = (root['RDF'] ?? []) as readonly unknown[];
  if (typeof rdf !== 'object' || rdf === null) {
    throw new CgmesXmlError(`${file} is not a CIM file: its root is not rdf:RDF.`);
  }
  return Object.entries(rdf).flatMap(([className, elements]) =>
    className.startsWith('@') || className === '#text'
      ? []
      : (elements as readonly Element[]).map((element) => objectOf(className, element, file)),
  );
}

function objectOf(className: string, element: Element, file: string): CimObject {
  const id = element['@ID'] ?? element['@about'];
  if (typeof id !== 'string') {
    throw new CgmesXmlError(
      `${file}: an object of class ${className} has neither rdf:ID nor rdf:about.`,
    );
  }
  const values: Record<string, string> = {};
  const references: Record<string, string> = {};
  for (const [property, found] of Object.entries(element)) {
    if (property.startsWith('@') || property === '#text') continue;
    // What occurs several times (a model's dependencies) is no property that an import reads.
    const child = (found as readonly unknown[]).at(-1);
    const resource = (child as Element | undefined)?.['@resource'];
    if (typeof resource !== 'string') values[property] = textOf(child);
    else if (/^(#|urn:uuid:)/.test(resource)) references[property] = idOf(resource);
    else values[property] = resource.slice(resource.indexOf('#') + 1);
  }
  return { class: className, id: idOf(id), values, references };
}

const textOf = (child: unknown): string =>
  typeof child === 'string' ? child : String((child as Element | undefined)?.['#text'] ?? '');

const idOf = (name: string): string => name.replace(/^urn:uuid:/, '_').replace(/^#/, '');
