import { GridModelError } from '../model/grid-model-error';

/**
 * One object of a CIM file, free of XML: names without name space (`ACLineSegment.r`), ids without
 * `#`. An enumeration's value is a value, such as `RegulatingControlModeKind.voltage`.
 */
export interface CimObject {
  readonly class: string;
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
  readonly references: Readonly<Record<string, string>>;
}

/** The objects of one file: an equipment, topology or steady-state file. */
export type CimDocument = readonly CimObject[];

/** An object with all that the files together say of it; reads name it in errors. */
export interface CimNode {
  readonly class: string;
  readonly id: string;
  /** `IdentifiedObject.name`, or the id. */
  readonly name: string;
  /** Class, id and name, for errors. */
  readonly label: string;
  value(property: string): string | undefined;
  number(property: string): number;
  numberOr<T>(property: string, fallback: T): number | T;
  /** True, false, or undefined where the files do not say. */
  flag(property: string): boolean | undefined;
  /** The object referred to; an error where there is none. */
  to(property: string): CimNode;
  /** The same, undefined where the object has no such reference. */
  toOr(property: string): CimNode | undefined;
  /** The id that is referred to, of an object here or elsewhere. */
  reference(property: string): string | undefined;
  /** Objects that refer to this one. */
  from(property: string): readonly CimNode[];
  refuse(property: string, reason: string, remedy: string): never;
}

/** The objects of several files, each once. */
export interface CimGraph {
  ofClass(...classes: readonly string[]): readonly CimNode[];
  /** Number of objects of each class. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Puts the files together: what one says of an object is added to what the others say, the later
 * file prevails. References are followed when they are read.
 */
export function cimGraph(documents: readonly CimDocument[]): CimGraph {
  const merged = new Map<string, CimObject>();
  for (const object of documents.flat()) {
    const known = merged.get(object.id);
    merged.set(object.id, {
      class: known?.class ?? object.class,
      id: object.id,
      values: { ...known?.values, ...object.values },
      references: { ...known?.references, ...object.references },
    });
  }
  const nodes = new Map<string, CimNode>();
  const referring = new Map<string, CimNode[]>();
  for (const object of merged.values()) nodes.set(object.id, nodeOf(object, nodes, referring));
  for (const { id, references } of merged.values()) {
    for (const [property, target] of Object.entries(references)) {
      const key = `${property} ${target}`;
      if (!referring.has(key)) referring.set(key, []);
      referring.get(key)!.push(nodes.get(id)!);
    }
  }
  const byClass = new Map<string, CimNode[]>();
  for (const node of nodes.values()) {
    if (!byClass.has(node.class)) byClass.set(node.class, []);
    byClass.get(node.class)!.push(node);
  }
  return {
    ofClass: (...classes) => classes.flatMap((name) => byClass.get(name) ?? []),
    sizes: new Map([...byClass].map(([name, objects]) => [name, objects.length])),
  };
}

function nodeOf(
  { class: className, id, values, references }: CimObject,
  nodes: ReadonlyMap<string, CimNode>,
  referring: ReadonlyMap<string, readonly CimNode[]>,
): CimNode {
  const name = values['IdentifiedObject.name'] || id;
  const label = `${className} "${id}"${name === id ? '' : ` (${name})`}`;
  const refuse = (property: string, reason: string, remedy: string): never => {
    throw new GridModelError(label, `${property} ${reason}`, remedy);
  };
  const number = (property: string): number => {
    const text = values[property];
    if (text === undefined) refuse(property, 'is missing', 'Add the file that has it (EQ or SSH)');
    const value = text!.trim() === '' ? NaN : Number(text);
    return Number.isFinite(value) ? value : refuse(property, `is "${text}"`, 'Give a number');
  };
  const to = (property: string): CimNode => {
    const target = references[property];
    if (target === undefined) refuse(property, 'is missing', 'Add the file that has it');
    return (
      nodes.get(target!) ??
      refuse(
        property,
        `refers to "${target}", which is in none of the files`,
        'Add the file that has it, such as the boundary file',
      )
    );
  };
  return {
    class: className,
    id,
    name,
    label,
    value: (property) => values[property],
    number,
    numberOr: (property, fallback) =>
      values[property] === undefined ? fallback : number(property),
    flag: (property) => {
      const text = values[property]?.trim();
      if (text === undefined || text === 'true' || text === 'false') {
        return text === undefined ? undefined : text === 'true';
      }
      return refuse(property, `is "${text}"`, 'Give true or false');
    },
    to,
    toOr: (property) => (references[property] === undefined ? undefined : to(property)),
    reference: (property) => references[property],
    from: (property) => referring.get(`${property} ${id}`) ?? [],
    refuse,
  };
}
