import * as z from 'zod';
import { agentConfig } from './agent-config';
import { slug } from './common';
import { controlConfig } from './control-config';
import { evaluationConfig } from './evaluation-metrics';
import { monitoringConfig } from './monitoring-config';
import { rolloutConfig } from './rollout-config';
import { trainingConfig } from './training-config';

const seconds = (max: number) => z.int().min(1).max(max);

/** How a bucket is reached. */
const bucket = z.strictObject({
  bucket: z.string().min(1),
  region: z.string().default('us-east-1'),
  /** Set for stores that are not Amazon's. */
  endpoint: z.url().optional(),
  forcePathStyle: z.boolean().default(false),
});

/** 64 GiB: larger than any file of a crawl, and smaller than what fills a disk unnoticed. */
const LARGEST_DOWNLOAD = 64 * 2 ** 30;

/** Where artifacts are kept. Credentials of S3 come from the environment, never from here. */
const artifactStore = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('file'),
    /** Folder, relative to the project. Every pool of every host must see the same one. */
    dir: z.string().min(1),
  }),
  bucket.extend({ type: z.literal('s3'), prefix: z.string().default('') }),
]);

/** Name of the encoder under `encoder`. */
export const DEFAULT_ENCODER = 'default';
/** What a rebuild says to have its encoder chosen by the language of its documents. */
export const AUTO_ENCODER = 'auto';

/** How an encoder of texts is found and run. */
const encoderSettings = z.strictObject({
  /** A Hugging Face hub id, a folder with model.onnx and tokenizer.json or weights, or `model:name@version` of the registry. */
  model: z.string().min(1).default('sentence-transformers/all-MiniLM-L6-v2'),
  /**
   * `int8` rounds the model to 8 bits: more than twice as fast on a CPU with VNNI, a quarter of the memory, and vectors
   * that are a little off (cosine 0.993 on average). An index is built and searched with the same. Not for CUDA.
   * `fp16` is for CUDA alone, where it is quicker and takes half of the memory.
   * A folder with a model.onnx of its own is used as it is: then say here what it is. A student of `distillModel` says it itself.
   */
  precision: z.enum(['fp32', 'fp16', 'int8']).default('fp32'),
  /** Threads of one embedding call; `cores` is all of the host's. */
  threads: z.union([z.literal('cores'), z.int().min(1).max(256)]).default('cores'),
});

/** How payloads are encrypted. */
const encryption = z.strictObject({
  /**
   * AES-256 keys, each by the environment variable that holds its 32 bytes in base64 (`llm-pack codec new-key`). The first
   * one encrypts, all of them read: put a new key first, and drop an old one once no history that it wrote is kept.
   */
  keys: z
    .array(z.strictObject({ id: slug, variable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) }))
    .min(1)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'must have a different id each'),
});

/** A name of Temporal's: it joins the two with a colon or, in older servers, a full stop. */
export const deploymentName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_/-]{0,99}$/, 'must be 1 to 100 of A-Z, a-z, 0-9, "/", "_" or "-"');
export const buildId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/, 'must be 1 to 100 of A-Z, a-z, 0-9, ".", "_", "+" or "-"');

/** The workers that run workflows as versions of a deployment. */
const deployment = z.strictObject({
  /** The same for all versions. TEMPORAL_DEPLOYMENT_NAME wins. */
  name: deploymentName.default('llm-pack'),
  /**
   * What tells this version from others; TEMPORAL_WORKER_BUILD_ID wins. Left out it is the version of the package and a hash of the
   * workflows' code. Where activities or settings of your own matter to runs, say the commit.
   */
  buildId: buildId.optional(),
});

/** A run that starts by the clock. */
const schedule = z.strictObject({
  id: slug,
  workflow: z.string(),
  input: z.record(z.string(), z.unknown()),
  /** Five-field cron expression, read in `timezone`. */
  cron: z.string().min(9),
  timezone: z.string().default('UTC'),
  /** What to do when the last run is still going. SKIP suits stages that take all that is new each time. */
  overlap: z.enum(['SKIP', 'BUFFER_ONE', 'ALLOW_ALL']).default('SKIP'),
  /** Starts missed for longer than this are not made up: the next run takes all that is new anyway. */
  catchupSeconds: seconds(7 * 86_400).default(6 * 3600),
  /** Spreads the starts of many schedules that share a minute. */
  jitterSeconds: z.int().min(0).max(3600).default(0),
  paused: z.boolean().default(false),
  note: z.string().default(''),
});
export type ScheduleConfig = z.output<typeof schedule>;

