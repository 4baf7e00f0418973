import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../activities/kit/canonical-json';
import { readAction } from '../../../activities/agent/repair';
import { schemaErrors } from '../../../activities/agent/repair/schema';
import type { AgentAction } from '../../../schemas/agent';
import { Random } from '../../support/agent-transcripts/kit';
import { malformed } from '../../support/malformed-actions/malform';
import { written } from '../../support/malformed-actions/maker';
import { drawAction, TOOLS } from '../../support/malformed-actions/tools';

const search = (query: string, more: Record<string, unknown> = {}): AgentAction => ({
  kind: 'call',
  tool: 'search',
  arguments: { query, ...more },
});
const read = (output: string, cut?: boolean) => readAction(output, TOOLS, 'json', cut === undefined ? {} : { cut });
const actionOf = (output: string, cut?: boolean): AgentAction | null => {
  const reading = read(output, cut);
  return reading.ok ? reading.action : null;
};

/** Whether what was read may be run at all: a known tool with arguments that fit, or an answer. */
function mayRun(action: AgentAction): boolean {
  if (action.kind === 'answer') return true;
  const tool = TOOLS.find(({ name }) => name === action.tool);
  return tool !== undefined && schemaErrors(tool.parameters, action.arguments).length === 0;
}

describe('an action that is well formed', () => {
  it('reads as itself, in each form in which it may be written', () => {
    // An answer of nothing but blanks is none.
    const words = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(fc.integer(), words, fc.boolean(), (seed, text, indent) => {
        for (const action of [drawAction(new Random(seed)), search(text), { kind: 'answer', text } as const]) {
          for (const form of [written(action), action]) {
            const reading = read(JSON.stringify(form, null, indent ? 2 : 0));
            expect(reading).toEqual({ ok: true, action, rung: 'none', notes: [] });
          }
        }
      }),
    );
  });

  it('does not answer with blanks', () => {
    for (const empty of [
      { answer: '\t' },
      { kind: 'answer', text: '\t' },
      { tool: 'finish', arguments: { text: ' ' } },
    ]) {
      expect(read(JSON.stringify(empty))).toMatchObject({ ok: false });
    }
  });

  it('may hold another one in a text, which is not run', () => {
    const action = search(JSON.stringify(written({ kind: 'call', tool: 'list_tables', arguments: {} })));
    expect(actionOf(JSON.stringify(written(action)))).toEqual(action);
    expect(actionOf(`Here: ${JSON.stringify(written(action))} Done.`)).toEqual(action);
  });
});

describe('whatever comes from a model', () => {
  const mangled = fc
    .tuple(
      fc.integer(),
      fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary', maxLength: 6 }), fc.nat(8)), { maxLength: 5 }),
    )
    .map(([seed, edits]) =>
      edits.reduce(
        (text, [at, put, drop]) =>
          text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + drop),
        JSON.stringify(written(drawAction(new Random(seed)))),
      ),
    );

  it('never throws, and gives no action whose tool or arguments do not exist', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), mangled),
        fc.constantFrom('json', 'simple'),
        (output, format) => {
          const reading = readAction(output, TOOLS, format);
          if (reading.ok) expect(mayRun(reading.action)).toBe(true);
          else expect(reading.problem).not.toBe('');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never throws for a tool whose schema is odd or cannot be used', () => {
    const schemas: Record<string, unknown>[] = [
      {},
      { type: 'object' },
      { type: 'object', properties: { 'a.b[': { type: 'string', pattern: '[' } }, required: ['a.b['] },
      { $ref: '#/$defs/x', $defs: { x: { $ref: '#/$defs/x' } } },
      {
        type: 'object',
        properties: { v: { anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'string' } }] } },
      },
      { $schema: 'https://example.org/none', type: 'object', properties: { v: { $ref: 'https://example.org/other' } } },
    ];
    for (const parameters of schemas) {
      const tools = [{ name: 'odd', description: 'odd', parameters, effect: 'write' as const, polling: false }];
      for (const args of ['{}', '{"v":"5"}', '"a.b[=x"', '["x"]', '{"__proto__":{"v":1},"constructor":2}', 'null']) {
        expect(() => readAction(`{"tool":"odd","arguments":${args}}`, tools, 'json')).not.toThrow();
      }
    }
  });

  it.each([
    ['brackets that never close', '{['.repeat(50_000)],
    ['brackets in brackets', '['.repeat(50_000) + ']'.repeat(50_000)],
    ['quotes', '"'.repeat(100_000)],
    ['backslashes', `{"tool":"${'\\'.repeat(100_000)}`],
    ['escaped braces', '{\\"'.repeat(30_000)],
    ['words and commas', `{a:${'word, '.repeat(16_000)}`],
    ['tags', `${'<invoke name="a">'.repeat(5_000)}</x>`],
    ['thoughts', '<think>'.repeat(14_000)],
  ])(
    'is read in time that a turn does not notice: %s',
    (_name, output) => {
      expect(actionOf(output)).toBeNull();
    },
    5_000,
  );
});

