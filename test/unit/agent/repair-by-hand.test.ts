import { describe, expect, it } from 'vitest';
import { readAction } from '../../../activities/agent/repair';
import type { AgentAction, ToolSpec } from '../../../schemas/agent';

const T = (name: string, effect: 'read' | 'write', properties: object, required: string[]): ToolSpec => ({
  name,
  description: name,
  effect,
  polling: false,
  // As most tools are written: nothing is said of other fields.
  parameters: { type: 'object', properties, required },
});
const text = { type: 'string' };
const TOOLS = [
  T('web_search', 'read', { query: text, max_results: { type: 'integer', default: 5 } }, ['query']),
  T(
    'get_weather',
    'read',
    { city: text, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] }, days: { type: 'integer' } },
    ['city'],
  ),
  T(
    'send_email',
    'write',
    {
      to: { type: 'array', items: text },
      subject: text,
      body: text,
      options: { type: 'object', properties: { html: { type: 'boolean' }, priority: { type: 'integer' } } },
    },
    ['to', 'subject', 'body'],
  ),
  T('calculator', 'read', { expression: text }, ['expression']),
  T('delete_file', 'write', { path: text }, ['path']),
];

const C = (tool: string, args: Record<string, unknown>): AgentAction => ({ kind: 'call', tool, arguments: args });
const A = (answer: string): AgentAction => ({ kind: 'answer', text: answer });
const W = C('get_weather', { city: 'Paris', unit: 'celsius' });
const S = C('web_search', { query: '北京 天气' });
const E = C('send_email', {
  to: ['a@b.c'],
  subject: 'Hi',
  body: 'Line 1\nLine 2 "quoted"',
  options: { html: true, priority: 1 },
});

