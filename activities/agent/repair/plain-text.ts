import type { ToolSpec } from '../../../schemas/agent';
import { fitCall, toolNamed, type Understood } from './fit';
import { propertiesOf, typesOf } from './schema';
import { scan } from './scan';

type Parse = (text: string) => unknown;

/** A text without the quotes around it. */
const unquoted = (text: string): string => /^(["'`])(.*)\1$/su.exec(text.trim())?.[2] ?? text.trim();

/** Texts of named fields as their schema takes them: one that is no string is read as JSON where it can be. */
function typed(tool: ToolSpec, fields: [string, string][], parse: Parse): Record<string, unknown> {
  const properties = propertiesOf(tool.parameters);
  return Object.fromEntries(
    fields.map(([name, text]) => {
      const types = typesOf(properties.get(name) ?? {});
      return [name, types.includes('string') || !/^\s*[[{]/u.test(text) ? text : (parse(text) ?? text)];
    }),
  );
}

/** Arguments between the brackets of `search[…]` or `search(…)`: an object, `name=value` pairs, or the only argument. */
function bracketed(tool: ToolSpec, inside: string, parse: Parse, bare = true): Understood {
  const text = inside.trim();
  // A bare word in round brackets is the name of a variable.
  if (!bare && /^[A-Za-z_]\w*$/u.test(text)) return { problem: `the arguments of ${tool.name} cannot be read` };
  if (text === '') return fitCall(tool, {}, parse);
  if (text.startsWith('{')) {
    const value = parse(text);
    return value === undefined
      ? { problem: `the arguments of ${tool.name} cannot be read` }
      : fitCall(tool, value, parse);
  }
  if (/^[A-Za-z_]\w*\s*=[^=]/u.test(text)) {
    // Texts in quotes are passed over as they are.
    const pairs = parse(
      `{${text.replace(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|((?:^|,)\s*[A-Za-z_]\w*)\s*=/gsu, (_all, quoted?: string, name?: string) => quoted ?? `${name!}:`)}}`,
    );
    return pairs === undefined
      ? { problem: `the arguments of ${tool.name} cannot be read` }
      : fitCall(tool, pairs, parse);
  }
  const quoted = /^["'`“]/u.test(text);
  if (quoted && unquoted(text) === text) return { problem: `the arguments of ${tool.name} cannot be read` };
  return fitCall(tool, unquoted(text), parse);
}

const FINAL_ANSWER = /^[ \t*#]*final answer[ \t*]*[:：][ \t*]*/imu;
const ACTION = /^[ \t*#]*action(?: \d+)?[ \t*]*[:：][ \t*`]*/gimu;
const INPUT = /^[ \t*#]*action input(?: \d+)?[ \t*]*[:：][ \t*]*/imu;
const OBSERVED = /^[ \t*#]*(?:observation|obs|thought|result)(?: \d+)?[ \t*]*[:：]/imu;

/**
 * What ReAct's text asks for: `Action: search[query]`, or `Action: search` with `Action Input: …`. Of several the first:
 * what follows an observation that nobody made is made up. Null where the text has no such line.
 */
export function readReact(text: string, tools: readonly ToolSpec[], parse: Parse): Understood | null {
  const actions = [...text.matchAll(ACTION)];
  const final = FINAL_ANSWER.exec(text);
  const first = actions[0];
  if (!first)
    return final
      ? { action: { kind: 'answer', text: text.slice(final.index + final[0].length).trim() }, notes: [], exact: false }
      : null;
  const rest = text.slice(first.index + first[0].length);
  const observed = OBSERVED.exec(rest);
  const own = observed ? rest.slice(0, observed.index) : rest;
  if (final && (!observed || final.index < first.index)) return { problem: 'it holds both a call and an answer' };
  const [line = ''] = own.split('\n');
  if (/^\s*(?:$|[`{[])/u.test(line)) return null; // JSON follows
  const call = /^([^[({\n:]+?)\s*(?:\[(.*)\]|\((.*)\))[\s.`*]*$/u.exec(line.trim());
  const bare = /^([^[({\n]+?)[\s.`*]*$/u.exec(line.trim());
  const name = call?.[1] ?? bare?.[1];
  if (name === undefined) return { problem: 'the line "Action:" cannot be read' };
  if (/^(?:finish|final[_ ]answer|answer)$/iu.test(name) && call) {
    return { action: { kind: 'answer', text: unquoted(call[2] ?? call[3] ?? '') }, notes: [], exact: false };
  }
  const tool = toolNamed(name, tools);
  if (tool === null)
    return { problem: `there is no tool "${name.slice(0, 64)}"; there are ${tools.map((one) => one.name).join(', ')}` };
  if (call) return bracketed(tool, call[2] ?? call[3] ?? '', parse, call[2] !== undefined);
  const input = INPUT.exec(own);
  if (!input) return { problem: `the call of ${tool.name} has no "Action Input:"` };
  const value = own
    .slice(input.index + input[0].length)
    .replace(/^```\w*\n|```\s*$/gu, '')
    .trim();
  if (/^[{[]/u.test(value)) {
    const scanned = scan(value, 0);
    const whole = parse(scanned.closed ? value.slice(0, scanned.end) : value);
    return whole === undefined
      ? { problem: `the arguments of ${tool.name} cannot be read` }
      : fitCall(tool, whole, parse);
  }
  return fitCall(tool, unquoted(value), parse);
}

/** `search(query="x")`, `search: {…}` or `search {…}` as the whole text. Null for any other text. */
export function readPython(text: string, tools: readonly ToolSpec[], parse: Parse): Understood | null {
  const call = /^(?:print\()?([A-Za-z_][\w.]*)\((.*?)\)\)?;?$/su.exec(text.trim());
  const headed = /^[`*"]*([A-Za-z_][\w.-]*)[`*"]*\s*[:：]?\s*(\{.*\})$/su.exec(text.trim());
  const [, name, inside] = call ?? headed ?? [];
  const tool = name === undefined ? null : toolNamed(name, tools);
  return tool ? bracketed(tool, inside!, parse, false) : null;
}

/** Where a text has the first line of ReAct's, or the first element of a call; -1 where it has none. */
export const lineOrElementAt = (text: string): number => {
  const places = [ACTION, FINAL_ANSWER, INVOKE].map((mark) => text.search(mark)).filter((place) => place !== -1);
  return places.length === 0 ? -1 : Math.min(...places);
};

const INVOKE = /<(?:invoke|function|tool)(?:=| name=)"?([\w.-]+)"?\s*>([\s\S]*?)<\/(?:invoke|function|tool)>/gu;
const PARAMETER = /<(?:parameter|param|arg)(?:=| name=)"?([\w.-]+)"?\s*>([\s\S]*?)<\/(?:parameter|param|arg)>/gu;

/** Calls with their parameters as elements: `<invoke name="search"><parameter name="query">x</parameter></invoke>`. */
export function readElements(text: string, tools: readonly ToolSpec[], parse: Parse): Understood[] {
  if (!text.includes('</')) return [];
  return [...text.matchAll(INVOKE)].map(([, name, body]) => {
    const tool = toolNamed(name!, tools);
    if (tool === null) return { problem: `there is no tool "${name!.slice(0, 64)}"` };
    const fields = [...body!.matchAll(PARAMETER)].map(([, field, value]): [string, string] => [field!, value!.trim()]);
    if (fields.length === 0 && /\S/u.test(body!)) {
      const value = parse(body!);
      return value === undefined
        ? { problem: `the arguments of ${tool.name} cannot be read` }
        : fitCall(tool, value, parse);
    }
    return fitCall(tool, typed(tool, fields, parse), parse);
  });
}

/**
 * The simple format: a line `tool: NAME` and a line `field: value` for each argument, or `answer:` and the text. A value
 * goes on over lines that are no field of the tool.
 */
export function readSimple(text: string, tools: readonly ToolSpec[], parse: Parse): Understood | null {
  const lines = text
    .trim()
    .replace(/^```\w*\n|\n?```$/gu, '')
    .split('\n');
  const at = lines.findIndex((line) => /^[\s*#>-]*(?:tool|answer)[\s*]*[:：]/iu.test(line));
  if (at === -1) return null;
  const [, head, rest = ''] = /^[\s*#>-]*(tool|answer)[\s*]*[:：]\s*(.*)$/iu.exec(lines[at]!)!;
  if (head!.toLowerCase() === 'answer') {
    const answer = [rest, ...lines.slice(at + 1)].join('\n').trim();
    return answer === ''
      ? { problem: 'the answer is empty' }
      : { action: { kind: 'answer', text: answer }, notes: [], exact: true };
  }
  const tool = toolNamed(rest, tools);
  if (tool === null)
    return { problem: `there is no tool "${rest.slice(0, 64)}"; there are ${tools.map((one) => one.name).join(', ')}` };
  const properties = propertiesOf(tool.parameters);
  const fields: [string, string][] = [];
  for (const line of lines.slice(at + 1)) {
    const [, name, value] = /^\s*[-*]?\s*([\p{L}_][\p{L}\p{N}_ -]*?)\s*[:：]\s*(.*)$/u.exec(line) ?? [];
    if (/^\s*(?:arguments|args|input|parameters)\s*:\s*$/iu.test(line) && fields.length === 0) continue;
    if (name !== undefined && /^(?:tool|answer)$/iu.test(name) && !properties.has(name))
      return { problem: 'it holds more than one action' };
    const last = fields[fields.length - 1];
    if (name !== undefined && (properties.has(name) || last === undefined)) fields.push([name, value!]);
    else if (last) last[1] += `\n${line}`;
    else if (line.trim() !== '') return { problem: `"${line.slice(0, 60)}" is no field of ${tool.name}` };
  }
  const twice = fields.find(([name], index) => fields.findIndex(([other]) => other === name) !== index);
  if (twice) return { problem: `"${twice[0]}" is given twice` };
  return fitCall(
    tool,
    typed(
      tool,
      fields.map(([name, value]) => [name, value.trimEnd()]),
      parse,
    ),
    parse,
  );
}
