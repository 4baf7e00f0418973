import type { CleanDatasetOutput } from '../../schemas/clean-dataset';

/**
 * What of a cleaning's output must not depend on where it ran, nor on what was killed on the way. The report is left
 * out: it compares with the version before, which is another for each run of one dataset.
 */
export const cleanedBytes = ({ counts, planted, dataset, rejects, signatures }: CleanDatasetOutput) => ({
  counts,
  planted,
  dataset: dataset?.artifact.sha256,
  rejects: rejects?.sha256,
  signatures: signatures?.sha256,
});
