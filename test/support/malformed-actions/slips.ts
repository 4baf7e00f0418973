import type { AgentAction } from '../../../schemas/agent';
import type { Random } from '../agent-transcripts/kit';
import { json } from './maker';

/** Python's text of a value: single quotes unless the text has one, True, False and None. */
export function python(value: unknown): string {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, inner]) => `${python(name)}: ${python(inner)}`)
      .join(', ')}}`;
  if (typeof value !== 'string') return JSON.stringify(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** Quotes, line ends and tabs in texts as they are, without a backslash. */
export const unescaped = (text: string): string =>
  text.replaceAll('\\"', '"').replaceAll('\\n', '\n').replaceAll('\\t', '\t');

export const control = (random: Random): string => random.pick(['\u0000', '\u0007', '\u001b', '\u0008', '\uFEFF']);

export const unquotedKeys = (action: AgentAction): string =>
  json(action, random01(action)).replace(/"([a-z_]+)":/gu, '$1:');
const random01 = (action: AgentAction): number => (JSON.stringify(action).length % 2 === 0 ? 0 : 2);

/** Types that a model gets wrong: numbers and flags as texts, one thing in place of a list, and the other way round. */
export function mistyped(random: Random, value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return random.pick([String(value), value ? 'True' : 'False']);
  if (Array.isArray(value))
    return value.length === 1 && !/[,，]/u.test(String(value[0]))
      ? (value[0] as unknown)
      : value.map((item) => (typeof item === 'number' ? String(item) : item) as unknown);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mistyped(random, inner)]));
  return random.chance(0.15) ? [value] : value;
}

const camel = (name: string): string => name.replace(/_(\w)/gu, (_, letter: string) => letter.toUpperCase());
const swapped = (name: string, at: number): string =>
  name.slice(0, at) + name[at + 1]! + name[at]! + name.slice(at + 2);

export function misnamed(random: Random, name: string): string {
  const at = random.int(1, name.length - 2);
  const ways = [
    name.toUpperCase(),
    camel(name),
    name.replaceAll('_', '-'),
    name.replaceAll('_', ' '),
    `functions.${name}`,
    `${name} `,
    `\`${name}\``,
    name[0]!.toUpperCase() + name.slice(1),
  ];
  const slips = [
    name.slice(0, at) + name.slice(at + 1),
    name.slice(0, at) + name[at]! + name.slice(at),
    swapped(name, at),
  ];
  return random.pick([...ways, ...slips.filter((slip) => slip !== name)]);
}
