import type { CpuActivities } from '../../activities';
import type { BatchInput } from '../../activities/updating';
import type { Applied } from '../../activities/updating/apply-batch';

type Batch = Omit<BatchInput, 'round'>;

/**
 * Embeds a batch and writes it. Where an index came up in between that was not embedded for, such as a build that has just
 * begun, the batch is embedded once more: nothing is written before all have what they need.
 */
export async function embedAndApply(
  batch: Batch,
  embed: (batch: BatchInput) => Promise<{ documents: number }>,
  { applyBatch }: Pick<CpuActivities, 'applyBatch'>,
): Promise<Applied & { documents: number }> {
  for (let round = 0; ; round += 1) {
    const { documents } = await embed({ ...batch, round });
    if (documents === 0) return { again: false, written: 0, deleted: 0, same: 0, older: 0, chunks: 0, documents };
    const applied = await applyBatch({ ...batch, round });
    if (!applied.again) return { ...applied, documents };
  }
}
