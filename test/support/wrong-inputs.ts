import fc from 'fast-check';
import * as z from 'zod';
import type { StageDefinition } from '../../schemas/stage';

/** An input that is wrong at exactly the given paths, beside the valid example. */
export interface WrongInput {
  input: Record<string, unknown>;
  paths: string[];
}

interface JsonSchema {
  type?: string;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
}

interface Mutation {
  path: string[];
  /** undefined removes the field. */
  value: unknown;
}

/** Values that a field of this schema can not take. */
function wrongValues(schema: JsonSchema): fc.Arbitrary<unknown> {
  const options: fc.Arbitrary<unknown>[] = [];
  const types = (schema.anyOf ?? schema.oneOf ?? [schema]).map(({ type }) => type);
  const take = (type: string, values: fc.Arbitrary<unknown>) => {
    if (!types.includes(type) && !(type === 'integer' && types.includes('number'))) options.push(values);
  };
  take('string', fc.constantFrom('', 'yes', '12', '{}'));
  take('integer', fc.constantFrom(-1, 0, 7, 1e9));
  take('boolean', fc.boolean());
  take('array', fc.constantFrom([], [1], ['x']));
  take('object', fc.constantFrom({}, { a: 1 }));
  take('null', fc.constant(null));
  if (schema.minimum !== undefined) options.push(fc.integer({ max: Math.ceil(schema.minimum) - 1, min: -1e6 }));
  if (schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER) {
    options.push(fc.constant(schema.maximum + 1));
  }
  if (schema.type === 'integer') options.push(fc.constant(1.5));
  if (schema.enum) options.push(fc.string().filter((text) => !schema.enum?.includes(text)));
  if (schema.pattern) {
    const pattern = new RegExp(schema.pattern);
    options.push(fc.string().filter((text) => !pattern.test(text)));
  }
  if (schema.minItems) options.push(fc.constant([]));
  return fc.oneof(...options);
}

/** Every field that can be wrong, objects looked into. */
function mutations(schema: JsonSchema, at: string[] = []): fc.Arbitrary<Mutation>[] {
  const known = Object.entries(schema.properties ?? {});
  const unknown = fc
    .stringMatching(/^[a-z][A-Za-z]{2,8}$/)
    .filter((key) => !known.some(([name]) => name === key) && !(key in Object.prototype))
    .map((key): Mutation => ({ path: [...at, key], value: 1 }));
  return [
    unknown,
    ...(schema.required ?? []).map((key) => fc.constant<Mutation>({ path: [...at, key], value: undefined })),
    ...known.flatMap(([key, inner]) => [
      wrongValues(inner).map((value): Mutation => ({ path: [...at, key], value })),
      ...(inner.type === 'object' && inner.properties ? mutations(inner, [...at, key]) : []),
    ]),
  ];
}

function apply(example: Record<string, unknown>, { path, value }: Mutation): void {
  const [last, ...parents] = [...path].reverse() as [string, ...string[]];
  const target = parents.reverse().reduce<Record<string, unknown>>((object, key) => {
    object[key] ??= {};
    return object[key] as Record<string, unknown>;
  }, example);
  if (value === undefined) delete target[last];
  else target[last] = value;
}

/** Inputs with one to three wrong fields, made from the stage's own JSON Schema. */
export function wrongInputs(stage: StageDefinition): fc.Arbitrary<WrongInput> {
  const schema = z.toJSONSchema(stage.input, { io: 'input' }) as JsonSchema;
  return fc
    .uniqueArray(fc.oneof(...mutations(schema)), {
      minLength: 1,
      maxLength: 3,
      // Two mutations where one holds the other would hide the inner path.
      comparator: (a: string, b: string) => a.startsWith(`${b}.`) || b.startsWith(`${a}.`) || a === b,
      selector: ({ path }) => path.join('.'),
    })
    .map((chosen) => {
      const input: Record<string, unknown> = structuredClone(stage.example);
      for (const mutation of chosen) apply(input, mutation);
      return { input, paths: chosen.map(({ path }) => path.join('.')) };
    });
}
