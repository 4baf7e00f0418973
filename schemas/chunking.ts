import * as z from 'zod';

const maxTokens = z.int().min(16).max(512);
const overlapSentences = z
  .int()
  .min(0)
  .max(8)
  .default(1)
  .describe('Sentences repeated at the start of the next chunk, so that none loses its lead-in.');
// What is optional here has its default in the code: an input of before these options were there stays the same work.
const context = z
  .enum(['headings', 'title', 'none'])
  .optional()
  .describe(
    'What is put before the text of a chunk when it is embedded, and searched beside it: the title and the headings ' +
      'that it stands under (the default), the title, or nothing.',
  );

/** Whole sentences, list items and code blocks, as many as fit. The default. */
const sentences = z.strictObject({
  kind: z.literal('sentences').optional().describe('Chunks of whole sentences with an overlap; the default.'),
  maxTokens: maxTokens
    .default(192)
    .describe(
      'Longest chunk in model tokens. MiniLM sees 512 at most and was trained on 128; 192 keeps a paragraph whole.',
    ),
  overlapSentences,
  context,
});

/** Small chunks are searched, and what they stand in is returned. */
const parents = z.strictObject({
  kind: z.literal('parents').describe('Small chunks are searched; a hit brings the section or document around it.'),
  maxTokens: maxTokens.default(96).describe('Longest chunk that is searched, in model tokens.'),
  overlapSentences,
  context,
  parent: z
    .enum(['section', 'document'])
    .default('section')
    .describe('What a hit brings: all under the same headings, or the whole document.'),
  maxParentChars: z
    .int()
    .min(500)
    .max(100_000)
    .default(6_000)
    .describe('Longest text that a hit brings, in characters; of a longer one what is nearest to the hit.'),
});

/** Questions with their answers, never torn apart where the model can see both. */
const pairs = z.strictObject({
  kind: z
    .literal('pairs')
    .describe(
      'A question with its answer is one chunk: a heading that ends in a question mark with what stands below it, or, ' +
        'where there is none, the title (the question) with the text (the answer).',
    ),
  embed: z
    .enum(['both', 'question'])
    .default('both')
    .describe('Whether a pair is found by meaning through the question and the answer, or the question alone.'),
  maxTokens: maxTokens
    .default(192)
    .describe('Longest chunk of what is no pair, or of a pair that the model can not see whole.'),
  overlapSentences,
});

/** Documents that are not cut. */
const whole = z.strictObject({
  kind: z
    .literal('whole')
    .describe(
      'Documents are not cut (up to about 8,000 tokens); of a long one only the beginning is found by meaning.',
    ),
  context,
});

/** One way to cut a document. */
const cut = z.discriminatedUnion('kind', [sentences, parents, pairs, whole]);
export type Cut = z.infer<typeof cut>;
export type SentenceCut = z.infer<typeof sentences>;
export type ParentCut = z.infer<typeof parents>;
export type PairCut = z.infer<typeof pairs>;

const sources = z
  .array(
    z.strictObject({
      match: z
        .string()
        .min(1)
        .max(500)
        .describe('Sources that this is for: a prefix, or a pattern with * (no slash), ** (anything) and ?.'),
      chunking: cut,
    }),
  )
  .max(50)
  .optional()
  .describe('Other ways for some sources; the first that matches counts.');

/** How documents are cut for embedding. */
export const chunking = z.discriminatedUnion('kind', [
  sentences.extend({ sources }),
  parents.extend({ sources }),
  pairs.extend({ sources }),
  whole.extend({ sources }),
]);
export type Chunking = z.infer<typeof chunking>;
