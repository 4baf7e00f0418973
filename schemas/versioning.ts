/**
 * What becomes of an open run when other workers are deployed: PINNED stays with the build that began it, AUTO_UPGRADE goes on with the
 * current one at its next step, and therefore has to replay there. Temporal's own names.
 */
export type VersioningBehavior = 'PINNED' | 'AUTO_UPGRADE';

interface Versioning {
  behavior: VersioningBehavior;
  why: string;
}

const pinned = (why: string): Versioning => ({ behavior: 'PINNED', why });
const upgraded = (why: string): Versioning => ({ behavior: 'AUTO_UPGRADE', why });

const BUILD = 'ends by itself, in minutes or hours: the old build waits for it';
const TRAINING = 'long and dear: no change of code may come between its attempts';

/** Every workflow of the pack, children included. It holds where workers are versions of a deployment (docs/deploying.md). */
export const VERSIONING: Readonly<Record<string, Versioning>> = {
  cleanDataset: pinned(BUILD),
  rethresholdDataset: pinned(BUILD),
  buildFeatures: pinned(BUILD),
  rebuildIndex: pinned('a build that is verified and swapped by the code that began it'),
  updateIndex: pinned(BUILD),
  trainGuard: pinned(BUILD),
  redTeam: pinned(BUILD),
  importModel: pinned(BUILD),
  trainModel: pinned(TRAINING),
  distillModel: pinned(TRAINING),
  evaluateModel: pinned('a verdict comes of one code, for every case and both sides'),
  runAgent: pinned('answers within minutes'),
  promoteVersion: upgraded('may wait for a person for days, and is a few events long'),
  nightlyRefresh: upgraded('may hold for days in the middle; what it started stays with its own build'),
  rolloutStrategy: upgraded('goes on for days or weeks'),
  indexFeed: upgraded('goes on until it is cancelled'),
  controlMetric: upgraded('goes on until it is cancelled'),
  converse: upgraded('lives for as long as somebody writes'),
  indexWindow: upgraded('waits for a day, on a timer'),
};
