import type { AgentAction, ToolSpec } from '../../../schemas/agent';
import { canonicalJson } from '../canonical-json';
import { onlyClosersMissing } from './cut';
import { understand, type Understood } from './fit';
import { readElements, readPython, readReact, readSimple } from './plain-text';
import { type Found, parseText, valuesIn } from './values';

/** How actions are written: one JSON object, or lines of `name: value` for models that cannot keep JSON together. */
export type ActionFormat = 'json' | 'simple';

/** `none`: well formed; `syntax`: its text was mended; `shape`: its fields, names or types were. */
export type Rung = 'none' | 'syntax' | 'shape';

export type ActionReading =
  { ok: true; action: AgentAction; rung: Rung; notes: string[] } | { ok: false; problem: string; rung: Rung };

/** Characters of an output that are read; an action is never as long. */
const LONGEST = 200_000;

/** What says before a value that it is not to be done: a denial, or an example. */
const NOT_MEANT =
  /(?:\b(?:not|never|don['’]?t|avoid|without|instead of|rather than|refrain from)\s+(?:\w+ing\s+|call\s+|use\s+|run\s+|do\s+|send\s+|execute\s+)?(?:this|it|the tool|the call|like)?|\b(?:for example|e\.g\.|for instance|such as|an example(?: would be)?|the format(?: is)?)|不要|不应|例如|比如|格式(?:是|为)?)[\s:：,"'`(]*(?:```\w*\s*)?$/iu;

/** What may stand between actions that were meant one after the other. */
const QUIET =
  /^(?:[\s,;，；、.:：\d)(\-*>#\]]|```\w*|<\/?[\w|]+>|<\|[^|]*\|>|\b(?:then|and|next|after that|finally|step)\b|然后|接着|再)*$/iu;

const MADE_UP = /\b(?:observation|tool_response|tool_result|result|output|response)\b\W*[:：>]|观察/iu;

const EXPECTED = {
  json: 'Give one JSON object, {"tool": "NAME", "arguments": {…}} or {"answer": "…"}, and nothing else.',
  simple: 'Give a line "tool: NAME" and a line "field: value" for each argument, or "answer: …", and nothing else.',
};

interface Candidate {
  found: Found;
  actions: Understood[];
}

const isAction = (one: Understood): one is Extract<Understood, { action: AgentAction }> => 'action' in one;

/** An output without what no reading needs: marks of byte order, controls, special tokens, thoughts. */
function cleaned(output: string): string {
  return output
    .slice(0, LONGEST)
    .replace(/\uFEFF/gu, '')
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/gu, '')
    .replace(/<(think|thinking|reasoning|scratchpad)>[\s\S]*?(?:<\/\1>|$)/giu, ' ')
    .replace(/^[\s\S]*<\/(?:think|thinking|reasoning)>/iu, ' ')
    .trim();
}

/** The only action of a text that is one JSON value as a whole, or null. */
function wellFormed(output: string, tools: readonly ToolSpec[]): ActionReading | null {
  let value: unknown;
  try {
    value = JSON.parse(output.slice(0, LONGEST));
  } catch {
    return null;
  }
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

function fromValues(text: string, tools: readonly ToolSpec[], cut: boolean): ActionReading | null {
  const candidates = valuesIn(text).flatMap((found): Candidate[] => {
    const actions = understand(found.value, tools, parseText);
    return actions.length > 0 ? [{ found, actions }] : [];
  });
  // A last one that broke off is no reason to doubt a whole one before it.
  const last = candidates[candidates.length - 1];
  if (candidates.length > 1 && last?.found.cut && !last.found.cut.left) candidates.pop();
  if (candidates.length === 0) return null;
  const choice = chosen(candidates, text);
  if ('problem' in choice) return { ok: false, problem: choice.problem, rung: 'shape' };
  const { one, from, notes } = choice;
  const rung: Rung = from.mended ? 'syntax' : 'shape';
  if (from.doubt !== null) return { ok: false, problem: `it can be read in two ways: ${from.doubt}`, rung: 'syntax' };
  if (!isAction(one)) return { ok: false, problem: one.problem, rung: 'shape' };
  const { action } = one;
  const tool = action.kind === 'call' ? (tools.find(({ name }) => name === action.tool) ?? null) : null;
  if (!onlyClosersMissing(from, tool) || (cut && from.cut !== null)) {
    return { ok: false, problem: 'it breaks off, and what was to follow is not known', rung: 'syntax' };
  }
  const before = text.slice(Math.max(0, from.from - 80), from.from);
  if (NOT_MEANT.test(before)) return { ok: false, problem: 'the action in it is not said to be meant', rung: 'shape' };
  const around = text.slice(0, from.from).trim() !== '' || text.slice(from.end).trim() !== '';
  const all = [...(around ? ['text around the action was left out'] : []), ...notes, ...one.notes];
  return {
    ok: true,
    action,
    rung: one.exact && notes.length === 0 ? 'syntax' : one.exact ? rung : 'shape',
    notes: all,
  };
}

/**
 * The action that a model's output holds, mended where it is malformed and can only mean one thing; else what to tell the
 * model. An action that is returned names a tool of the list and fits its schema. Of several actions written one after
 * the other the first is taken, since the others may depend on its result; where words in between could take it back, a
 * value breaks off inside a text, number or list, or names are not sure, none is. `cut`: the provider said that the
 * output ran into its limit. Never throws, whatever the output.
 */
export function readAction(
  output: string,
  tools: readonly ToolSpec[],
  format: ActionFormat,
  { cut = false }: { cut?: boolean } = {},
): ActionReading {
  if (format === 'json') {
    const plain = wellFormed(output, tools);
    if (plain) return plain;
  }
  const text = cleaned(output);
  const reading = read(text, tools, format, cut);
  if (reading.ok) return reading;
  return { ...reading, problem: `That is no action that can be run: ${reading.problem}. ${EXPECTED[format]}` };
}

/** The text that was written as a JSON string, or null. */
function quotedText(text: string): string | null {
  try {
    const inner: unknown = JSON.parse(text);
    return typeof inner === 'string' ? inner.trim() : null;
  } catch {
    return null;
  }
}

function read(text: string, tools: readonly ToolSpec[], format: ActionFormat, cut: boolean): ActionReading {
  const told = (one: Understood, rung: Rung): ActionReading =>
    isAction(one)
      ? { ok: true, action: one.action, rung, notes: one.notes }
      : { ok: false, problem: one.problem, rung: 'shape' };
  if (format === 'simple' && !cut) {
    const simple = readSimple(text, tools, parseText);
    if (simple) return told(simple, isAction(simple) && simple.exact && simple.notes.length === 0 ? 'none' : 'shape');
  }
  if (text.startsWith('"')) {
    const inner = quotedText(text);
    if (inner !== null) return read(inner, tools, format, cut);
  }
  const elements = readElements(text, tools, parseText);
  if (elements.length > 0) {
    if (elements.length === 1) return told(elements[0]!, 'shape');
    const first = elements[0]!;
    return isAction(first)
      ? {
          ok: true,
          action: first.action,
          rung: 'shape',
          notes: [...first.notes, `the first of ${elements.length} actions`],
        }
      : told(first, 'shape');
  }
  const react = readReact(text, tools, parseText) ?? readPython(text.replace(/^```\w*\n|```$/gu, ''), tools, parseText);
  if (react) return cut ? { ok: false, problem: 'it breaks off', rung: 'syntax' } : told(react, 'shape');
  return (
    fromValues(text, tools, cut) ?? {
      ok: false,
      problem: text === '' ? 'it is empty' : 'it holds no action',
      rung: 'none',
    }
  );
}
