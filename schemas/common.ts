import * as z from 'zod';

/** Lower-case name that is safe as an index alias, a folder and a part of a workflow id. */
export const slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'must be 1 to 63 of a-z, 0-9, ".", "_" or "-" and start with a letter or digit',
  );

/** A dataset by its name, for the latest version, or as `name@version`. */
export const datasetReference = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}(@[1-9][0-9]{0,8})?$/, 'must be a dataset name, or name@version');

/** The name in a `datasetReference`. */
export const nameOf = (reference: string): string => reference.replace(/@.*/, '');

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

/**
 * Names an artifact in a history. `uri` is relative to the configured store (`artifact:dataset/<sha256>`), so that a
 * history replays anywhere and carries no host's path. `sha256` is that of the artifact's manifest.
 */
export const artifactRef = z.strictObject({
  uri: z.string().startsWith('artifact:'),
  sha256: sha256Hex,
  bytes: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  kind: z.enum([
    'plan',
    'dataset',
    'rejects',
    'report',
    'features',
    'transform',
    'references',
    'signatures',
    'golden',
    'guard',
    'transcript',
    'model',
    'pairs',
    'texts',
    'teaching',
    'evaluation',
  ]),
});
export type ArtifactRef = z.infer<typeof artifactRef>;

/** How many units a stage keeps in flight. 64 is far above what one pool has slots for. */
export const concurrency = z.int().min(1).max(64);

/** What a run did: published something new, found that the same work was done before, or only looked. */
export const outcome = z.enum(['published', 'reused', 'dry-run']);

/** One phase of a stage, as `progress` reports it. */
export const phaseProgress = z.strictObject({
  name: z.string(),
  done: z.int().nonnegative(),
  total: z.int().nonnegative(),
});
export type PhaseProgress = z.infer<typeof phaseProgress>;

export const stageStatus = z.enum(['running', 'paused', 'holding', 'done', 'failed', 'cancelled']);
export type StageStatus = z.infer<typeof stageStatus>;

/** The answer to the `progress` query of every stage; the UI's current details are drawn from the same data. */
export const stageProgress = z.strictObject({
  stage: z.string(),
  subject: z.string(),
  status: stageStatus,
  phases: z.array(phaseProgress),
  /** Named totals, such as `read`, `kept`, `rejected: too_short`. */
  counts: z.record(z.string(), z.number()),
  /** Units finished in a second in the current phase, since the phase began. */
  unitsPerSecond: z.number().nonnegative(),
  /** Seconds until the current phase ends at that rate; null before the first unit. */
  etaSeconds: z.number().nonnegative().nullable(),
  concurrency: z.int().nonnegative(),
  /** Why the run waits for a person; null when it does not. */
  hold: z.string().nullable(),
  /** The last few warnings, newest last. */
  warnings: z.array(z.string()),
  /** What the run has made for people to read: name, URI of the artifact, and the command that opens it. */
  links: z.array(z.strictObject({ name: z.string(), uri: z.string(), command: z.string() })).default([]),
  /** What the run has found that a person should read, in Markdown. */
  findings: z.array(z.string()).default([]),
});
export type StageProgress = z.infer<typeof stageProgress>;
