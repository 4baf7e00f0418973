import type { AgentAction, ToolSpec } from '../../../schemas/agent';
import { canonicalJson } from '../../kit/canonical-json';
import { onlyClosersMissing } from './cut';
import { fitCall, understand, type Understood } from './fit';
import { lineOrElementAt, readElements, readPython, readReact, readSimple } from './plain-text';
import { isSchema } from './schema';
import { type Found, isShallow, parseText, valuesIn } from './values';

/** How actions are written: one JSON object, or lines of `name: value` for models that cannot keep JSON together. */
export type ActionFormat = 'json' | 'simple';

/** `none`: well formed; `syntax`: its text was mended; `shape`: its fields, names or types were. */
export type Rung = 'none' | 'syntax' | 'shape';

export type ActionReading =
  { ok: true; action: AgentAction; rung: Rung; notes: string[] } | { ok: false; problem: string; rung: Rung };

/** Characters of an output that is mended; one that is well formed may be longer. */
const LONGEST = 200_000;

/** What says before a value that it is not to be done: a denial, or an example. */
const NOT_MEANT =
  /(?:\b(?:not|never|don['’]?t|avoid|without|instead of|rather than|refrain from)\s+(?:\w+ing\s+|call\s+|use\s+|run\s+|do\s+|send\s+|execute\s+)?(?:this|it|the tool|the call|like)?|\b(?:for example|e\.g\.|for instance|such as|an example(?: would be)?|the format(?: is)?)|不要|不应|例如|比如|格式(?:是|为)?)[\s:：,"'`(]*(?:```\w*\s*)?$/iu;

/** What may stand between actions that were meant one after the other. */
const QUIET =
  /^(?:[\s,;，；、.:：\d)(\-*>#\]]|```\w*|<\/?\w+>|<\|[^|]*\|>|\b(?:then|and|next|after that|finally|step)\b|然后|接着|再)*$/iu;

/** The name of a tool right before its arguments: `functions.search:0 {…}`, `to=search<|message|>{…}`. */
const HEADED = /(?:functions\.)?\b([A-Za-z][\w-]*)(?::\d+)?[\s:：]*(?:<\|[^|]*\|>\s*(?:json)?\s*)*$/u;

const MADE_UP = /\b(?:observation|tool_response|tool_result|result|output|response)\b\W*[:：>]|观察/iu;

/** What to tell a model of each format, in a prompt and where it did not keep to it. */
export const FORMAT_INSTRUCTIONS: Record<ActionFormat, string> = {
  json: 'Give one JSON object, {"tool": "NAME", "arguments": {…}} or {"answer": "…"}, and nothing else.',
  simple: 'Give a line "tool: NAME" and a line "field: value" for each argument, or "answer: …", and nothing else.',
};

interface Candidate {
  found: Found;
  actions: Understood[];
}

const isAction = (one: Understood): one is Extract<Understood, { action: AgentAction }> => 'action' in one;

const THOUGHT = /<(think|thinking|reasoning|scratchpad)>/iu;
const THOUGHT_END = /<\/(?:think|thinking|reasoning|scratchpad)>/iu;
const MOST_THOUGHTS = 50;

/** A text without its thoughts. Behind a bracket, or a quote that is open, a tag is part of a value. */
function withoutThoughts(text: string): string {
  let kept = text;
  for (let left = MOST_THOUGHTS; left > 0; left -= 1) {
    const begin = THOUGHT.exec(kept);
    const end = THOUGHT_END.exec(kept);
    // Some templates hold the first tag themselves.
    if (!begin) return end ? kept.slice(end.index + end[0].length) : kept;
    const before = kept.slice(0, begin.index);
    if (/[{[]/u.test(before) || before.endsWith("'") || before.split('"').length % 2 === 0) return kept;
    const close = THOUGHT_END.exec(kept.slice(begin.index));
    kept = close ? `${before} ${kept.slice(begin.index + close.index + close[0].length)}` : before;
  }
  return '';
}

/** An output without what no reading needs: marks of byte order, controls, thoughts. */
function cleaned(output: string): string {
  const plain = output
    .slice(0, LONGEST)
    .replace(/\uFEFF/gu, '')
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/gu, '');
  const text = withoutThoughts(plain).trim();
  return text.includes('"') ? text : text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

/** The only action of a text that is one JSON value as a whole, or null. */
function wellFormed(output: string, tools: readonly ToolSpec[]): ActionReading | null {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    return null;
  }
  if (!isShallow(value)) return null;
  const [first, ...others] = understand(value, tools, parseText);
  return first && isAction(first) && first.exact && others.length === 0
    ? { ok: true, action: first.action, rung: 'none', notes: [] }
    : null;
}

/** Which of several actions was meant, if that is sure. */
function chosen(
  candidates: Candidate[],
  text: string,
): { one: Understood; from: Found; notes: string[] } | { problem: string } {
  const all = candidates.flatMap(({ found, actions }) => actions.map((one) => ({ one, from: found })));
  const first = all[0]!;
  const told = (one: Understood) => (isAction(one) ? canonicalJson(one.action) : one.problem);
  if (all.every(({ one }) => told(one) === told(first.one))) return { ...first, notes: [] };
  if (!isAction(first.one)) return { problem: first.one.problem };
  if (first.one.action.kind === 'answer') return { problem: 'it holds an answer and goes on with other actions' };
  // Written one after the other, the first is what is to be done next; with words in between it may have been taken back.
  const gaps = candidates.slice(1).map(({ found }, at) => text.slice(candidates[at]!.found.end, found.from));
  const sure = gaps.length === 0 || QUIET.test(gaps[0]!) || MADE_UP.test(gaps[0]!);
  if (!sure) return { problem: `it holds ${all.length} actions, and which one is meant is not sure` };
  return { ...first, notes: [`the first of ${all.length} actions: the others may depend on what comes of it`] };
}

function fromValues(
  text: string,
  values: readonly Found[],
  tools: readonly ToolSpec[],
  cut: boolean | undefined,
): ActionReading | null {
  const candidates = values.flatMap((found): Candidate[] => {
    const actions = understand(found.value, tools, parseText);
    if (actions.length > 0) return [{ found, actions }];
    const headed = HEADED.exec(text.slice(Math.max(0, found.from - 120), found.from));
    const tool = headed && isSchema(found.value) ? tools.find(({ name }) => name === headed[1]) : undefined;
    if (!headed || !tool || found.cut !== null) return [];
    const call = fitCall(tool, found.value, parseText);
    return [
      {
        found: { ...found, from: found.from - headed[0].length },
        actions: ['action' in call ? { ...call, exact: false } : call],
      },
    ];
  });
  // A last one that broke off is no reason to doubt a whole one before it.
  const last = candidates[candidates.length - 1];
  if (candidates.length > 1 && last?.found.cut && !last.found.cut.left) candidates.pop();
  if (candidates.length === 0) return null;
  const choice = chosen(candidates, text);
  if ('problem' in choice) return { ok: false, problem: choice.problem, rung: 'shape' };
  const { one, from, notes } = choice;
  if (from.doubt !== null) return { ok: false, problem: `it can be read in two ways: ${from.doubt}`, rung: 'syntax' };
  if (!isAction(one)) return { ok: false, problem: one.problem, rung: 'shape' };
  const { action } = one;
  const tool = action.kind === 'call' ? (tools.find(({ name }) => name === action.tool) ?? null) : null;
  if ((cut === true && from.cut !== null) || !onlyClosersMissing(from, tool, cut === false)) {
    return { ok: false, problem: 'it breaks off, and what was to follow is not known', rung: 'syntax' };
  }
  const before = text.slice(Math.max(0, from.from - 80), from.from);
  if (NOT_MEANT.test(before)) return { ok: false, problem: 'the action in it is not said to be meant', rung: 'shape' };
  const around = text.slice(0, from.from).trim() !== '' || text.slice(from.end).trim() !== '';
  const all = [...(around ? ['text around the action was left out'] : []), ...notes, ...one.notes];
  return {
    ok: true,
    action,
    rung: one.exact && notes.length === 0 ? 'syntax' : 'shape',
    notes: all,
  };
}

/**
 * The action that a model's output holds, mended where it is malformed and can only mean one thing; else what to tell the
 * model. An action that is returned names a tool of the list and fits its schema. Of several actions written one after
 * the other the first is taken, since the others may depend on its result; where words in between could take it back, a
 * value breaks off inside a text, number or list, or names are not sure, none is. `cut`: whether the provider
 * said that the output ran into its limit; left out where it did not say. Never throws, whatever the output.
 */
export function readAction(
  output: string,
  tools: readonly ToolSpec[],
  format: ActionFormat,
  { cut }: { cut?: boolean } = {},
): ActionReading {
  if (format === 'json') {
    const plain = wellFormed(output, tools);
    if (plain) return plain;
  }
  const text = cleaned(output);
  const reading = read(text, tools, format, cut);
  if (reading.ok) return reading;
  return {
    ...reading,
    problem: `That is no action that can be run: ${reading.problem}. ${FORMAT_INSTRUCTIONS[format]}`,
  };
}

/** A text without the fence around it. */
const unfenced = (text: string): string => text.replace(/^```\w*\n|\n?```$/gu, '');

/** The text that was written as a JSON string, with or without its quotes, or null. */
function quotedText(text: string): string | null {
  const from = text.search(/\{\s*\\"/u);
  // Behind a bracket or a quote it is a text within a value.
  const within = /[{["]/u.test(text.slice(0, Math.max(0, from)));
  const escaped = from === -1 || within ? undefined : text.slice(from, text.lastIndexOf('}') + 1);
  if (!text.startsWith('"') && escaped === undefined) return null;
  try {
    const inner: unknown = JSON.parse(text.startsWith('"') ? text : `"${escaped!.replaceAll('\n', '\\n')}"`);
    return typeof inner === 'string' ? inner.trim() : null;
  } catch {
    return null;
  }
}

const told = (one: Understood, rung: Rung): ActionReading =>
  isAction(one)
    ? { ok: true, action: one.action, rung, notes: one.notes }
    : { ok: false, problem: one.problem, rung: 'shape' };

/** What lines of ReAct or elements of a call ask for, or null. */
function fromLines(text: string, tools: readonly ToolSpec[], cut: boolean | undefined): ActionReading | null {
  const [element, ...more] = readElements(text, tools, parseText);
  if (element) {
    const notes = more.length > 0 ? [`the first of ${more.length + 1} actions`] : [];
    return told(isAction(element) ? { ...element, notes: [...element.notes, ...notes] } : element, 'shape');
  }
  const react = readReact(text, tools, parseText);
  if (!react) return null;
  return cut ? { ok: false, problem: 'it breaks off', rung: 'syntax' } : told(react, 'shape');
}

function read(text: string, tools: readonly ToolSpec[], format: ActionFormat, cut: boolean | undefined): ActionReading {
  if (format === 'simple' && !cut) {
    const simple = readSimple(text, tools, parseText);
    if (simple) return told(simple, isAction(simple) && simple.exact && simple.notes.length === 0 ? 'none' : 'shape');
  }
  const inner = quotedText(text);
  if (inner !== null) return read(inner, tools, format, cut);
  if (
    /^["'“]?(?:tool|tool_name|name|action|function|kind|answer)["'”]?\s*:\s*["'“]/u.test(text) &&
    /\}\s*$/u.test(text)
  ) {
    return read(`{${text}`, tools, format, cut); // its first bracket is missing
  }
  const values = valuesIn(text);
  const line = lineOrElementAt(text);
  // A line or an element within a value is a text of it; behind an action it is what the model made of that.
  const first = values.find(({ value }) => understand(value, tools, parseText).length > 0);
  const stands = line !== -1 && !values.some(({ from, end }) => from <= line && line < end);
  if (stands && (!first || line < first.from)) {
    const other = fromLines(text, tools, cut);
    if (other) return other;
  } else if (stands && first && !MADE_UP.test(text.slice(first.end, line))) {
    return { ok: false, problem: 'it holds more than one action, and which one is meant is not sure', rung: 'shape' };
  }
  const python = first ? null : readPython(unfenced(text), tools, parseText);
  if (python) return cut ? { ok: false, problem: 'it breaks off', rung: 'syntax' } : told(python, 'shape');
  const found = fromValues(text, values, tools, cut);
  if (found) return found;
  const body = unfenced(text);
  const lines = !cut && /^tool\s*:/iu.test(body) ? readSimple(body, tools, parseText) : null;
  if (lines) return told(lines, 'shape');
  return { ok: false, problem: text === '' ? 'it is empty' : 'it holds no action', rung: 'none' };
}
