import { createHash } from 'node:crypto';
import { cleanDatasetStage } from '../../../schemas/clean-dataset';
import { spanRulesOf } from '../../../schemas/recipes';
import { canonicalJson } from '../../kit/work';
import type { Manifest } from '../../stores/artifact-store';
import type { PlanMeta, Slice } from '../source/plan-types';
import type { FilterUnitInput } from '..';

/** Everything that filtering is told besides the unit. */
export type FilterOptions = Omit<FilterUnitInput, 'workKey' | 'plan' | 'unit' | 'takeOver'>;

/**
 * Names what filtering a unit makes by all that it depends on, as sha256 in hex: the content of its slices and what is
 * shown of their places, the options, what was gathered for them, and the code version. Two units of one name make the
 * same bytes. Null for a unit whose result is not to be taken over: of what could not be read when it was planned
 * nobody knows the content, and where repeated spans are cut the texts of all documents are asked for again.
 */
export function unitIdentity(plan: Manifest, slices: readonly Slice[], options: FilterOptions): string | null {
  if (spanRulesOf(options.rules)) return null;
  const contents = slices.map((slice) => contentOf(plan, slice));
  if (contents.includes(null)) return null;
  const { references, ...others } = options;
  const parts = slices.map(({ path, format, packing, start, end, rowsBefore, rows, footer }, number) => ({
    ...{ path, format, packing, start, end, rowsBefore, rows, footer },
    content: contents[number],
  }));
  const { codeVersion } = cleanDatasetStage;
  const all = { codeVersion, options: others, references: references?.sha256 ?? null, slices: parts };
  return createHash('sha256').update(canonicalJson(all)).digest('hex');
}

/** What stands for the bytes of a slice; null where nothing does. */
function contentOf({ files, meta }: Manifest, { sha256, pin, stored }: Slice): unknown {
  if (sha256 !== null) return sha256;
  // Rows of a database are files of the plan.
  if (stored !== undefined) return files.find(({ name }) => name === stored)?.sha256 ?? null;
  // What a server says of a file holds for that place alone.
  return typeof pin === 'string' ? { pin, source: (meta as unknown as PlanMeta).source } : null;
}
