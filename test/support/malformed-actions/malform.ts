import type { AgentAction } from '../../../schemas/agent';
import { Random } from '../agent-transcripts/kit';
import { AFTER, BEFORE, JUNK } from './around';
import { type Call, json, type Malformed, type Maker, whole, wholeCall, written } from './maker';
import { ANSWER_SHAPES, SHAPES } from './shapes';
import { control, misnamed, mistyped, python, unescaped, unquotedKeys } from './slips';
import { drawAction, drawCall, PLAIN, toolOf } from './tools';
import { withoutAction } from './without-action';

/** What a cut leaves is known only where brackets alone are missing, and no field or item could have followed. */
function afterCut(action: AgentAction, text: string, at: number): AgentAction | null {
  const [kept, lost] = [text.slice(0, at), text.slice(at)];
  if (!/^[\]}\s]*$/u.test(lost)) return null;
  if (lost.includes(']')) return null;
  if (lost.trim().length <= 1) return action; // only the outermost bracket
  if (/[\d.]$/u.test(kept)) return null;
  const tool = toolOf(action);
  if (action.kind !== 'call' || !tool) return action;
  const names = Object.keys(tool.parameters.properties as object);
  const given = Object.keys(action.arguments);
  // Empty arguments that were not closed, and arguments that the schema's next field could follow.
  if (given.length === 0) return null;
  return names.indexOf(given[given.length - 1]!) === names.length - 1 ? action : null;
}

const second = (random: Random, first: Call): Call => {
  for (;;) {
    const other = drawCall(random);
    if (JSON.stringify(other) !== JSON.stringify(first)) return other;
  }
};