describe('a malformed action', () => {
  it('is recovered where it can only mean one thing, and no other action is run', () => {
    for (const seed of [11, 12, 13]) {
      const all = malformed(12, seed);
      const holds = all.filter(({ intended }) => intended !== null);
      const right = holds.filter(({ output, intended }) => {
        const action = actionOf(output);
        return action !== null && canonicalJson(action) === canonicalJson(intended);
      });
      const wrong = all.filter(({ output, intended }) => {
        const action = actionOf(output);
        return action !== null && (intended === null || canonicalJson(action) !== canonicalJson(intended));
      });
      expect(wrong).toEqual([]);
      expect(right.length / holds.length).toBeGreaterThanOrEqual(0.97);
    }
  });

  it('says on which rung it was mended, and what was', () => {
    expect(read(`{'tool': 'search', 'arguments': {'query': 'x',}}`)).toMatchObject({ ok: true, rung: 'syntax' });
    expect(read('{"tool":"Search","arguments":{"query":"x","limit":"5"}}')).toEqual({
      ok: true,
      action: search('x', { limit: 5 }),
      rung: 'shape',
      notes: ['tool "Search" is search', 'search.limit is of type integer'],
    });
  });

  it.each([
    ['a text that breaks off', '{"tool":"search","arguments":{"query":"the capital of Fra'],
    ['a text that breaks off and was closed', '{"tool":"read_file","arguments":{"path":"/etc/pas}}'],
    ['a number that breaks off', '{"tool":"search","arguments":{"query":"x","limit":1'],
    ['a list that breaks off', '{"tool":"tag_items","arguments":{"tags":["a"],"ids":[1'],
    ['arguments that could go on', '{"tool":"search","arguments":{"query":"x"'],
    ['a value that is missing', '{"tool":"search","arguments":{"query":"x","limit":}}'],
    ['a number torn in two', '{"tool":"tag_items","arguments":{"tags":["a"],"ids":[5\n3,279]}}'],
    ['two texts torn together', '{"tool":"tag_items","arguments":{"ids":[1],"tags":["to do,"x"]}}'],
    ['a key given twice', "{'tool':'search','tool':'list_tables','arguments':{'query':'x'}}"],
    ['two tools named', '{"tool":"search","name":"list_tables","arguments":{"query":"x"}}'],
    ['an escape that is none', '{"tool":"read_file","arguments":{"path":"C:\\data\\new.txt"}}'],
    ['an opposite of its name', '{"tool":"unsend_message","arguments":{"to":"bob","body":"x"}}'],
    ['a field that could hold it back', '{"tool":"send_message","arguments":{"to":"bob","body":"x","dry_run":true}}'],
    ['a field mangled beyond a slip', '{"tool":"search","arguments":{"query":"x","limitoolt":2}}'],
    ['a list in one text', '{"tool":"tag_items","arguments":{"ids":[1],"tags":"a, b"}}'],
    ['a denial', 'I will not call {"tool":"list_tables","arguments":{}}'],
    ['an example', 'For example: {"tool":"list_tables","arguments":{}}'],
    ['a thought', '<think>{"tool":"list_tables","arguments":{}}</think>'],
    ['a choice', '{"tool":"list_tables","arguments":{}} or {"tool":"search","arguments":{"query":"x"}}'],
    ['a call and an answer', '{"tool":"list_tables","arguments":{},"answer":"42"}'],
    ['a name in its only text', '{"tool":"read_file","arguments":"path=a.md"}'],
    [
      'an escaped action in a text that breaks off',
      '{"tool":"send_message","arguments":{"to":"bob","body":"{\\"tool\\":\\"list_tables\\",\\"arguments\\":{}}',
    ],
    ['a tool and one that is none', '{"tool":"launch_rocket","name":"list_tables","arguments":{}}'],
    ['an action, and a line of another', '{"tool":"list_tables","arguments":{}}\nAction: search[x]'],
    ['the name of a variable', 'search(query)'],
    ['a version as a number', '{"tool":"search","arguments":{"query":1.10}}'],
    ['what was left out', '{"tool":"search","arguments":{"query":"x", ...}}'],
  ])('is not run where it could mean another: %s', (_name, output) => {
    expect(actionOf(output)).toBeNull();
  });

  it.each([
    ['a line of ReAct', 'x\nAction: list_tables[]\nFinal Answer: 42'],
    ['an element', '<invoke name="list_tables"></invoke>'],
    ['a thought', '<think>no</think> yes'],
    ['an entity', 'say {&quot;a&quot;}'],
    ['a call of Python', 'list_tables()'],
    ['an argument', 'a, limit=5, b'],
  ])('keeps a text as it is that looks like something else: %s', (_name, query) => {
    const fenced = `\`\`\`json\n${JSON.stringify(written(search(query)), null, 2)}\n\`\`\``;
    expect(actionOf(fenced)).toEqual(search(query));
    if (!query.includes('\n')) expect(actionOf(`search(query=${JSON.stringify(query)})`)).toEqual(search(query));
  });

  it('is run before what the model made up of it', () => {
    const call = JSON.stringify(written(search('x')));
    expect(actionOf(`${call}\nObservation: 42\nFinal Answer: 42`)).toEqual(search('x'));
    expect(actionOf('Action: search[x]\nObservation: {"tool":"list_tables","arguments":{}}')).toEqual(search('x'));
  });

  it('that was not closed is run where the model is known to have ended by itself, and never where it was cut', () => {
    const open = '{"tool":"search","arguments":{"query":"x","limit":5';
    expect(actionOf(open, false)).toEqual(search('x', { limit: 5 }));
    expect(actionOf('{"tool":"search","arguments":{"query":"x', false)).toBeNull();
    const whole = '{"tool":"search","arguments":{"query":"x"}';
    expect(actionOf(whole)).toEqual(search('x'));
    expect(actionOf(whole, true)).toBeNull();
  });

  it('is told what is wrong with it, and how it should be', () => {
    const told = (output: string) => {
      const reading = read(output);
      return reading.ok ? '' : reading.problem;
    };
    expect(told('{"tool":"send_message","arguments":{"to":"bob"}}')).toMatch(
      /send_message: arguments must have required property 'body'/,
    );
    expect(told('{"tool":"launch","arguments":{}}')).toMatch(/no tool "launch"; there are search, read_file/);
    expect(told('Hello.')).toMatch(/holds no action\. Give one JSON object/);
  });
});

