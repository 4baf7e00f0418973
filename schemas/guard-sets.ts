import * as z from 'zod';
import { datasetReference } from './common';
import { guardSurface } from './guard';

/** Texts that a guard learns from or is tried on. */
export const textSet = z
  .strictObject({
    file: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('JSON Lines inside a configured source root, packed or not. One of `file`, `dataset`, `generated`.'),
    dataset: datasetReference.optional().describe('Dataset that cleanDataset has published: its texts.'),
    generated: z.int().min(1).max(20_000).optional().describe('So many texts made by the grammar of the pack.'),
    field: z.string().min(1).max(128).default('text').describe('Field of the lines of a file that holds the text.'),
    family: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('What they are, for the report. Left out, the field `family` of each line, or a guess by the rules.'),
    surface: guardSurface.exclude(['output']).default('input').describe('Where such texts come from.'),
    limit: z.int().min(1).max(200_000).default(20_000).describe('Texts taken at most, chosen by their hashes.'),
  })
  .refine(
    ({ file, dataset, generated }) => [file, dataset, generated].filter((one) => one !== undefined).length === 1,
    'name one of `file`, `dataset` and `generated`',
  );
export type TextSet = z.output<typeof textSet>;

/** A share of texts, and the 95% interval that it lies in (Wilson). */
export const shareOf = z.strictObject({
  texts: z.int().nonnegative(),
  hits: z.int().nonnegative(),
  share: z.number(),
  low: z.number(),
  high: z.number(),
});
export type Share = z.infer<typeof shareOf>;
