import type { AgentAction, ToolSpec } from '../../../schemas/agent';
import { canonicalJson } from '../../kit/canonical-json';
import { coerce, type Coercion, META } from './coerce';
import { isSchema, propertiesOf, requiredOf, type Schema, schemaErrors, typesOf } from './schema';
import { sameStyle, slipOf } from './spelling';

/** One way to understand an output: an action, or why there is none. */
export type Understood = { action: AgentAction; notes: string[]; exact: boolean } | { problem: string };

const PREFIX = /^(?:functions?|tools?|default_api|namespace)[.:/]/iu;

/** The tool that a name means, or null: as it stands, in another style, or with one slip where no other tool is as near. */
export function toolNamed(written: string, tools: readonly ToolSpec[]): ToolSpec | null {
  const name = written
    .trim()
    .replace(/^[`'"*]+|[`'"*]+$|\(\)$/gu, '')
    .replace(PREFIX, '');
  const exact = tools.filter((tool) => tool.name === name);
  if (exact.length === 1) return exact[0]!;
  const style = tools.filter((tool) => sameStyle(tool.name, name));
  if (style.length > 0) return style.length === 1 ? style[0]! : null;
  const near = tools.filter((tool) => slipOf(tool.name, name) !== null);
  if (near.length !== 1) return null;
  // One letter for another may make another word: too little to change something outside by.
  return near[0]!.effect === 'write' && slipOf(near[0]!.name, name) === 'letter' ? null : near[0]!;
}

/** Arguments as an object: out of text, out of a list, or as the tool's only argument. */
function asFields(value: unknown, tool: ToolSpec, parse: (text: string) => unknown): Schema | { problem: string } {
  if (isSchema(value)) return value;
  if (value === null || value === undefined || value === '') return {};
  const { parameters } = tool;
  const properties = [...propertiesOf(parameters).keys()];
  const required = requiredOf(parameters);
  const only = properties.length === 1 ? properties[0] : required.length === 1 ? required[0] : undefined;
  if (typeof value === 'string') {
    const inner = /^\s*[{[]/u.test(value) ? parse(value) : undefined;
    if (isSchema(inner)) return inner;
    if (/^\s*\{/u.test(value)) return { problem: `the arguments of ${tool.name} are text that is no JSON object` };
    const bare = value.trimStart().replace(/^["']/u, '');
    const named = only !== undefined && bare.startsWith(only) && /^["']?\s*[:=]/u.test(bare.slice(only.length));
    if (only !== undefined && !named) return { [only]: inner ?? value };
  } else if (Array.isArray(value)) {
    if (value.length === 0 && required.length === 0) return {};
    if (value.length === 1 && isSchema(value[0]) && only === undefined) return value[0];
    if (value.length === 1 && isSchema(value[0]) && Object.keys(value[0]).every((name) => properties.includes(name)))
      return value[0];
    const pairs = value.map((item: unknown) =>
      isSchema(item) && typeof item.name === 'string' && 'value' in item ? item : null,
    );
    if (pairs.every((pair) => pair !== null))
      return Object.fromEntries(pairs.map((pair) => [pair.name as string, pair.value]));
    if (only !== undefined) {
      const takesList = typesOf(propertiesOf(parameters).get(only) ?? {}).includes('array');
      if (takesList || value.length === 1) return { [only]: takesList ? value : (value[0] as unknown) };
    }
  } else if (only !== undefined) return { [only]: value };
  return { problem: `the arguments of ${tool.name} must be a JSON object` };
}

/** A call as its tool takes it, with what had to be changed. */
export function fitCall(tool: ToolSpec, raw: unknown, parse: (text: string) => unknown): Understood {
  const fields = asFields(raw, tool, parse);
  if ('problem' in fields && typeof fields.problem === 'string' && !isSchema(raw)) return { problem: fields.problem };
  const done: Coercion = { notes: [], refused: null };
  const safe = tool.effect === 'read';
  const args = coerce(fields, tool.parameters, tool.parameters, tool.name, safe, done) as Schema;
  if (done.refused !== null) return { problem: `${tool.name}: ${done.refused}` };
  const wrong = schemaErrors(tool.parameters, args);
  if (wrong.length > 0) return { problem: `${tool.name}: ${wrong.slice(0, 5).join('; ')}` };
  const exact = fields === raw && canonicalJson(args) === canonicalJson(raw);
  return { action: { kind: 'call', tool: tool.name, arguments: args }, notes: done.notes, exact };
}

const TOOL_FIELDS =
  'tool tool_name toolName name action action_name actionName function function_name functionName recipient_name command call method api operation'.split(
    ' ',
  );
const ARGUMENT_FIELDS =
  'arguments args parameters params input inputs action_input actionInput tool_input toolInput tool_args toolArgs kwargs payload'.split(
    ' ',
  );
const WRAPPERS =
  'tool_calls toolCalls tool_call toolCall function_call functionCall calls actions tool_uses action function tool call next_action nextAction output response message'.split(
    ' ',
  );
const ANSWER_FIELDS = 'answer final_answer finalAnswer final final_response finalResponse response reply'.split(' ');
const FINAL = /^(?:final[_ -]?answer|answer|finish|final|respond|reply)$/iu;
const BESIDE = /^(?:content|status|done|role|refusal|model|usage|finish_reason|created|object|annotations)$/u;

/** Fields that hold nothing but the name of a tool, or a verb for what is done with it. */
const NAMES_TOOL = /^(?:tool|tool_?name|action|action_?name|function|function_?name|recipient_name)$/iu;
const VERB = /^(?:call|use|run|invoke|execute|tool|tool[_ ]?(?:call|use)|function|function[_ ]?call|action)$/iu;

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** The text of an answer given as text, a number, or an object with one text in it; null for blanks, which say nothing. */
function answerText(value: unknown): string | null {
  if (typeof value === 'string') return isText(value) ? value : null;
  if (typeof value === 'number') return String(value);
  const texts = isSchema(value) ? Object.values(value).filter(isText) : [];
  return isSchema(value) && Object.keys(value).length === 1 && texts.length === 1 ? texts[0]! : null;
}

/** Every way in which a JSON value can be an action, in the order in which they were written. Empty: it is none. */
export function understand(value: unknown, tools: readonly ToolSpec[], parse: (text: string) => unknown): Understood[] {
  if (typeof value === 'string') return /^\s*[{[]/u.test(value) ? understandInner(parse(value), tools, parse) : [];
  if (Array.isArray(value)) {
    const [name, fields] = value as unknown[];
    const tool = value.length === 2 && typeof name === 'string' ? toolNamed(name, tools) : null;
    if (tool && isSchema(fields)) return [inexact(fitCall(tool, fields, parse))];
    return value.flatMap((item: unknown) => understand(item, tools, parse)).map(inexact);
  }
  if (!isSchema(value)) return [];
  const named = TOOL_FIELDS.filter((field) => isText(value[field]));
  const known = named.flatMap((field) => {
    const tool = toolNamed(value[field] as string, tools);
    return tool ? [{ field, tool }] : [];
  });
  if (new Set(known.map(({ tool }) => tool.name)).size > 1) {
    return [{ problem: `it names more than one tool (${known.map(({ tool }) => tool.name).join(', ')})` }];
  }
  if (known.length > 0) {
    const { field, tool } = known[0]!;
    const stranger = named.find((one) => NAMES_TOOL.test(one) && !known.some((other) => other.field === one));
    if (
      stranger !== undefined &&
      !propertiesOf(tool.parameters).has(stranger) &&
      !VERB.test(value[stranger] as string)
    ) {
      return [{ problem: `it names ${tool.name} and "${(value[stranger] as string).slice(0, 64)}", which is no tool` }];
    }
    return [
      withNote(
        callOf(value, field, tool, parse),
        value[field] === tool.name ? null : `tool "${value[field] as string}" is ${tool.name}`,
      ),
    ];
  }
  for (const field of WRAPPERS) {
    const inner = value[field];
    if (typeof inner === 'object' && inner !== null) {
      const found = understand(inner, tools, parse).map(inexact);
      if (found.length > 0) return found;
    }
  }
  const byName = Object.keys(value).flatMap((field) => {
    const tool = toolNamed(field, tools);
    return tool && (typeof value[field] === 'object' || typeof value[field] === 'string') ? [{ field, tool }] : [];
  });
  const others = Object.keys(value).filter((field) => !META.test(field) && !byName.some((one) => one.field === field));
  if (byName.length > 0 && others.length === 0) {
    return byName.map(({ field, tool }) => inexact(fitCall(tool, value[field], parse)));
  }
  return answerOf(value, named, tools);
}

const understandInner = (inner: unknown, tools: readonly ToolSpec[], parse: (text: string) => unknown): Understood[] =>
  typeof inner === 'string' ? [] : understand(inner, tools, parse).map(inexact);

const withNote = (found: Understood, note: string | null): Understood =>
  'action' in found && note !== null ? { ...found, notes: [note, ...found.notes] } : found;

const inexact = (found: Understood): Understood => ('action' in found ? { ...found, exact: false } : found);

/** A call whose tool stands in `field`: its arguments in a field of their own, or beside it. */
function callOf(value: Schema, field: string, tool: ToolSpec, parse: (text: string) => unknown): Understood {
  const properties = propertiesOf(tool.parameters);
  if (ANSWER_FIELDS.some((name) => isText(value[name]) && !properties.has(name))) {
    return { problem: 'it holds both a call and an answer' };
  }
  const rest = Object.entries(value).filter(([name]) => name !== field && !(name === 'kind' && value.kind === 'call'));
  const holders = rest.filter(([name, inner]) => ARGUMENT_FIELDS.includes(name) && inner !== null);
  // A property of the tool that has such a name is its argument, unless it holds an object in place of the property's value.
  const held = holders.filter(
    ([name, inner]) => !properties.has(name) || (isSchema(inner) && !typesOf(properties.get(name)!).includes('object')),
  );
  if (held.length > 1) return { problem: `it holds arguments twice (${held.map(([name]) => name).join(', ')})` };
  const holder = held[0];
  const beside = rest.filter(
    ([name]) => name !== holder?.[0] && !BESIDE.test(name) && !(ARGUMENT_FIELDS.includes(name) && value[name] === null),
  );
  if (!holder)
    return inexact(
      fitCall(tool, Object.fromEntries(beside.filter(([name]) => properties.has(name) || !META.test(name))), parse),
    );
  const lost = beside.filter(([name]) => properties.has(name) || !META.test(name));
  if (lost.length === 0) {
    const found = fitCall(tool, holder[1], parse);
    const plain = field === 'tool' && value.tool === tool.name && holder[0] === 'arguments' && rest.length === 1;
    return plain ? found : inexact(found);
  }
  const fields = asFields(holder[1], tool, parse);
  const twice = lost.find(([name]) => name in fields);
  if (twice) return { problem: `"${twice[0]}" is given twice` };
  return inexact(fitCall(tool, { ...fields, ...Object.fromEntries(lost) }, parse));
}

function answerOf(value: Schema, named: string[], tools: readonly ToolSpec[]): Understood[] {
  const final = named.find((field) => FINAL.test(value[field] as string));
  if (final !== undefined) {
    const holder = [...ARGUMENT_FIELDS, ...ANSWER_FIELDS, 'text', 'content'].find(
      (field) => field in value && field !== final,
    );
    const text = holder === undefined ? null : answerText(value[holder]);
    return text === null
      ? [{ problem: 'the answer must be a text, and not empty' }]
      : [{ action: { kind: 'answer', text }, notes: [], exact: false }];
  }
  if (value.kind === 'answer' && isText(value.text)) {
    return [{ action: { kind: 'answer', text: value.text }, notes: [], exact: Object.keys(value).length === 2 }];
  }
  const unknown = named.find((field) => !/^(?:name|command|operation)$/u.test(field));
  const holds = ARGUMENT_FIELDS.some((field) => field in value);
  if (unknown !== undefined || (named.length > 0 && holds)) {
    const name = value[unknown ?? named[0]!] as string;
    return [
      {
        problem: `there is no tool "${name.slice(0, 64)}"; there are ${tools.map((tool) => tool.name).join(', ') || 'none'}`,
      },
    ];
  }
  const answers = ANSWER_FIELDS.filter((field) => field in value && value[field] !== null);
  if (answers.length === 0) return [];
  const text = answers.length === 1 ? answerText(value[answers[0]!]) : null;
  if (text === null) return [{ problem: 'the answer must be one text, and not empty' }];
  const exact = Object.keys(value).length === 1 && answers[0] === 'answer' && typeof value.answer === 'string';
  return [{ action: { kind: 'answer', text }, notes: [], exact }];
}
