import type { ToolSpec } from '../../../schemas/agent';
import type { AgentAction } from '../../../schemas/agent';
import { type Random } from '../agent-transcripts/kit';

type Properties = Record<string, Record<string, unknown>>;

const tool = (name: string, effect: 'read' | 'write', properties: Properties, required: string[]): ToolSpec => ({
  name,
  description: `${name} of the test`,
  effect,
  polling: false,
  parameters: { type: 'object', properties, required, additionalProperties: false },
});

const text = { type: 'string', minLength: 1 };

/** Tools with arguments of every kind: texts, numbers, flags, lists, choices, objects in objects, and none at all. */
export const TOOLS: ToolSpec[] = [
  tool(
    'search',
    'read',
    { query: text, limit: { type: 'integer', minimum: 1 }, language: { enum: ['en', 'zh', 'de'] } },
    ['query'],
  ),
  tool('read_file', 'read', { path: text }, ['path']),
  tool('run_sql', 'read', { statement: text, parameters: { type: 'array', items: { type: 'number' } } }, ['statement']),
  tool('send_message', 'write', { to: text, body: text, urgent: { type: 'boolean' } }, ['to', 'body']),
  tool(
    'create_event',
    'write',
    {
      title: text,
      when: {
        type: 'object',
        properties: { day: text, hour: { type: 'integer' } },
        required: ['day', 'hour'],
        additionalProperties: false,
      },
      guests: { type: 'array', items: text },
      private: { type: 'boolean' },
    },
    ['title', 'when'],
  ),
  tool(
    'tag_items',
    'write',
    { ids: { type: 'array', items: { type: 'integer' } }, tags: { type: 'array', items: text } },
    ['ids', 'tags'],
  ),
  tool('translate', 'read', { input: text, target: text, formal: { type: 'boolean' } }, ['input', 'target']),
  tool('convert', 'read', { amount: { type: 'number' }, from: text, to: text, note: text }, ['amount', 'from', 'to']),
  tool('list_tables', 'read', {}, []),
];

export const toolOf = (action: AgentAction): ToolSpec | undefined =>
  action.kind === 'call' ? TOOLS.find(({ name }) => name === action.tool) : undefined;

const PHRASES = [
  'refund policy for enterprise customers',
  '北京的公积金提取条件是什么',
  'error "connection reset" in the log',
  "what's new in release 4.2",
  'sum of a, b and c',
  'naïve café résumé',
  'C# or {braces} and [brackets]',
  'line one\nline two',
  '价格: 100元 (含税)',
  'tab\there',
  'price > 100 & size < 20',
  'see https://example.org/a?b=1&c=2',
  '東京の天気',
  'quarterly revenue 2025',
  'path with spaces/and-dashes',
  'she said: yes, please',
  '한국어 문서',
  'a/b testing',
  '50% off',
  'null and void',
  'true story',
];
/** Phrases that hold no quote, line end, backslash or bracket: for families that would make another text of those. */
export const PLAIN = PHRASES.filter((phrase) => !/["'\n\t{}[\]]/u.test(phrase));
const NAMES = ['ann@example.org', 'team-ops', '李雷', 'bob', 'support desk', 'zoë'];

/** A call that is right as it stands. `phrases` are what its texts are drawn from. */
export function drawCall(random: Random, phrases: readonly string[] = PHRASES): Extract<AgentAction, { kind: 'call' }> {
  const phrase = () => `${random.pick(phrases)}${random.chance(0.3) ? ` ${random.int(1, 99)}` : ''}`;
  const maybe = (name: string, value: () => unknown) => (random.chance(0.5) ? { [name]: value() } : {});
  const draws: Record<string, () => Record<string, unknown>> = {
    search: () => ({
      query: phrase(),
      ...maybe('limit', () => random.int(1, 50)),
      ...maybe('language', () => random.pick(['en', 'zh', 'de'])),
    }),
    read_file: () => ({ path: `docs/${random.pick(['设置', 'setup', 'notes v2'])}-${random.int(1, 99)}.md` }),
    run_sql: () => ({
      statement: `select * from orders where total > ${random.int(1, 999)} and name = ?`,
      ...maybe('parameters', () => [random.int(1, 99), random.int(1, 9)]),
    }),
    send_message: () => ({ to: random.pick(NAMES), body: phrase(), ...maybe('urgent', () => random.chance(0.5)) }),
    create_event: () => ({
      title: phrase(),
      when: { day: `2026-12-${random.int(10, 28)}`, hour: random.int(8, 18) },
      ...maybe('guests', () => random.some(NAMES, random.int(1, 3))),
      ...maybe('private', () => random.chance(0.5)),
    }),
    tag_items: () => ({
      ids: [random.int(1, 99), random.int(100, 999)],
      tags: random.some(['new', '重要', 'to do', 'x'], random.int(1, 3)),
    }),
    translate: () => ({
      input: phrase(),
      target: random.pick(['fr', 'zh', 'de']),
      ...maybe('formal', () => random.chance(0.5)),
    }),
    convert: () => ({ amount: random.int(1, 9_999) / 4, from: 'EUR', to: 'CNY', ...maybe('note', phrase) }),
    list_tables: () => ({}),
  };
  const name = random.pick(Object.keys(draws));
  return { kind: 'call', tool: name, arguments: draws[name]!() };
}

/** Mostly calls, and now and then an answer. */
export const drawAction = (random: Random, phrases: readonly string[] = PHRASES): AgentAction =>
  random.chance(0.12) ? { kind: 'answer', text: random.pick(phrases) } : drawCall(random, phrases);
