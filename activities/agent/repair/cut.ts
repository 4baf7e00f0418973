import type { ToolSpec } from '../../../schemas/agent';
import { isSchema, propertiesOf, type Schema, takesMore } from './schema';
import type { Found } from './values';

/** Whether fields could have followed: models write them in the order of the schema. */
function couldGoOn(fields: Schema, schema: Schema): boolean {
  const names = [...propertiesOf(schema).keys()];
  const last = Math.max(-1, ...Object.keys(fields).map((name) => names.indexOf(name)));
  return takesMore(schema) || last < names.length - 1;
}

/** Whether a field is the one that holds the arguments, by its name. */
const isHolder = (key: string, tool: ToolSpec): boolean => /arg|param|input|payload/iu.test(key) || key === tool.name;

const holdsArguments = (value: unknown, tool: ToolSpec): boolean =>
  isSchema(value)
    ? Object.entries(value).some(([key, inner]) => isHolder(key, tool) || holdsArguments(inner, tool))
    : Array.isArray(value) && value.some((inner) => holdsArguments(inner, tool));

/**
 * Whether what is missing of a value that was not closed is closing brackets alone. Inside a text nobody knows what would
 * have followed. Where nobody said how the output ended, neither does one in a number or a list, nor in an object that
 * could take another field of its schema. `ended`: the provider said that the model ended by itself.
 */
export function onlyClosersMissing({ cut, value }: Found, tool: ToolSpec | null, ended: boolean): boolean {
  if (cut === null) return true;
  if (cut.ending === 'string' || cut.ending === 'between') return false;
  if (tool !== null && !holdsArguments(value, tool)) return false;
  if (cut.left || ended) return true;
  if (cut.ending === 'word' || cut.open.some(({ bracket }) => bracket === '[')) return false;
  if (tool === null) return true;
  // From the outermost open object to the innermost, with the schema of each that is of the arguments.
  let node: unknown = value;
  let schema: Schema | null = null;
  for (const { key } of cut.open) {
    if (key !== null) node = isSchema(node) ? node[key] : undefined;
    if (!isSchema(node)) return false;
    if (schema !== null) schema = propertiesOf(schema, tool.parameters).get(key ?? '') ?? {};
    else if (key !== null && isHolder(key, tool)) schema = tool.parameters;
    if (schema !== null && couldGoOn(node, schema)) return false;
  }
  return true;
}
