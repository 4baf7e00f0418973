import { isSchema, propertiesOf, requiredOf, resolved, type Schema, takesMore, typesOf } from './schema';
import { resembles, sameStyle, typo } from './spelling';

/** What was changed on the way, and what forbids to go on. */
export interface Coercion {
  notes: string[];
  refused: string | null;
}

/** Fields that models add for themselves; leaving them out changes nothing. */
export const META =
  /^(?:thoughts?|thinking|reason(?:ing)?|rationale|explanation|comment|confidence|plan|step|id|call_?id|tool_?call_?id|type|kind|index|role|description|summary|notes?|observation|_.*)$/iu;

const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?\s*$/iu;

const fits = (type: string, value: unknown): boolean => {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isSchema(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
};

/** The value as the type takes it, or undefined where that is not plain. */
function toType(type: string, value: unknown): unknown {
  if (type === 'number' || type === 'integer') {
    const number = typeof value === 'string' && NUMBER.test(value) ? Number(value) : undefined;
    return number !== undefined && (type === 'number' || Number.isSafeInteger(number)) ? number : undefined;
  }
  if (type === 'boolean' && typeof value === 'string') {
    return /^true$/iu.test(value.trim()) ? true : /^false$/iu.test(value.trim()) ? false : undefined;
  }
  // Of a fraction the text is lost: 1.10 could be a version.
  if (type === 'string' && Number.isSafeInteger(value)) return String(value);
  if (type === 'null' && typeof value === 'string') return /^(?:null|none)$/iu.test(value.trim()) ? null : undefined;
  if ((type === 'object' || type === 'array') && typeof value === 'string') {
    try {
      const inner: unknown = JSON.parse(value);
      return fits(type, inner) ? inner : undefined;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** The one value of an enumeration that is written like this one but for case and separators. */
function enumerated(values: readonly unknown[], value: unknown): unknown {
  if (values.includes(value)) return value;
  const like = values.filter(
    (one) =>
      (typeof one === 'string' && typeof value === 'string' && sameStyle(one, value)) ||
      (typeof one === 'number' && String(one) === value) ||
      (typeof one === 'string' && typeof value === 'number' && one === String(value)),
  );
  return like.length === 1 ? like[0] : undefined;
}

/** Brings a value into the shape of a schema where there is only one way to. What does not fit stays as it is. */
export function coerce(
  value: unknown,
  schema: Schema,
  root: Schema,
  path: string,
  safe: boolean,
  done: Coercion,
): unknown {
  const plain = resolved(schema, root);
  const branches = plain.anyOf ?? plain.oneOf;
  if (Array.isArray(branches) && typesOf(plain).length === 0) return coerceAny(value, branches, root, path, safe, done);
  if (Array.isArray(plain.enum)) {
    const found = enumerated(plain.enum, value);
    if (found !== undefined && found !== value) done.notes.push(`${path} is ${JSON.stringify(found)}`);
    return found === undefined ? value : found;
  }
  const types = typesOf(plain);
  let current = value;
  if (types.length > 0 && !types.some((type) => fits(type, value))) {
    const ways = types.map((type) => toType(type, value)).filter((way) => way !== undefined);
    if (ways.length === 1) current = ways[0];
    else if (ways.length === 0 && types.includes('array') && value !== null) {
      // A list in one string has commas in it, or it is one name that has: two readings.
      if (typeof value === 'string' && /[,;，、\n]/u.test(value)) return value;
      current = [value];
    } else if (ways.length === 0 && Array.isArray(value) && value.length === 1) {
      current = coerce(value[0], plain, root, path, safe, done);
    }
    if (current !== value) done.notes.push(`${path} is of type ${types.join(' or ')}`);
  }
  if (Array.isArray(current) && isSchema(plain.items)) {
    return current.map((item, at) => coerce(item, plain.items as Schema, root, `${path}.${at}`, safe, done));
  }
  if (isSchema(current) && !Array.isArray(current)) return coerceFields(current, plain, root, path, safe, done);
  return current;
}

/** Of several schemas, the only one that the value comes to fit. */
function coerceAny(
  value: unknown,
  branches: unknown[],
  root: Schema,
  path: string,
  safe: boolean,
  done: Coercion,
): unknown {
  const schemas = branches.map((branch) => resolved(branch, root));
  const direct = schemas.filter((schema) => typesOf(schema).some((type) => fits(type, value)));
  if (direct.length === 1) return coerce(value, direct[0]!, root, path, safe, done);
  if (direct.length > 1) return value;
  const ways = schemas
    .map((schema) => ({ notes: [], refused: null, schema }))
    .map((trial) => ({ trial, way: coerce(value, trial.schema, root, path, safe, trial) }))
    .filter(({ way }) => way !== value);
  if (ways.length !== 1) return value;
  done.notes.push(...ways[0]!.trial.notes);
  done.refused ??= ways[0]!.trial.refused;
  return ways[0]!.way;
}

/** Fields under their right names; those that the schema does not know are left out, where that is safe. */
function coerceFields(
  fields: Schema,
  schema: Schema,
  root: Schema,
  path: string,
  safe: boolean,
  done: Coercion,
): Schema {
  const properties = propertiesOf(schema, root);
  const found = new Map<string, unknown>();
  const unknown: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (properties.has(name) || takesMore(schema)) found.set(name, value);
    else unknown.push([name, value]);
  }
  for (const [name, value] of unknown) {
    const free = [...properties.keys()].filter((property) => !found.has(property));
    const style = free.filter((property) => sameStyle(property, name));
    const near = style.length > 0 ? style : free.filter((property) => typo(property, name));
    if (near.length === 1) {
      found.set(near[0]!, value);
      done.notes.push(`${path}.${name} is ${near[0]!}`);
    } else if (near.length > 1) done.refused ??= `"${name}" could be ${near.join(' or ')}`;
    else if (free.some((property) => resembles(property, name))) done.refused ??= `"${name}" is no field of this tool`;
    else if (safe || META.test(name)) done.notes.push(`${path}.${name} is no field of it`);
    // To leave out what was asked for ("dry_run") could do more than was meant.
    else done.refused ??= `"${name}" is no field of this tool`;
  }
  const required = new Set(requiredOf(schema));
  const result: [string, unknown][] = [];
  for (const [name, value] of found) {
    const inner = properties.get(name);
    const types = inner ? typesOf(inner) : [];
    const absent =
      value === null && inner !== undefined && !required.has(name) && types.length > 0 && !types.includes('null');
    if (absent) done.notes.push(`${path}.${name} is absent`);
    else result.push([name, inner ? coerce(value, inner, root, `${path}.${name}`, safe, done) : value]);
  }
  return Object.fromEntries(result);
}
