/** Keywords of JSON Schema that a grammar can be made of; the others only narrow values, and are left to whoever reads them. */
const KEPT = ['type', 'const', 'enum', 'required'];
/** The same, which a grammar writes out one by one: with thousands it takes minutes to make. */
const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength'];
const MOST_COUNTED = 64;

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema with the keywords that a grammar knows, which says `oneOf` where others also say `anyOf`. */
export function grammarSchema(schema: Schema): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const keyword of KEPT) {
    if (schema[keyword] !== undefined) made[keyword] = schema[keyword];
  }
  for (const keyword of COUNTS) {
    const count = schema[keyword];
    if (typeof count === 'number' && count <= MOST_COUNTED) made[keyword] = count;
  }
  const { properties, items, additionalProperties } = schema;
  const branches = schema['oneOf'] ?? schema['anyOf'];
  if (Array.isArray(branches)) made['oneOf'] = branches.filter(isSchema).map(grammarSchema);
  if (isSchema(properties)) {
    made['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [name, isSchema(value) ? grammarSchema(value) : {}]),
    );
  }
  if (isSchema(items)) made['items'] = grammarSchema(items);
  if (made['type'] === 'object') made['additionalProperties'] = additionalProperties !== false && !isSchema(properties);
  return made;
}
