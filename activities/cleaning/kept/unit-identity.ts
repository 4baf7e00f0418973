import { createHash, hash } from 'node:crypto';
import { cleanDatasetStage } from '../../../schemas/clean-dataset';
import { spanRulesOf } from '../../../schemas/recipes';
import { canonicalJson } from '../../kit/canonical-json';
import type { Manifest } from '../../stores/artifact-store';
import type { PlanMeta, Slice } from '../source/plan-types';
import type { FilterUnitInput } from '..';

/** Everything that filtering is told besides the unit. */
export type FilterOptions = Omit<FilterUnitInput, 'workKey' | 'plan' | 'unit' | 'takeOver'>;

/** By what a unit and its slices are known again. Hashes are sha256 in hex. */
export interface UnitIdentity {
  /** Of where the unit begins and of all that filtering is told, the code version included: a later unit of the same has the same rules. */
  place: string;
  /** For each slice of what it holds: equal ones, under the same rules, become the same documents. Null where nobody knows. */
  slices: (string | null)[];
}

/** Undefined where nothing is to be taken over: where repeated spans are cut, the texts of all documents are asked for again. */
export function unitIdentity(
  plan: Manifest,
  slices: readonly Slice[],
  options: FilterOptions,
): UnitIdentity | undefined {
  const [first] = slices;
  if (!first || spanRulesOf(options.rules)) return undefined;
  const { references, ...others } = options;
  const { codeVersion } = cleanDatasetStage;
  const { path, start } = first;
  const rules = { codeVersion, options: others, references: references?.sha256 ?? null };
  const place = createHash('sha256')
    .update(canonicalJson({ ...rules, first: { path, start } }))
    .digest('hex');
  return { place, slices: slices.map((slice) => sliceIdentity(plan, slice)) };
}

function sliceIdentity(plan: Manifest, slice: Slice): string | null {
  const content = contentOf(plan, slice);
  if (content === null) return null;
  const { path, format, packing, start, end, rowsBefore, rows, footer } = slice;
  return hash('sha256', JSON.stringify([path, format, packing, start, end, rowsBefore, rows, footer, content]));
}

/** What stands for the bytes of a slice; null where they could not be read when it was planned. */
function contentOf({ files, meta }: Manifest, { sha256, pin, stored }: Slice): unknown {
  if (sha256 !== null) return sha256;
  // Rows of a database are files of the plan.
  if (stored !== undefined) return files.find(({ name }) => name === stored)?.sha256 ?? null;
  // What a server says of a file holds for that place alone.
  return typeof pin === 'string' ? { pin, source: (meta as unknown as PlanMeta).source } : null;
}
