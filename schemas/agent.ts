import * as z from 'zod';

/** What a tool takes and says of itself to the model. */
export const toolSpec = z.strictObject({
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'must be a letter and up to 63 letters, digits, "_" or "-"'),
  description: z.string().min(1),
  /** JSON Schema of its arguments, an object. */
  parameters: z.record(z.string(), z.unknown()),
  /** Whether a call changes something outside: such a call is made at most once for its key, and may need approval. */
  effect: z.enum(['read', 'write']),
  /** Whether asking the same again is its use, as of a job's state: it has a budget of calls and is no loop before. */
  polling: z.boolean().default(false),
});
export type ToolSpec = z.output<typeof toolSpec>;

/** What a model decided to do: one tool call, or the answer that ends the run. */
export const agentAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('call'), tool: z.string(), arguments: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kind: z.literal('answer'), text: z.string() }),
]);
export type AgentAction = z.output<typeof agentAction>;

/** A text that an answer may rest on. */
export const passage = z.strictObject({
  /** Id of the document, or the name of the tool and call that gave the text. */
  document: z.string(),
  title: z.string().default(''),
  text: z.string(),
});
export type Passage = z.output<typeof passage>;
