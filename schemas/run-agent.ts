import * as z from 'zod';
import { artifactRef, slug } from './common';
import { guardReference } from './guard';
import { defineStage } from './stage';

/** How a run ended. Each says why in its evidence. */
export const AGENT_OUTCOMES = ['answered', 'budget', 'loop_detected', 'refused', 'needs_human', 'failed'] as const;
export type AgentOutcome = (typeof AGENT_OUTCOMES)[number];

/** What a run may use up, in all its runs of a chain together. */
export const agentBudgets = z.strictObject({
  steps: z.int().min(1).max(10_000).default(30).describe('Model calls at most.'),
  tokens: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(200_000)
    .describe('Tokens in and out, of all model calls together.'),
  usd: z
    .number()
    .positive()
    .max(100_000)
    .optional()
    .describe('Money, by the prices of the model in temporal.config.ts; without prices nothing is counted.'),
  minutes: z
    .number()
    .positive()
    .max(43_200)
    .default(30)
    .describe('Time by the clock, less what the run was paused or waited for a person.'),
  callsPerTool: z
    .record(z.string(), z.int().min(0).max(10_000))
    .default({ '*': 50 })
    .describe('Calls of each tool at most, by its name; `*` is for those that are not named.'),
});
export type AgentBudgets = z.output<typeof agentBudgets>;

/** What is done with a sentence of an answer that no passage supports. */
export const agentGrounding = z.enum(['remove', 'mark', 'return', 'off']);
export type AgentGrounding = z.output<typeof agentGrounding>;

/** Fields that a run and a conversation share. */
export const agentSettings = {
  index: slug.default('demo').describe('Alias of the index that the tool `search` asks.'),
  model: slug
    .optional()
    .describe(
      'Name of a model under `agent.models` in temporal.config.ts. Left out: no model, the best sentences are quoted.',
    ),
  tools: z
    .array(z.string().min(1).max(64))
    .max(100)
    .default(['search'])
    .describe(
      'Tools that it may call: search, askPerson, startStage, and those under `agent.tools` in temporal.config.ts.',
    ),
  budgets: agentBudgets.prefault({}),
  grounding: agentGrounding
    .default('remove')
    .describe(
      'What is done with sentences that nothing found supports: remove, mark, return (once, to the model), or off.',
    ),
  approvals: z
    .array(z.string().min(1).max(64))
    .max(100)
    .optional()
    .describe(
      'Tools of which each call waits for a person, by its exact arguments. Left out: every tool that changes something.',
    ),
  waitDays: z.number().positive().max(365).default(7).describe('Days that it waits for a person before it ends.'),
  onQuarantine: z
    .enum(['withhold', 'hold'])
    .default('withhold')
    .describe(
      'What is done with a text of a tool or document that the guard quarantines: `withhold` keeps it from the model and goes on; `hold` waits for a person, who reads it and approves or rejects it.',
    ),
  guard: guardReference.optional().describe('A guard that trainGuard has made. Left out: the rules alone.'),
  system: z.string().max(20_000).default('').describe('What the model is told before everything else.'),
  user: z.string().max(200).optional().describe('Who asks, for the risk score of the guard.'),
};

const input = z.strictObject({
  question: z.string().trim().min(1).max(20_000).describe('The question, or the task.'),
  name: slug.optional().describe('Name of the run: one at a time for each. Left out: made from the question.'),
  ...agentSettings,
  continues: artifactRef
    .optional()
    .describe('Transcript of an earlier run that this one goes on from, from its output.'),
});

/** Tokens, money and calls of a run so far. */
export const agentUsage = z.strictObject({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  /** By the prices of the model in the configuration; 0 where it has none. */
  usd: z.number().nonnegative(),
  modelCalls: z.int().nonnegative(),
  toolCalls: z.record(z.string(), z.int().nonnegative()),
  /** By the clock, less waiting for people. */
  minutes: z.number().nonnegative(),
});
export type AgentUsage = z.output<typeof agentUsage>;

/** A sentence of the answer and what it rests on; offsets count UTF-16 units. */
export const agentCitation = z.strictObject({
  /** Where the sentence stands in the answer. */
  sentence: z.strictObject({ from: z.int().nonnegative(), to: z.int().nonnegative() }),
  document: z.string(),
  title: z.string(),
  /** Where its support stands in the text that was found. */
  from: z.int().nonnegative(),
  to: z.int().nonnegative(),
});
export type AgentCitation = z.output<typeof agentCitation>;

/** Why a run ended as it did. */
export const agentEvidence = z.strictObject({
  /** What decided: a budget, a rule of the loop detector, the guard, an error's code. */
  rule: z.string(),
  /** The same in words. */
  words: z.string(),
  /** Steps that show it. */
  turns: z.array(z.int().nonnegative()).default([]),
});
export type AgentEvidence = z.output<typeof agentEvidence>;

const output = z.strictObject({
  outcome: z.enum(AGENT_OUTCOMES),
  /** The answer, or the best so far where the run ended early; null where there is none. */
  answer: z.string().nullable(),
  citations: z.array(agentCitation),
  /** Sentences of the answer that were checked, and how many nothing supports. */
  grounding: z.strictObject({ sentences: z.int().nonnegative(), unsupported: z.int().nonnegative() }).nullable(),
  evidence: agentEvidence,
  usage: agentUsage,
  steps: z.int().nonnegative(),
  /** Malformed actions by how they were mended: syntax, shape, asked again, in a simpler format, not at all. */
  repairs: z.record(z.string(), z.int().nonnegative()),
  /** What answered, and whether it is a model at all. */
  answeredBy: z.string(),
  transcript: artifactRef,
});

export const runAgentStage = defineStage({
  name: 'runAgent',
  summary: 'Answers a question with tools: durable, within budgets, and every sentence checked against what was found.',
  codeVersion: 1,
  answers: true,
  input,
  output,
  example: { question: 'How do I pause a run?', index: 'example', name: 'example' },
  subject: ({ name, question }) => name ?? nameOfQuestion(question),
});

export type RunAgentInput = z.output<typeof input>;
export type RunAgentOutput = z.output<typeof output>;

// Long enough to be recognised, and to leave room for the hash.
const NAME_LENGTH = 40;

/** The first words of a question and a hash of all of it, as a slug. */
function nameOfQuestion(question: string): string {
  const words = question.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${words.slice(0, NAME_LENGTH).replace(/^-+|-+$/g, '') || 'question'}-${fnv1a(question)}`;
}

/** FNV-1a of 32 bits, http://www.isthe.com/chongo/tech/comp/fnv/, over UTF-16 units, in hexadecimal. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
