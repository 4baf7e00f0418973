import { spanRulesOf, type CleaningRules, type SpanRules } from '../../../schemas/recipes';
import { failure } from '../../errors';
import type { ThreadPool } from '../../kit/thread';
import { doUnit, unitKey, type UnitContext } from '../../kit/unit';
import type { ArtifactStore } from '../../stores/artifact-store';
import type * as CleaningThread from '../cleaning-thread';
import { CHANGES, type Change } from '../dedup/cluster';
import { filterKey, unitMeta } from '../dedup/unit-files';
import type { FilterResult } from '../filter';
import { readGroup } from '../grouped-lines';
import { KEPT } from '../unit-output';
import { POOR, type CutResult, type CutTask } from './cut-unit';
import { FIRSTS, REPEATS } from './find-repeats';
import type { PairFiles } from './grouped-pairs';
import { BUCKETS, SPANS, type UnitSpans } from './span-file';

export interface UnitInput {
  workKey: string;
  unit: number;
}

export interface SignSpansInput extends UnitInput {
  rules: CleaningRules;
}

export interface FindRepeatsInput {
  workKey: string;
  /** Units of the filter phase. */
  units: number;
  part: number;
  /** Shares that finding repeated spans is cut into. */
  parts: number;
  /** Leaves out what stands in documents that are not to stay. */
  withoutPoor?: boolean;
}

/** How repeated spans were found. */
export interface CutInput {
  parts: number;
  rules: CleaningRules;
  /** Whether they were sought anew without the documents of which too little would be left. */
  recounted?: boolean;
}

/** The phases between clustering and writing: which spans stand in more than one place. */
export function createSpanActivities(store: ArtifactStore, pool: ThreadPool<typeof CleaningThread>) {
  return {
    /** Hashes the spans of the documents of a unit that document-level duplicates have left. */
    async signSpans({ workKey, unit, rules }: SignSpansInput): Promise<{ spans: number }> {
      return doUnit(store, { workKey, phase: 'spans', unit }, async (context) => {
        const changes = await readGroup<Change>(store, unitKey({ workKey, phase: 'cluster', unit: 0 }), CHANGES, unit);
        const dropped = changes.filter(({ reason }) => reason !== null).map(({ ordinal }) => ordinal);
        const task = { ...(await keptTask(store, workKey, unit, rules)), dropped, dir: context.dir };
        return pool.run('signSpansInThread', task, context);
      });
    },

    /** Finds the spans of a share of all hashes that stand in more than one place. */
    async findRepeatedSpans({
      workKey,
      units,
      part,
      parts,
      withoutPoor,
    }: FindRepeatsInput): Promise<{ repeats: number }> {
      const phase = withoutPoor ? 'recount' : 'repeats';
      return doUnit(store, { workKey, phase, unit: part }, async (context) => {
        const files: UnitSpans[] = [];
        for (let unit = 0; unit < units; unit++) {
          const key = unitKey({ workKey, phase: 'spans', unit });
          files.push({
            spans: await store.localFile(key, SPANS),
            buckets: await store.localFile(key, BUCKETS),
            ...(withoutPoor ? { without: await poorFile(store, workKey, unit) } : {}),
          });
        }
        return pool.run('findRepeatsInThread', { units: files, part, parts, dir: context.dir }, context);
      });
    },

    /** Settles of which documents of a unit too little would be left without their repeated spans. */
    async findPoorDocuments({ workKey, unit, ...found }: CutInput & UnitInput): Promise<{ poor: number }> {
      return doUnit(store, { workKey, phase: 'remains', unit }, async (context) => {
        const task = await cutTask(store, { ...found, workKey, unit });
        return pool.run('findPoorInThread', { ...task, dir: context.dir }, context);
      });
    },
  };
}

/** Cuts the repeated spans out of a unit's documents: the file goes into `dir`. */
export async function cutUnitSpans(
  store: ArtifactStore,
  pool: ThreadPool<typeof CleaningThread>,
  input: CutInput & UnitInput,
  dir: string,
  context: UnitContext,
): Promise<CutResult> {
  const poor = await poorFile(store, input.workKey, input.unit);
  return pool.run('cutUnitInThread', { ...(await cutTask(store, input)), poor, dir }, context);
}

const poorFile = (store: ArtifactStore, workKey: string, unit: number): Promise<string> =>
  store.localFile(unitKey({ workKey, phase: 'remains', unit }), POOR);

/** What a unit has kept and which of its spans stand elsewhere, on this host. */
async function cutTask(
  store: ArtifactStore,
  { workKey, unit, parts, rules, recounted }: CutInput & UnitInput,
): Promise<Omit<CutTask, 'dir'>> {
  const pairs = async (phase: string, name: string): Promise<PairFiles[]> => {
    const files: PairFiles[] = [];
    for (let part = 0; part < parts; part++) {
      const key = unitKey({ workKey, phase, unit: part });
      const [bin, index] = [await store.localFile(key, `${name}.bin`), await store.localFile(key, `${name}.index`)];
      files.push({ pairs: bin, index });
    }
    return files;
  };
  const firsts = await pairs('repeats', FIRSTS);
  return {
    ...(await keptTask(store, workKey, unit, rules)),
    unit,
    repeats: await pairs(recounted ? 'recount' : 'repeats', REPEATS),
    // What was first before stays too, so that no document loses more for others being gone.
    firsts: recounted ? [...firsts, ...(await pairs('recount', FIRSTS))] : firsts,
  };
}

/** What a unit has kept, on this host, and how its texts are read. @throws `InvariantBroken` where no spans are sought. */
async function keptTask(store: ArtifactStore, workKey: string, unit: number, all: CleaningRules) {
  const rules: SpanRules | null = spanRulesOf(all);
  if (!rules) throw failure('InvariantBroken', 'Spans were to be matched although the rules seek none.');
  const key = filterKey(workKey, unit);
  const { kept: count } = await unitMeta<FilterResult>(store, key);
  const { words, stopWords } = all;
  return { kept: await store.localFile(key, KEPT), count, rules, wording: { words, stopWords } };
}
