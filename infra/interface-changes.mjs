/**
 * What of a published interface is broken by another that comes after it: whoever keeps to the first one's
 * documents would fail, or miss what it was promised. Added paths, fields and events, and further values of
 * an enumeration that is read, break nobody.
 */

/** Members of a schema by which what may be sent grows narrower when they fall, or when they rise. */
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/**
 * Breaking changes, a line each.
 *
 * @param before `openApi`, `events` (type -> version -> schema) and `asyncApi`, as documents
 */
export function breakingChanges(before, after) {
  return [
    ...restChanges(before.openApi, after.openApi),
    ...eventChanges(before.events, after.events),
    ...messageChanges(before.asyncApi, after.asyncApi),
  ];
}

function restChanges(before, after) {
  const found = [];
  for (const [path, operations] of Object.entries(before.paths)) {
    for (const method of METHODS.filter((name) => name in operations)) {
      const name = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      if (!now) found.push(`${name}: removed`);
      else found.push(...operationChanges(name, operations[method], now, before, after));
    }
  }
  return found;
}

function operationChanges(name, one, other, before, after) {
  const found = [];
  const compare = comparison(before, after, found);
  const parametersOf = ({ parameters = [] }, document) =>
    new Map(
      parameters
        .map((each) => resolved(each, document))
        .map((each) => [`${each.in} ${each.name}`, each]),
    );
  const [had, has] = [parametersOf(one, before), parametersOf(other, after)];
  for (const [key, parameter] of had) {
    const now = has.get(key);
    if (!now) found.push(`${name}: ${key}: removed`);
    else compare('sent', `${name}: ${key}`, parameter.schema, now.schema);
  }
  for (const [key, { required }] of has) {
    if (required && !had.get(key)?.required) found.push(`${name}: ${key}: now required`);
  }
  const body = other.requestBody && resolved(other.requestBody, after);
  if (body?.required && !one.requestBody) found.push(`${name}: request: now required`);
  if (one.requestBody) {
    contents(resolved(one.requestBody, before), body, (kind, schema, now) => {
      if (now === undefined) found.push(`${name}: request: ${kind} no longer taken`);
      else compare('sent', `${name}: request`, schema, now);
    });
  }
  for (const [status, answer] of Object.entries(one.responses)) {
    if (!status.startsWith('2')) continue;
    const now = other.responses[status];
    if (!now) {
      found.push(`${name}: response ${status}: removed`);
      continue;
    }
    contents(resolved(answer, before), resolved(now, after), (kind, schema, changed) => {
      if (changed === undefined) found.push(`${name}: response ${status}: ${kind} no longer given`);
      else compare('read', `${name}: response ${status}`, schema, changed);
    });
  }
  const scopesOf = ({ security = [] }) => security.flatMap((each) => Object.values(each)).flat();
  for (const scope of scopesOf(other)) {
    if (!scopesOf(one).includes(scope)) found.push(`${name}: now asks for the scope ${scope}`);
  }
  return found;
}

function contents(one, other, take) {
  for (const [kind, { schema }] of Object.entries(one?.content ?? {})) {
    const now = other?.content?.[kind];
    if (schema) take(kind, schema, now ? (now.schema ?? {}) : undefined);
  }
}

function eventChanges(before, after) {
  const found = [];
  for (const [type, versions] of Object.entries(before)) {
    for (const [version, schema] of Object.entries(versions)) {
      const now = after[type]?.[version];
      const name = `event ${type} version ${version}`;
      if (!now) found.push(`${name}: removed`);
      else comparison(schema, now, found)('read', name, schema, now);
    }
  }
  return found;
}

/** MQTT: `receive` is what Light Nodes send to us. Events have schemas of their own. */
function messageChanges(before, after) {
  const found = [];
  const compare = comparison(before, after, found);
  const actionOf = (document) => {
    const actions = Object.values(document.operations);
    return (channel) => actions.find((each) => each.channel.$ref.endsWith(`/${channel}`))?.action;
  };
  const action = actionOf(before);
  for (const [channel, { address, messages }] of Object.entries(before.channels)) {
    const now = after.channels[channel];
    if (!now || now.address !== address) {
      found.push(`channel ${channel} at ${address}: ${now ? `now at ${now.address}` : 'removed'}`);
      continue;
    }
    for (const [message, reference] of Object.entries(messages)) {
      const other = now.messages[message];
      if (!other) found.push(`channel ${channel}: ${message}: removed`);
      else if (address?.startsWith('flexledger/')) {
        const [one, two] = [resolved(reference, before).payload, resolved(other, after).payload];
        compare(
          action(channel) === 'receive' ? 'sent' : 'read',
          `channel ${channel}: ${message}`,
          one,
          two,
        );
      }
    }
  }
  return found;
}

