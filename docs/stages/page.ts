import * as z from 'zod';
import { ERRORS, type ErrorCode } from '../../schemas/errors';
import type { StageDefinition } from '../../schemas/stage';
import { ABOUT } from './about';

type Schema = z.core.JSONSchema.JSONSchema;

/** Fields of fields are shown to this depth; below it a type says `object`. */
const DEPTH = 3;

/** The page of a stage: what, when, its example, its fields in and out as its schema has them, and what goes wrong. */
export function stagePage(stage: StageDefinition): string {
  const about = ABOUT[stage.name];
  if (!about) throw new Error(`docs/stages/about.ts says nothing of ${stage.name}`);
  const input = JSON.stringify(stage.example);
  const more = about.read.map((name) => `[${name}](../${name}.md)`).join(', ');
  return `${[
    `# ${stage.name}`,
    '<!-- Made by `npm run docs` from schemas/ and docs/stages/about.ts. -->',
    stage.summary,
    `**When:** ${about.when} **More:** ${more}.`,
    ['```sh', `npx llm-pack start ${stage.name} --input '${input}' --wait`, '```'].join('\n'),
    '## Input',
    fieldTable(z.toJSONSchema(stage.input, { io: 'input' }), true),
    '## Output',
    fieldTable(z.toJSONSchema(stage.output, { io: 'output' }), false),
    '## What goes wrong',
    `Besides [what may stop any stage](README.md#what-may-stop-any-stage):`,
    errorTable(about.wrong),
  ].join('\n\n')}\n`;
}

export function errorTable(codes: readonly ErrorCode[]): string {
  const rows = codes.map((code) => {
    const { retry, remedy } = ERRORS[code];
    return `| \`${code}\` | ${retry ? 'waits and tries again' : 'ends the run'} | ${cell(remedy)} |`;
  });
  return ['| code | the run | what to do |', '|---|---|---|', ...rows].join('\n');
}

function fieldTable(schema: Schema, isInput: boolean): string {
  const head = isInput ? '| field | type | default | |' : '| field | type | |';
  const rule = head.replace(/[^|]+/g, '---');
  const rows = [...fields(schema, '', DEPTH)].map(({ path, field, isRequired }) => {
    const standard = isRequired ? '**required**' : code(field.default);
    const cells = [`\`${path}\``, cell(typeOf(field)), ...(isInput ? [standard] : []), cell(field.description ?? '')];
    return `| ${cells.join(' | ')} |`;
  });
  return [head, rule, ...rows].join('\n');
}

function* fields(
  schema: Schema,
  prefix: string,
  depth: number,
): Generator<{ path: string; field: Schema; isRequired: boolean }> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (typeof field === 'boolean') continue;
    const path = prefix + name;
    const isRequired = prefix === '' && (schema.required?.includes(name) ?? false) && field.default === undefined;
    yield { path, field, isRequired };
    const inner = objectIn(field);
    if (inner && depth > 1) yield* fields(inner, `${path}.`, depth - 1);
  }
}

/** The object that a field is, or may be, or is a list of. */
function objectIn(field: Schema): Schema | undefined {
  if (field.properties) return field;
  const items = field.items;
  if (items !== undefined && typeof items === 'object' && !Array.isArray(items)) return objectIn(items);
  const branches = (field.anyOf ?? []).filter((one): one is Schema => typeof one === 'object').map(objectIn);
  const objects = branches.filter((one) => one !== undefined);
  // Of several objects none stands for all: the type names them.
  return objects.length === 1 ? objects[0] : undefined;
}

/** A type in words: `integer, 1 to 64`, `list of string`, `"a" or "b"`. */
function typeOf(field: Schema): string {
  if (field.enum) return field.enum.map(code).join(' or ');
  if (field.const !== undefined) return code(field.const);
  const branches = field.anyOf ?? field.oneOf;
  if (branches)
    return [...new Set(branches.map((one) => (typeof one === 'object' ? typeOf(one) : 'anything')))].join(' or ');
  if (field.type === 'array') {
    const items = field.items;
    return `list of ${items !== undefined && typeof items === 'object' && !Array.isArray(items) ? typeOf(items) : 'anything'}`;
  }
  return `${String(field.type ?? 'anything')}${range(field)}`;
}

// What JavaScript can count to is no limit that anyone set.
const bound = (value: number | boolean | undefined): number | undefined =>
  typeof value !== 'number' || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? undefined : value;

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, maxLength }: Schema): string {
  const [least, most] = [bound(minimum), bound(maximum)];
  const [above, below] = [bound(exclusiveMinimum), bound(exclusiveMaximum)];
  const parts = [
    ...(least !== undefined && most !== undefined ? [`${least} to ${most}`] : []),
    ...(least !== undefined && most === undefined ? [`${least} or more`] : []),
    ...(least === undefined && most !== undefined ? [`at most ${most}`] : []),
    ...(above !== undefined ? [`above ${above}`] : []),
    ...(below !== undefined ? [`below ${below}`] : []),
    ...(maxLength !== undefined ? [`to ${maxLength.toLocaleString('en')} characters`] : []),
  ];
  return parts.length > 0 ? `, ${parts.join(', ')}` : '';
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (value: unknown): string => (value === undefined ? '' : `\`${cell(JSON.stringify(value))}\``);