const MAKERS: Record<string, Maker> = {
  fenced: whole(
    (random, action) =>
      `${random.chance(0.5) ? random.pick(BEFORE) : ''}\`\`\`${random.pick(['json', '', 'JSON', 'tool_call'])}\n${json(action, random.pick([0, 2]))}\n\`\`\`${random.chance(0.5) ? random.pick(AFTER) : ''}`,
  ),
  'prose around': whole(
    (random, action) => random.pick(BEFORE) + json(action, random.pick([0, 2])) + random.pick(['', ...AFTER]),
  ),
  'single quotes': whole((_random, action) => python(written(action))),
  'single quotes, nothing escaped': whole(
    (_random, action) => json(action).replaceAll('"', "'"),
    [...PLAIN, "what's new", "the team's plan", "don't stop"],
  ),
  'trailing junk': whole(
    (random, action) => json(action) + random.pick(JUNK) + (random.chance(0.3) ? random.pick(JUNK) : ''),
  ),
  'said twice': whole((random, action) => json(action) + random.pick(['\n', ' ', '\n\n']) + json(action)),
  unclosed: (random) => {
    const action = drawAction(random);
    const text = json(action, random.pick([0, 2]));
    const closers = /[\]}\s]*$/u.exec(text)![0];
    const at = text.length - (random.chance(0.6) ? 1 : random.int(1, closers.length));
    return {
      output: text.slice(0, at).trimEnd(),
      intended: afterCut(action, text, text.slice(0, at).trimEnd().length),
    };
  },
  truncated: (random) => {
    const action = drawAction(random);
    const text = json(action, random.pick([0, 2]));
    const at = random.int(5, text.length - 1);
    return { output: text.slice(0, at), intended: afterCut(action, text, text.slice(0, at).trimEnd().length) };
  },
  'truncated in a fence': (random) => {
    const action = drawAction(random);
    const text = json(action, 2);
    const at = random.int(5, text.length - 1);
    return {
      output: `\`\`\`json\n${text.slice(0, at)}`,
      intended: afterCut(action, text, text.slice(0, at).trimEnd().length),
    };
  },
  'wrong shape': wholeCall((random, call) => {
    const shape = random.pick(SHAPES)(call);
    return typeof shape === 'string' ? JSON.stringify(shape) : JSON.stringify(shape, null, random.pick([0, 2]));
  }),
  'wrong shape of an answer': (random) => {
    const text = random.pick(PLAIN);
    return { output: JSON.stringify(random.pick(ANSWER_SHAPES)(text)), intended: { kind: 'answer', text } };
  },
  'arguments as text or list': (random) => {
    const path = `docs/${random.int(1, 99)}.md`;
    const query = random.pick(PLAIN);
    const [tool, argument, value] = random.pick([
      ['read_file', 'path', path],
      ['search', 'query', query],
    ] as const);
    return {
      output: JSON.stringify({ tool, arguments: random.chance(0.5) ? value : [value] }),
      intended: { kind: 'call', tool, arguments: { [argument]: value } },
    };
  },
  'ReAct text': (random) => {
    const query = random.pick(PLAIN.filter((phrase) => !phrase.includes('=')));
    const call = drawCall(random);
    const made: [string, AgentAction][] = [
      [`Thought: I must search.\nAction: search[${query}]`, { kind: 'call', tool: 'search', arguments: { query } }],
      [
        `Thought: go\nAction: ${call.tool}\nAction Input: ${JSON.stringify(call.arguments)}\nObservation: it worked\nThought: fine\nFinal Answer: 42`,
        call,
      ],
      [`Thought: go\nAction: ${call.tool}\nAction Input: ${JSON.stringify(call.arguments)}`, call],
      [`Thought: I know it.\nFinal Answer: ${query}`, { kind: 'answer', text: query }],
      [`Action: search("${query}")`, { kind: 'call', tool: 'search', arguments: { query } }],
      [`search(query="${query}", limit=5)`, { kind: 'call', tool: 'search', arguments: { query, limit: 5 } }],
    ];
    const [output, intended] = random.pick(made);
    return { output, intended };
  },
  'tags of XML': (random) => {
    const call = drawCall(random, PLAIN);
    const parameters = Object.entries(call.arguments).map(
      ([name, value]) =>
        `<parameter name="${name}">${typeof value === 'string' ? value : JSON.stringify(value)}</parameter>`,
    );
    const output = random.pick([
      `<tool_call>\n${JSON.stringify({ name: call.tool, arguments: call.arguments })}\n</tool_call>`,
      `<tool_call>${JSON.stringify({ name: call.tool, arguments: call.arguments })}`,
      `[TOOL_CALLS] [${JSON.stringify({ name: call.tool, arguments: call.arguments })}]`,
      `<|python_tag|>${JSON.stringify({ name: call.tool, parameters: call.arguments })}<|eom_id|>`,
      `<function=${call.tool}>${JSON.stringify(call.arguments)}</function>`,
      `<invoke name="${call.tool}">\n${parameters.join('\n')}\n</invoke>`,
      `<think>Maybe {"tool": "list_tables", "arguments": {}}? No.</think>\n${json(call)}`,
    ]);
    return { output, intended: call };
  },
  'several in order': (random) => {
    const call = drawCall(random);
    const other = second(random, call);
    const output = random.pick([
      `${json(call)}\n${json(other)}`,
      `[${json(call)}, ${json(other)}]`,
      JSON.stringify({
        tool_calls: [call, other].map((one) => ({ function: { name: one.tool, arguments: one.arguments } })),
      }),
      `\`\`\`json\n${json(call)}\n\`\`\`\n\`\`\`json\n${json(other)}\n\`\`\``,
      `1. ${json(call)}\n2. ${json(other)}`,
      `${json(call)}\nObservation: 3 results\n${json(other)}`,
      `${json(call)}\n${json(other).slice(0, -6)}`,
    ]);
    return { output, intended: call };
  },
  'several to choose from': (random) => {
    const call = drawCall(random);
    const other = second(random, call);
    const output = random.pick([
      `I could do ${json(call)} or ${json(other)}.`,
      `${json(call)}\nWait, that is wrong. Better:\n${json(other)}`,
      `${json({ kind: 'answer', text: 'I know it already.' })}\n${json(call)}`,
      JSON.stringify({ ...written(call), answer: 'It is 42.' }),
      `Either\n\`\`\`\n${json(call)}\n\`\`\`\nor, if that fails,\n\`\`\`\n${json(other)}\n\`\`\``,
    ]);
    return { output, intended: null };
  },
  "Python's literals": wholeCall((random, call) => {
    const text = python({ ...written(call), thought: null });
    return random.chance(0.5) ? `print(${text})` : text;
  }),
  'commas and comments': whole((random, action) => {
    const lines = json(action, 2).split('\n');
    const noted = lines
      .map((line) => (/,$/u.test(line) && random.chance(0.5) ? `${line} // as asked` : line))
      .join('\n');
    return random.pick([
      noted,
      noted.replace(/\n(\s*)\}/gu, ',\n$1}'),
      `/* call */ ${noted}`,
      json(action, 2).replace(/(?<!^\{),\n/gu, '\n'),
    ]);
  }, PLAIN),
  'keys without quotes': whole((_random, action) => unquotedKeys(action), PLAIN),
  'smart quotes': whole(
    (random, action) => json(action).replace(/"([^"]*)"/gu, random.pick(['“$1”', '“$1“', '”$1”', '‘$1’'])),
    PLAIN,
  ),
  'wide punctuation': whole((_random, action) => json(action).replaceAll('":', '"：').replaceAll(',"', '，"'), PLAIN),
  'marks and controls': whole((random, action) => {
    const text = json(action, 2);
    const places = Array.from({ length: random.int(1, 5) }, () => random.int(0, text.length));
    return places.reduce((made, at) => {
      const inEscape = /\\[^"]{0,1}$/u.test(made.slice(0, at));
      return inEscape ? made : made.slice(0, at) + control(random) + made.slice(at);
    }, `\uFEFF${text}`);
  }),
  'nothing escaped': whole(
    (_random, action) => unescaped(json(action)),
    [
      'error "connection reset" in the log',
      'line one\nline two',
      'the "best" one',
      '他说“你好”然后走了',
      'a\nb\n\nc',
      'say "hi" now',
      'tab\there',
    ],
  ),
  'wrong types': wholeCall((random, call) =>
    json({ ...call, arguments: mistyped(random, call.arguments) as Record<string, unknown> }),
  ),
  'wrong names': wholeCall((random, call) => json({ ...call, tool: misnamed(random, call.tool) })),
  'wrong names of fields': wholeCall((random, call) => {
    const named = (name: string) =>
      random.pick([
        name.toUpperCase(),
        name[0]!.toUpperCase() + name.slice(1),
        `${name}_`,
        name.replace(/(.)$/u, '-$1'),
      ]);
    return json({
      ...call,
      arguments: Object.fromEntries(Object.entries(call.arguments).map(([name, value]) => [named(name), value])),
    });
  }),
  'unknown fields': (random) => {
    const call = drawCall(random);
    const safe = toolOf(call)!.effect === 'read';
    const [name, meant] = random.pick([
      ['reasoning', false],
      ['_id', false],
      ['foo', true],
      ['dry_run', true],
      ['max_cost', true],
    ] as const);
    const output = json({ ...call, arguments: { ...call.arguments, [name]: name === 'dry_run' ? true : 'x' } });
    // A field that a tool with effects does not know could have held it back.
    return { output, intended: safe || !meant ? call : null };
  },
  'two at once': whole((random, action) => {
    const inner = random.pick([
      python(written(action)),
      unquotedKeys(action),
      json(action, 2).replace(/\n(\s*)\}/gu, ',\n$1}'),
    ]);
    return `${random.pick(BEFORE)}\`\`\`json\n${inner}\n\`\`\`${random.pick(AFTER)}`;
  }, PLAIN),
  'no action': (random) => ({ output: random.pick(withoutAction(drawCall(random))), intended: null }),
};

/** So many of each family, the same for the same seed. */
export const malformed = (each: number, seed: number): Malformed[] =>
  Object.entries(MAKERS).flatMap(([family, make], place) =>
    Array.from({ length: each }, (_, at) => ({ family, ...make(new Random(seed + 7_919 * place + 104_729 * at)) })),
  );