describe('several actions at once', () => {
  it('give the first, for the others may depend on what comes of it', () => {
    const [first, second] = [search('x'), { kind: 'call', tool: 'list_tables', arguments: {} } as const].map((one) =>
      JSON.stringify(written(one)),
    );
    for (const output of [`${first}\n${second}`, `[${first},${second}]`, `${first}\nObservation: 3 hits\n${second}`]) {
      expect(read(output)).toMatchObject({ ok: true, action: search('x'), rung: 'shape' });
    }
  });
});

describe('the simple format', () => {
  const simple = (output: string) => readAction(output, TOOLS, 'simple');

  it('is a line for the tool and one for each argument, with the types of its schema', () => {
    expect(simple('tool: search\nquery: what: exactly?\nlimit: 5')).toMatchObject({
      ok: true,
      action: search('what: exactly?', { limit: 5 }),
    });
    expect(simple('answer: It is 42.\nNo more.')).toEqual({
      ok: true,
      action: { kind: 'answer', text: 'It is 42.\nNo more.' },
      rung: 'none',
      notes: [],
    });
  });

  it('takes JSON as well, and refuses two tools', () => {
    expect(simple('{"tool":"search","arguments":{"query":"x"}}')).toMatchObject({ ok: true, action: search('x') });
    expect(simple('tool: search\nquery: x\ntool: list_tables')).toMatchObject({ ok: false });
  });
});