/** Outputs written by hand, after the reader, and what each means; null where the model is to be asked again. */
const CASES: [string, AgentAction | null][] = [
  [
    '```json\n{"tool": "get_weather", "arguments": {"city": "Paris", "unit": "celsius"}}\n```\n\nI will wait for the result.',
    W,
  ],
  ['{"tool": "get_weather", "arguments": {"city": "Paris", "unit": "celsius"}', W],
  ['{"tool": "get_weather", "arguments": {"city": "Paris", "unit": "cel', null],
  ['{"tool": "get_weather", "arguments": {"city": "Paris", "unit": "celsius"', null],
  ['{"tool": "calculator", "arguments": {"expression": "2+2"', C('calculator', { expression: '2+2' })],
  ['{"name": "get_weather", "input": {"city": "Paris", "unit": "Celsius"}}', W],
  ['{"action": "get_weather", "action_input": "Paris"}', C('get_weather', { city: 'Paris' })],
  ['{"action": "get_weather", "action_input": "{\\"city\\": \\"Paris\\", \\"unit\\": \\"celsius\\"}"}', W],
  ['{"get_weather": {"city": "Paris", "unit": "celsius"}}', W],
  ['{"GetWeather": {"city": "Paris", "unit": "celsius"}}', W],
  ["{'tool': 'get_weather', 'arguments': {'city': 'Paris', 'unit': 'celsius'}}", W],
  ['{"tool": "get_weather", "arguments": {"city": "Paris", "unit": "celsius", "country": "FR"}}', W],
  ['{"tool": "get_wether", "arguments": {"city": "Paris", "unit": "celsius"}}', W],
  ['{"tool": "getWeather", "arguments": {"city": "Paris", "unit": "celsius"}}', W],
  ['{"tool": "get_forecast", "arguments": {"city": "Paris"}}', null],
  [
    'Action: get_weather\nAction Input: {"city": "Paris", "unit": "celsius"}\nObservation: 20 degrees\nFinal Answer: 20',
    W,
  ],
  ['Thought: I need it\nAction: get_weather[Paris]', C('get_weather', { city: 'Paris' })],
  ['<tool_call>\n{"name": "web_search", "arguments": {"query": "北京 天气"}}\n</tool_call>', S],
  ['<tool_call>web_search\n{"query": "北京 天气"}</tool_call>', S],
  ['{"tool": "web_search", "arguments": {"query": "北京 天气"}}}}', S],
  ['{"tool": "web_search", "arguments": {"query": "北京 天气",}}', S],
  ['{tool: "web_search", arguments: {query: "北京 天气"}}', S],
  ['{“tool”：“web_search”，“arguments”：{“query”：“北京 天气”}}', S],
  [
    '{"tool": "web_search", "arguments": {"query": "北京 天气"}}\n\nObservation: ...\n\n{"tool": "web_search", "arguments": {"query": "上海 天气"}}',
    S,
  ],
  [
    '{"tool": "web_search", "arguments": {"query": "北京 天气", "max_results": "5"}}',
    C('web_search', { query: '北京 天气', max_results: 5 }),
  ],
  [
    '{"tool": "web_search", "arguments": {"query": "北京 天气", "maxResults": 5}}',
    C('web_search', { query: '北京 天气', max_results: 5 }),
  ],
  [
    '{"tool": "web_search", "arguments": {"query": "北京 天气", "max_results": 5.0}}',
    C('web_search', { query: '北京 天气', max_results: 5 }),
  ],
  ['{"tool": "web_search", "arguments": {"query": "北京 天气", "max_results": null}}', S],
  ['{"tool": "web_search", "args": {"query": "北京 天气"}}', S],
  ['{"function": {"name": "web_search", "arguments": "{\\"query\\": \\"北京 天气\\"}"}}', S],
  [
    '{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "web_search", "arguments": "{\\"query\\": \\"北京 天气\\"}"}}]}',
    S,
  ],
  [
    '{"choices":[{"message":{"tool_calls":[{"function":{"name":"web_search","arguments":"{\\"query\\": \\"北京 天气\\"}"}}]}}]}',
    null,
  ],
  ['{"type":"tool_use","name":"web_search","input":{"query":"北京 天气"}}', S],
  [
    '{"tool": "send_email", "arguments": {"to": "a@b.c", "subject": "Hi", "body": "Line 1\nLine 2 "quoted"", "options": {"html": "true", "priority": "1"}}}',
    E,
  ],
  [
    '{"tool": "send_email", "arguments": {"to": ["a@b.c"], "subject": "Hi", "body": "Line 1\\nLine 2 \\"quoted\\"", "options": {"html": true, "priority": 1}}',
    E,
  ],
  [
    '{"tool": "send_email", "arguments": {"to": ["a@b.c"], "subject": "Hi", "body": "Line 1\\nLine 2 \\"quoted\\"", "options": {"html": True, "priority": 1}}} // send it',
    E,
  ],
  ['{"tool": "send_email", "arguments": {"to": ["a@b.c"], "subject": "Hi", "body": "Line 1\\nLi', null],
  ['{"tool": "delete_file", "arguments": {"path": "/tmp/a', null],
  ['{"tool": "delete_fil", "arguments": {"path": "/tmp/a"}}', C('delete_file', { path: '/tmp/a' })],
  ['{"tool": "delete_file", "arguments": {"path": "/tmp/a", "confirm": false}}', null],
  ['{"answer": "It is 4."}', A('It is 4.')],
  ['{"final_answer": "It is 4."}', A('It is 4.')],
  ['Final Answer: It is 4.', A('It is 4.')],
  ["{'answer': 'It's 4.'}", A("It's 4.")],
  ['{"answer": "It is 4."', A('It is 4.')],
  ['{"answer": "It is 4', null],
  ['```\n{"answer": "a",\n}\n```', A('a')],
  [
    'I think {"tool": "calculator", "arguments": {"expression": "1+1"}} is best.',
    C('calculator', { expression: '1+1' }),
  ],
  [
    '[{"tool": "calculator", "arguments": {"expression": "1+1"}}, {"tool": "calculator", "arguments": {"expression": "2+2"}}]',
    C('calculator', { expression: '1+1' }),
  ],
  ['calculator(expression="1+1")', C('calculator', { expression: '1+1' })],
  ["calculator('1+1')", C('calculator', { expression: '1+1' })],
  ['calculator(1+1)', C('calculator', { expression: '1+1' })],
  ['Calling tool calculator with {"expression": "1+1"}', null],
  ['{"tool": "calculator", "arguments": {"expression": 42}}', C('calculator', { expression: '42' })],
  ['{"tool": "calculator", "arguments": {"expression": ["1+1"]}}', C('calculator', { expression: '1+1' })],
  ['{"tool": ["calculator"], "arguments": {"expression": "1+1"}}', null],
  ['{"tool": "calculator", "parameters": {"arguments": {"expression": "1+1"}}}', null],
  ['{"tool": "calculator", "arguments": {"arguments": {"expression": "1+1"}}}', null],
  ['tool: calculator\narguments:\n  expression: 1+1', C('calculator', { expression: '1+1' })],
  ['```yaml\ntool: calculator\narguments:\n  expression: 1+1\n```', C('calculator', { expression: '1+1' })],
  ['{"tool": "calculator", "arguments": {"expression": "1+1"}, "tool": "delete_file"}', null],
  ['\u200b{"tool": "calculator", "arguments": {"expression": "1+1"}}\u200b', C('calculator', { expression: '1+1' })],
  ['{"tool"  "calculator", "arguments": {"expression": "1+1"}}', null],
  ['{"tool": "calculator"; "arguments": {"expression": "1+1"}}', null],
  ['{"tool" = "calculator", "arguments" = {"expression": "1+1"}}', null],
  ['{"tool": "calculator", "arguments": {"expression": "1+1"}]', C('calculator', { expression: '1+1' })],
  ['({"tool": "calculator", "arguments": {"expression": "1+1"}})', C('calculator', { expression: '1+1' })],
  ['json\n{"tool": "calculator", "arguments": {"expression": "1+1"}}', C('calculator', { expression: '1+1' })],
  [
    '{\n  "tool": "calculator",\n  "arguments": {\n    "expression": "1+1"\n  }\n',
    C('calculator', { expression: '1+1' }),
  ],
  ['{"tool": "calculator", "arguments": "expression=1+1"}', null],
  ['{"arguments": {"expression": "1+1"}, "tool": "calculator"}', C('calculator', { expression: '1+1' })],
  ['{"arguments": {"expression": "1+1"}, "tool": "calcul', null],
  ['{"tool": "CALCULATOR", "arguments": {"EXPRESSION": "1+1"}}', C('calculator', { expression: '1+1' })],
  ['{"action": {"tool": "calculator", "arguments": {"expression": "1+1"}}}', C('calculator', { expression: '1+1' })],
  ['{"actions": [{"tool": "calculator", "arguments": {"expression": "1+1"}}]}', C('calculator', { expression: '1+1' })],
  ['{"thought":"x","action":"calculator","args":["1+1"]}', C('calculator', { expression: '1+1' })],
  [
    '<function_calls><invoke name="calculator"><parameter name="expression">1+1</parameter></invoke></function_calls>',
    C('calculator', { expression: '1+1' }),
  ],
  ['functions.calculator:0 {"expression": "1+1"}', C('calculator', { expression: '1+1' })],
  ['to=functions.calculator {"expression":"1+1"}', C('calculator', { expression: '1+1' })],
  [
    '<|channel|>commentary to=functions.calculator <|constrain|>json<|message|>{"expression":"1+1"}<|call|>',
    C('calculator', { expression: '1+1' }),
  ],
];

describe('outputs written by hand', () => {
  it.each(CASES)('%s', (output, meant) => {
    const reading = readAction(output, TOOLS, 'json');
    expect(reading.ok ? reading.action : null).toEqual(meant);
  });
});
