import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { canonicalJson } from '../../kit/canonical-json';

/** JSON Schema of a tool's arguments, and of the values in them. */
export type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, logger: false });
/** Checks by the text of their schema: tools come anew with each call of an activity. */
const compiled = new Map<string, ValidateFunction | string>();
const MOST_COMPILED = 500;

function compile(schema: Schema): ValidateFunction | string {
  const { $schema: _dialect, $id: _id, ...plain } = schema;
  try {
    return ajv.compile(plain);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    ajv.removeSchema(plain); // it would keep every schema that it has seen
  }
}

/** What is wrong with arguments by a schema, a line each with its path; none if they fit. Never throws. */
export function schemaErrors(schema: Schema, value: unknown): string[] {
  const text = canonicalJson(schema);
  const check = compiled.get(text) ?? compile(schema);
  if (compiled.size >= MOST_COMPILED && !compiled.has(text)) compiled.clear();
  compiled.set(text, check);
  if (typeof check === 'string') return [`the tool's schema cannot be used: ${check}`];
  try {
    if (check(value)) return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = 'additionalProperty' in params ? ` ("${String(params.additionalProperty)}")` : '';
    const allowed = 'allowedValues' in params ? ` (${JSON.stringify(params.allowedValues)})` : '';
    return `${instancePath === '' ? 'arguments' : instancePath.slice(1).replaceAll('/', '.')} ${message ?? 'is wrong'}${extra}${allowed}`;
  });
}

/** The schema that a `$ref` within the same document points at. */
function resolved(schema: unknown, root: Schema, depth = 0): Schema {
  if (!isSchema(schema)) return {};
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#/') || depth > 8) return schema;
  const target = schema.$ref
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (at, part) => (isSchema(at) ? at[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
      root,
    );
  return resolved(target, root, depth + 1);
}

/** Properties in the order of the schema. */
export const propertiesOf = (schema: Schema, root: Schema = schema): Map<string, Schema> => {
  const { properties } = resolved(schema, root);
  return new Map(
    isSchema(properties) ? Object.entries(properties).map(([name, inner]) => [name, resolved(inner, root)]) : [],
  );
};

export const requiredOf = (schema: Schema): string[] =>
  Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];

/** Whether fields that the schema does not name are welcome: only where it says so. */
export const takesMore = (schema: Schema): boolean =>
  propertiesOf(schema).size === 0
    ? schema.additionalProperties !== false && schema.properties === undefined
    : schema.additionalProperties === true ||
      isSchema(schema.additionalProperties) ||
      isSchema(schema.patternProperties);

export const typesOf = (schema: Schema): string[] =>
  typeof schema.type === 'string'
    ? [schema.type]
    : Array.isArray(schema.type)
      ? schema.type.filter((type) => typeof type === 'string')
      : [];

export { isSchema, resolved };
