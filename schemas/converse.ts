import * as z from 'zod';
import { artifactRef, slug } from './common';
import { AGENT_OUTCOMES, agentCitation, agentSettings } from './run-agent';
import { defineStage } from './stage';

const input = z.strictObject({
  name: slug.describe('Name of the conversation: one run at a time for each.'),
  message: z.string().trim().min(1).max(20_000).optional().describe('The first message; others come by `sendMessage`.'),
  untilIdle: z
    .boolean()
    .default(false)
    .describe('End once every message is answered; otherwise it waits for the next one until it is stopped.'),
  ...agentSettings,
});

/** What was said, as the `transcript` query tells it: the last messages, long ones cut. */
export const said = z.strictObject({
  from: z.enum(['user', 'agent']),
  text: z.string(),
  /** Of an answer. */
  outcome: z.enum(AGENT_OUTCOMES).optional(),
});
export type Said = z.output<typeof said>;

/** The answer to one message. */
export const reply = z.strictObject({
  outcome: z.enum(AGENT_OUTCOMES),
  answer: z.string().nullable(),
  citations: z.array(agentCitation),
  /** Why it ended as it did. */
  words: z.string(),
  /** The run that answered. */
  workflowId: z.string(),
});
export type Reply = z.output<typeof reply>;

const output = z.strictObject({
  conversation: z.string(),
  messages: z.int().nonnegative(),
  /** All of it, tools included; null where nothing was said. */
  transcript: artifactRef.nullable(),
});

export const converseStage = defineStage({
  name: 'converse',
  summary: 'A conversation with an agent: each message is a run of its own, and goes on from what was said before.',
  codeVersion: 1,
  endless: { untilIdle: false },
  input,
  output,
  example: { name: 'example', index: 'example', message: 'How do I pause a run?', untilIdle: true },
  subject: ({ name }) => name,
});

export type ConverseInput = z.output<typeof input>;
export type ConverseOutput = z.output<typeof output>;
