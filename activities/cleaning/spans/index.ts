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
import type { CutResult, PairFiles } from './cut-unit';
import { FIRSTS, REPEATS } from './find-repeats';
import { BUCKETS, SPANS, type UnitSpans } from './span-file';

export interface SignSpansInput {
  workKey: string;
  unit: number;
  rules: CleaningRules;
}

export interface FindRepeatsInput {
  workKey: string;
  /** Units of the filter phase. */
  units: number;
  part: number;
  /** Shares that finding repeated spans is cut into. */
  parts: number;
}

/** What the write phase needs to cut spans: how they were found. */
export interface CutInput {
  parts: number;
  rules: CleaningRules;
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
    async findRepeatedSpans({ workKey, units, part, parts }: FindRepeatsInput): Promise<{ repeats: number }> {
      return doUnit(store, { workKey, phase: 'repeats', unit: part }, async (context) => {
        const files: UnitSpans[] = [];
        for (let unit = 0; unit < units; unit++) {
          const key = unitKey({ workKey, phase: 'spans', unit });
          files.push({ spans: await store.localFile(key, SPANS), buckets: await store.localFile(key, BUCKETS) });
        }
        return pool.run('findRepeatsInThread', { units: files, part, parts, dir: context.dir }, context);
      });
    },
  };
}

/** Cuts the repeated spans out of a unit's documents: the file goes into `dir`. */
export async function cutUnitSpans(
  store: ArtifactStore,
  pool: ThreadPool<typeof CleaningThread>,
  { workKey, unit, parts, rules }: CutInput & { workKey: string; unit: number },
  dir: string,
  context: UnitContext,
): Promise<CutResult> {
  const found = { repeats: [] as PairFiles[], firsts: [] as PairFiles[] };
  for (let part = 0; part < parts; part++) {
    const key = unitKey({ workKey, phase: 'repeats', unit: part });
    const files = async (name: string): Promise<PairFiles> => ({
      pairs: await store.localFile(key, `${name}.bin`),
      index: await store.localFile(key, `${name}.index`),
    });
    found.repeats.push(await files(REPEATS));
    found.firsts.push(await files(FIRSTS));
  }
  return pool.run(
    'cutUnitInThread',
    { ...(await keptTask(store, workKey, unit, rules)), ...found, unit, dir },
    context,
  );
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