/** The content of temporal.config.ts. Everything has a default; addresses and secrets come from the environment. */
export const packConfig = z.strictObject({
  temporal: z
    .strictObject({
      /** Profile of Temporal's own configuration file; TEMPORAL_PROFILE and the other TEMPORAL_* variables win. */
      profile: z.string().optional(),
    })
    .prefault({}),
  /** Whether what Temporal keeps of a run (inputs, results, messages, errors) is encrypted; plain when left out. */
  encryption: encryption.optional(),
  /** Worker versioning, for deployments during which runs go on; off when left out (docs/deploying.md). */
  deployment: deployment.optional(),
  pools: z
    .strictObject({
      llm: z
        .strictObject({
          workflowTasks: z.int().min(1).max(1000).default(40),
          /** Calls of agents at once on one host, which wait for models and tools. */
          calls: z.int().min(1).max(1000).default(100),
        })
        .prefault({}),
      cpu: z
        .strictObject({
          /** Units that run at once on one host; `cores` is one a core and one more, which waits for the disk meanwhile. */
          slots: z.union([z.literal('cores'), z.int().min(1).max(1024)]).default('cores'),
          shutdownGraceSeconds: seconds(3600).default(30),
        })
        .prefault({}),
      gpu: z
        .strictObject({
          /** Device leases on one host. Without a GPU there is one, and it is the CPU. */
          devices: z.int().min(1).max(64).default(1),
          provider: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
          /** What an hour of such a host costs, in the currency of `training.launchers`: for what a smaller model saves. */
          hostHour: z.number().min(0).max(10_000).default(0),
          shutdownGraceSeconds: seconds(3600).default(60),
        })
        .prefault({}),
    })
    .prefault({}),
  artifacts: artifactStore.prefault({ type: 'file', dir: '.llm-pack/artifacts' }),
  sources: z
    .strictObject({
      /** Folders that `source` may name, relative to the project. Links that leave them are refused. */
      roots: z.array(z.string().min(1)).min(1).default(['.']),
      /** Buckets that `source` may name as `s3://bucket/prefix`. Credentials come from the environment. */
      s3: z.array(bucket.extend({ prefix: z.string().default('') })).default([]),
      /** Addresses below which `source` may lie, redirects included. */
      http: z
        .array(
          z.strictObject({
            url: z.url({ protocol: /^https?$/ }),
            /** A larger file is refused. */
            maxBytes: z.int().positive().default(LARGEST_DOWNLOAD),
            /** Whether the host may have an address of a private network. */
            privateNetwork: z.boolean().default(false),
          }),
        )
        .default([]),
      /** Models of the Hugging Face hub that may be imported: `*` for any, an organisation, or `org/name`. */
      hub: z.array(z.string().regex(/^(\*|[\w.-]+(\/[\w.-]+)?)$/)).default(['*']),
      /** Databases that `source` may name as `postgres:NAME`, each by the environment variable that holds its URL. */
      postgres: z.record(slug, z.strictObject({ urlVariable: z.string().min(1) })).default({}),
    })
    .prefault({}),
  /** The encoder of texts and questions, where an index is for no other. */
  encoder: encoderSettings.prefault({}),
  /**
   * More encoders by name, each with a hub id or a folder as `model`. A rebuild takes the one that its input names, or the
   * one whose `languages` hold that of most documents; whatever else is done with an index takes the one that made it.
   */
  encoders: z
    .record(
      slug,
      encoderSettings.extend({
        model: encoderSettings.shape.model.unwrap(),
        /** ISO 639-1 codes of the languages that it is for, as in `['zh']`; none where it is only taken by name. */
        languages: z.array(z.string().regex(/^[a-z]{2,3}$/)).default([]),
      }),
    )
    .superRefine((encoders, context) => {
      const taken = new Set<string>();
      for (const [name, { languages }] of Object.entries(encoders)) {
        if (name === DEFAULT_ENCODER || name === AUTO_ENCODER) {
          context.addIssue({ code: 'custom', path: [name], message: `"${name}" has a meaning already` });
        }
        for (const language of languages) {
          if (taken.has(language)) {
            const message = `"${language}" is another encoder's already`;
            context.addIssue({ code: 'custom', path: [name, 'languages'], message });
          }
          taken.add(language);
        }
      }
    })
    .default({}),
  /** A cross-encoder as the last stage of `llm-pack search`; none when left out. */
  reranker: z
    .strictObject({
      /** A Hugging Face hub id, or a folder with model.onnx and tokenizer.json. */
      model: z.string().min(1),
      /** Documents that it reads: each costs as much as embedding one anew. */
      documents: z.int().min(1).max(100).default(20),
      threads: z.union([z.literal('cores'), z.int().min(1).max(256)]).default('cores'),
    })
    .optional(),
  index: z
    .strictObject({
      /** Indexes kept behind the live one, for going back. */
      keepOld: z.int().min(0).max(10).default(1),
      shards: z.int().min(1).max(64).default(1),
      replicas: z.int().min(0).max(5).default(0),
      /** Vectors kept in PostgreSQL so that no text is embedded twice, whichever index it is for. */
      embeddingCache: z
        .strictObject({
          /** About 2 KB each with 384 dimensions; 0 keeps none. The least recently used go first. */
          maxVectors: z.int().min(0).max(100_000_000).default(1_000_000),
          /** What was not asked for in so many days goes. */
          keepDays: z.int().min(1).max(3_650).default(90),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Models and tools of agents. */
  agent: agentConfig.prefault({}),
  /** Where models are trained. */
  training: trainingConfig.prefault({}),
  /** What evaluations bring along: metrics of your own. */
  evaluation: evaluationConfig.prefault({}),
  /** What rollouts of strategies look at. */
  rollout: rolloutConfig.prefault({}),
  /** What set-point control looks at. */
  control: controlConfig.prefault({}),
  /** How workers are watched. */
  monitoring: monitoringConfig.prefault({}),
  /** ISO 4217 code of the currency that every price here is in. */
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD'),
  schedules: z.array(schedule).default([]),
});
export type EncoderSettings = PackConfig['encoder'];
/** In what numbers an encoder computes. */
export type Precision = EncoderSettings['precision'];
/** What temporal.config.ts writes. */
export type PackConfigInput = z.input<typeof packConfig>;
/** The same with every default filled in. */
export type PackConfig = z.output<typeof packConfig>;
