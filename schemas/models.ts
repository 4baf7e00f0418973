import * as z from 'zod';
import { artifactRef, slug } from './common';

/** A model by its name, for the latest version, as `name@version`, or as `name@production` for the one that is live. */
export const modelReference = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}(@([1-9][0-9]{0,8}|production))?$/,
    'must be a model name, name@version or name@production',
  );

/** What a model is for. `moe` is a causal model whose layers hold experts. */
export const MODEL_KINDS = ['causal-lm', 'moe', 'reward', 'classifier', 'encoder', 'other'] as const;
export const modelKind = z.enum(MODEL_KINDS);
export type ModelKind = z.infer<typeof modelKind>;

/** As the owner of a model states it, such as `apache-2.0`; `unknown` is allowed where somebody says so. */
export const licence = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 .+_-]{0,99}$/, 'must be the name of a licence, such as apache-2.0');

/** What is known of a model from its own files. */
export const modelFacts = z.strictObject({
  kind: modelKind,
  /** Class in `config.json`, such as `LlamaForCausalLM`. */
  architecture: z.string().min(1),
  /** Numbers in the weights, each once: tied weights are stored once. */
  parameters: z.int().positive(),
});
export type ModelFacts = z.infer<typeof modelFacts>;

/** A registered version of a model in Hugging Face layout. */
export const modelVersion = modelFacts.extend({
  name: slug,
  version: z.int().positive(),
  artifact: artifactRef,
  licence,
  /** Where it comes from: `hub:org/name@commit`, `path:…`, `s3://…`, `encoder:…`, or the work that trained it. */
  source: z.string().min(1),
  /** The version that it was trained from, as `name@version`. */
  base: z.string().nullable(),
});
export type ModelVersion = z.infer<typeof modelVersion>;
