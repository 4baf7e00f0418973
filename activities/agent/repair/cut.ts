import type { ToolSpec } from '../../../schemas/agent';
import { isSchema, propertiesOf, type Schema, takesMore } from './schema';
import type { Found } from './values';

/** Whether fields could have followed: models write them in the order of the schema. */
function couldGoOn(fields: Schema, schema: Schema): boolean {
  const names = [...propertiesOf(schema).keys()];
  const last = Math.max(-1, ...Object.keys(fields).map((name) => names.indexOf(name)));
  return takesMore(schema) || last < names.length - 1;
}

/**
 * Whether what is missing of a value that was not closed is closing brackets alone. Inside a text, a number or a list
 * nobody knows what would have followed; in an object it is known only where no further field could.
 */
export function onlyClosersMissing(found: Found, tool: ToolSpec | null): boolean {
  const { cut, value } = found;
  if (cut === null) return true;
  if (cut.ending === 'string' || cut.ending === 'between' || (cut.ending === 'word' && !cut.left)) return false;
  if (cut.left) return true;
  if (cut.open.some(({ bracket }) => bracket === '[')) return false;
  // From the outermost open object to the innermost, with the schema of each where it is one of the arguments.
  let node: unknown = value;
  let schema: Schema | null = null;
  for (const [depth, { key }] of cut.open.entries()) {
    if (depth > 0) node = isSchema(node) && key !== null ? node[key] : undefined;
    if (!isSchema(node)) return false;
    const properties = tool === null ? null : propertiesOf(tool.parameters);
    if (schema !== null) schema = key === null ? null : (propertiesOf(schema, tool!.parameters).get(key) ?? {});
    else if (properties !== null && key !== null && depth > 0 && /arg|param|input|payload/iu.test(key))
      schema = tool!.parameters;
    if (schema !== null && couldGoOn(node, schema)) return false;
  }
  if (tool === null || schema !== null) return true;
  // The open objects are all around the arguments: these must have come, closed.
  return (
    Object.keys(node as Schema).some((key) => /arg|param|input|payload/iu.test(key)) ||
    propertiesOf(tool.parameters).size === 0
  );
}