/** Compares schemas of two documents; `sent` to us by others, or `read` by them. */
function comparison(before, after, found) {
  const seen = new Set();
  return function compare(way, name, one, other) {
    const pair = `${way} ${one?.$ref} ${other?.$ref}`;
    // A type that contains itself is compared where it is met first.
    if (one?.$ref && seen.has(`${name.split(':')[0]} ${pair}`)) return;
    if (one?.$ref) seen.add(`${name.split(':')[0]} ${pair}`);
    const [had, has] = [resolved(one ?? {}, before), resolved(other ?? {}, after)];
    compareTypes(way, name, had, has, found);
    if (way === 'sent') compareLimits(name, had, has, found);
    compareAlternatives(way, name, had, has, found, compare);
    for (const [field, schema] of Object.entries(had.properties ?? {})) {
      const at = `${name}.${field}`;
      const now = has.properties?.[field];
      if (now !== undefined) compare(way, at, schema, now);
      else if (way === 'read' || has.additionalProperties === false) found.push(`${at}: removed`);
    }
    const [wanted, wants] = [new Set(had.required), new Set(has.required)];
    for (const field of way === 'sent' ? wants : wanted) {
      const isStill =
        way === 'sent' ? wanted.has(field) : wants.has(field) || !has.properties?.[field];
      if (!isStill)
        found.push(
          `${name}.${field}: ${way === 'sent' ? 'now required' : 'no longer always there'}`,
        );
    }
    if (had.items && has.items) compare(way, `${name}[]`, had.items, has.items);
    const [values, nowValues] = [had.additionalProperties, has.additionalProperties];
    if (typeof values === 'object' && typeof nowValues === 'object') {
      compare(way, `${name}.*`, values, nowValues);
    }
  };
}

function compareTypes(way, name, one, other, found) {
  const [had, has] = [typesOf(one), typesOf(other)];
  const [all, some] = way === 'sent' ? [has, had] : [had, has];
  const lost = all && some ? [...some].filter((type) => !covers(all, type)) : [];
  if (lost.length > 0)
    found.push(
      `${name}: ${lost.join(', ')} ${way === 'sent' ? 'no longer taken' : 'is given now'}`,
    );
  else if (way === 'sent' && !had && has)
    found.push(`${name}: only ${[...has].join(', ')} is taken now`);
  if (way !== 'sent' || !other.enum) return;
  const gone = one.enum
    ? one.enum.filter((value) => !other.enum.includes(value))
    : ['what is not in the list'];
  if (gone.length > 0) found.push(`${name}: ${gone.join(', ')} no longer taken`);
}

const covers = (types, type) => types.has(type) || (type === 'integer' && types.has('number'));

function compareLimits(name, one, other, found) {
  for (const [members, isNarrower] of [
    [UPPER, (now, then) => now < then],
    [LOWER, (now, then) => now > then],
  ]) {
    for (const member of members) {
      const [then, now] = [one[member], other[member]];
      if (now !== undefined && (then === undefined || isNarrower(now, then))) {
        found.push(`${name}: ${member} is ${now} now, was ${then ?? 'none'}`);
      }
    }
  }
  if (other.pattern !== undefined && other.pattern !== one.pattern) {
    found.push(`${name}: has to match ${other.pattern} now`);
  }
}

function compareAlternatives(way, name, one, other, found, compare) {
  const [had, has] = [one, other].map(({ oneOf, anyOf }) => oneOf ?? anyOf ?? []);
  const [all, some] = way === 'sent' ? [has.length, had.length] : [had.length, has.length];
  if (some > all && all > 0)
    found.push(`${name}: ${some - all} alternatives ${way === 'sent' ? 'less' : 'more'}`);
  had
    .slice(0, has.length)
    .forEach((each, index) => compare(way, `${name}|${index}`, each, has[index]));
}

/** The kinds of values of a schema; undefined where it does not say. */
function typesOf({ type, enum: values, const: only }) {
  if (type !== undefined) return new Set([type].flat());
  const named = only !== undefined ? [only] : values;
  return named && new Set(named.map((value) => (value === null ? 'null' : typeof value)));
}

/** Follows references and joins `allOf`. */
function resolved(schema, document) {
  let found = schema;
  while (found.$ref) {
    const { $ref, ...beside } = found;
    const target = $ref
      .slice(2)
      .split('/')
      .reduce((at, name) => at?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    if (!target) throw new Error(`${$ref} is not in its document.`);
    found = { ...target, ...beside };
  }
  if (!found.allOf) return found;
  const { allOf, ...rest } = found;
  return [...allOf, rest].map((each) => resolved(each, document)).reduce(joined);
}

function joined(one, other) {
  const required = [...(one.required ?? []), ...(other.required ?? [])];
  return { ...one, ...other, properties: { ...one.properties, ...other.properties }, required };
}
