import * as z from 'zod';
import { passage } from './agent';
import { datasetReference, slug } from './common';

/** Where cases come from. */
export const caseSet = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .describe('JSON Lines or YAML inside a source root. One of `path` and `dataset`.'),
    dataset: datasetReference
      .optional()
      .describe('Dataset of a registered version: the text of each document is one case, as a line of JSON.'),
    task: slug.optional().describe('Task of the cases that name none. Left out where there is only one task.'),
  })
  .refine(({ path, dataset }) => (path === undefined) !== (dataset === undefined), 'name one of `path` and `dataset`');
export type CaseSet = z.output<typeof caseSet>;

const text = z.string().min(1).max(200_000);

/** A message of a conversation that a case asks. */
const chatMessage = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: text });
export type ChatMessage = z.output<typeof chatMessage>;

/** What a slice may be called by: `{ "language": "de", "topic": "billing" }`. */
const sliceValue = z.union([z.string().min(1).max(64), z.number(), z.boolean()]).transform(String);

/**
 * One case as a person writes it. What is asked stands in one of `input`, `question`, `query`, `text` (the same, by the word that
 * fits the task) and `messages`.
 */
export const caseLine = z.strictObject({
  id: z.string().min(1).max(128),
  task: slug.optional(),
  input: text.optional(),
  question: text.optional(),
  query: text.optional(),
  text: text.optional(),
  messages: z.array(chatMessage).min(1).max(200).optional(),
  /** What the answer is to rest on: a text, or passages with the ids of their documents. */
  context: z.union([text, z.array(passage).min(1).max(100)]).optional(),
  /** Text files inside a source root that belong to what is asked; they are read with the case. */
  files: z.array(z.string().min(1).max(4_096)).max(20).optional(),
  choices: z.array(text).min(2).max(50).optional(),
  /** A label, a right answer or several, ids of documents, or a gain for each. */
  expected: z
    .union([
      z.string().max(20_000),
      z.array(z.string().min(1).max(20_000)).max(1_000),
      z.record(z.string().min(1), z.number().nonnegative().max(1_000)),
    ])
    .optional(),
  slices: z.record(slug, sliceValue).default({}),
});
export type CaseLine = z.output<typeof caseLine>;

/** Fields that say what is asked, of which a case has one. */
export const ASKED_FIELDS = ['input', 'question', 'query', 'text', 'messages'] as const;

/** Slices that are computed where a case does not name them: the language of what is asked (ISO 639-1), and its length. */
export const COMPUTED_SLICES = ['language', 'length'] as const;

/** One case as it is kept in the plan of a run. */
export const evaluationCase = z.strictObject({
  id: z.string(),
  task: slug,
  /** What is asked, as one text; the last message of a conversation. */
  input: z.string(),
  /** The whole conversation, where the case has one. */
  messages: z.array(chatMessage).nullable(),
  passages: z.array(passage),
  choices: z.array(z.string()),
  /** Right answers, or the right label; empty where there is none. */
  answers: z.array(z.string()),
  /** Gains of documents, for rankings. */
  gains: z.record(z.string(), z.number()),
  slices: z.record(z.string(), z.string()),
});
export type EvaluationCase = z.output<typeof evaluationCase>;
