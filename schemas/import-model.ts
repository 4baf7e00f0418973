import * as z from 'zod';
import { outcome, sha256Hex, slug } from './common';
import { licence, modelFacts, modelKind, modelVersion } from './models';
import { defineStage } from './stage';

const input = z.strictObject({
  source: z
    .string()
    .regex(
      /^(?!hub:)(?!encoder:).+$|^hub:[\w.-]+(\/[\w.-]+)?(@[\w./-]+)?$|^encoder:[a-z0-9][a-z0-9._-]{0,62}$/,
      'must be a path, s3://bucket/prefix, hub:org/name@revision or encoder:name',
    )
    .describe(
      'A folder in Hugging Face layout inside a source root, s3://bucket/prefix, hub:org/name@revision, or encoder:NAME for the weights of an encoder of temporal.config.ts.',
    ),
  name: slug.describe('Name of the model; each run publishes its next version.'),
  licence: licence
    .optional()
    .describe('Licence of the model, instead of what its card states; "unknown" takes a model that states none.'),
  kind: modelKind.optional().describe('What the model is for, where its class does not say.'),
  force: z.boolean().default(false).describe('Do the work again although it was done before.'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('Only check the model by its headers, and say whether it was imported before.'),
});

/** What is taken over of a model. */
export const modelCounts = z.strictObject({
  files: z.int().nonnegative(),
  /** Pickles, code and other formats, which stay behind. */
  leftOut: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  tensors: z.int().nonnegative(),
  parameters: z.int().nonnegative(),
});
export type ModelCounts = z.infer<typeof modelCounts>;

/** What was found at the source. */
export const foundModel = modelFacts.extend({ source: z.string(), licence });
export type FoundModel = z.infer<typeof foundModel>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: modelCounts,
  found: foundModel,
  /** Absent after a dry run. */
  model: modelVersion.optional(),
});

export const importModelStage = defineStage({
  name: 'importModel',
  summary: 'Checks a pre-trained model, fetches it and registers it as the next version of a name, with its licence.',
  codeVersion: 1,
  input,
  output,
  // The weights that every index needs are there on any machine, with or without a hub.
  example: { source: 'encoder:default', name: 'example', licence: 'apache-2.0' },
  subject: (parsed) => parsed.name,
});

export type ImportModelInput = z.output<typeof input>;
export type ImportModelOutput = z.output<typeof output>;
