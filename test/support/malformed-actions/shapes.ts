import type { Call } from './maker';

/** A call in the words of other formats. */
export const SHAPES: ((call: Call) => unknown)[] = [
  ({ tool, arguments: args }) => ({ name: tool, arguments: args }),
  ({ tool, arguments: args }) => ({ name: tool, input: args }),
  ({ tool, arguments: args }) => ({ name: tool, parameters: args }),
  ({ tool, arguments: args }) => ({ action: tool, action_input: args }),
  ({ tool, arguments: args }) => ({ thought: 'I should do this', action: { name: tool, args } }),
  ({ tool, arguments: args }) => ({
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: tool, arguments: JSON.stringify(args) } }],
  }),
  ({ tool, arguments: args }) => ({
    role: 'assistant',
    content: null,
    tool_calls: [{ function: { name: tool, arguments: args } }],
  }),
  ({ tool, arguments: args }) => ({ function_call: { name: tool, arguments: JSON.stringify(args) } }),
  ({ tool, arguments: args }) => ({ type: 'function', function: { name: tool, arguments: args } }),
  ({ tool, arguments: args }) => ({ type: 'tool_use', id: 'toolu_1', name: tool, input: args }),
  ({ tool, arguments: args }) => ({ [tool]: args }),
  ({ tool, arguments: args }) => ({ tool, ...args }),
  ({ tool, arguments: args }) => [{ tool, arguments: args }],
  ({ tool, arguments: args }) => ({ tool_name: tool, tool_input: args }),
  ({ tool, arguments: args }) => ({ recipient_name: `functions.${tool}`, parameters: args }),
  ({ tool, arguments: args }) => ({ reasoning: 'because', tool, arguments: args, confidence: 0.9 }),
  ({ tool, arguments: args }) => ({ tool: { name: tool, arguments: args } }),
  ({ tool, arguments: args }) => ({ tool, arguments: JSON.stringify(args) }),
  ({ tool, arguments: args }) => JSON.stringify({ tool, arguments: args }),
  ({ tool, arguments: args }) => ({ tool, arguments: Object.entries(args).map(([name, value]) => ({ name, value })) }),
];

/** An answer in them. */
export const ANSWER_SHAPES: ((text: string) => unknown)[] = [
  (text) => ({ final_answer: text }),
  (text) => ({ action: 'Final Answer', action_input: text }),
  (text) => ({ tool: 'answer', arguments: { answer: text } }),
  (text) => ({ kind: 'answer', text, confidence: 1 }),
  (text) => [{ answer: text }],
];
