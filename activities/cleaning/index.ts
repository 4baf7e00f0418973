import type { CleanCounts, DocumentFormat } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import type { CleaningRules } from '../../schemas/recipes';
import { failure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { createThreadPool } from '../kit/thread';
import { doUnit } from '../kit/unit';
import { namingFullDisk } from '../stores/disk';
import type { ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import type * as CleaningThread from './cleaning-thread';
import type { ClusterResult } from './dedup/cluster';
import type { Registry } from '../stores/registry';
import { KeptUnits, type TakenOver, type TakeOver, takeSlices, takeUnit, type UnitMeta } from './kept/take-over';
import { localReferences } from './references/load';
import { planRethreshold, type RethresholdPlan } from './rethreshold/plan';
import { exportUnit } from './rethreshold/unit-rows';
import { inScratch } from './scratch';
import { kindOf, type AllowedSources } from './source/allowed';
import { writePlan } from './source/plan';
import { localSlices } from './source/local-slices';
import { clusterTask, nearOf, RunSignatures } from './dedup/unit-files';
import { driftOf, holdReason } from './output/drift';
import { publishCleaned, type PublishTask } from './output/publish';
import { writeShardFiles, type ShardMeta } from './output/shard';
import { createSpanActivities, cutUnitSpans, type CutInput } from './spans';

export interface CleaningDependencies {
  store: ArtifactStore;
  /** Where sources may lie. */
  sources: AllowedSources;
  /** Threads for the work that would hold up the event loop. */
  threads: number;
  /** Queue of this host, where other hosts may not see the sources. */
  hostQueue?: string;
  /** Where published versions are found; without one a run is compared with none. */
  registry?: Pick<Registry, 'lastCounts' | 'cleanedVersion'> & Partial<Pick<Registry, 'keptVersion'>>;
}

export interface PlanSourceInput {
  source: string;
  formats: DocumentFormat[];
  unitBytes: number;
  /** For a database; left out elsewhere. */
  query?: string | null;
  idField?: string;
}

export interface PlannedSource {
  plan: ArtifactRef;
  files: number;
  bytes: number;
  units: number;
  /** Files of other formats, hidden files and folders, and links that lead nowhere or out of the roots. */
  skippedFiles: number;
  /** Where units of the source must be read. */
  taskQueue: string | null;
}

export interface FilterUnitInput {
  workKey: string;
  plan: ArtifactRef;
  unit: number;
  rules: CleaningRules;
  textField: string;
  idField: string;
  titleField?: string;
  urlField?: string;
  maxDocumentBytes: number;
  /** Lists and evaluation sets; absent where the run has none. */
  references?: ArtifactRef;
  /** Keeps the statistics of every document. */
  scores?: boolean;
  /** Which units may be taken over from an earlier version; where it is absent none, and none are kept. */
  takeOver?: TakeOver;
}

/** What filtering a unit found; the counts of lines and personal data are absent in histories from before they were. */
export interface FilteredUnit extends Omit<CleanCounts, 'files'> {
  lines?: Record<string, number>;
  pii?: Record<string, number>;
  /** What of it was taken over; absent where nothing may be, and in histories from before anything could. */
  takenOver?: TakenOver;
}

export interface CompareUnitsInput extends Omit<FilterUnitInput, 'workKey' | 'unit' | 'takeOver'> {
  units: number;
  dataset: string;
}

export interface RethresholdUnitInput {
  workKey: string;
  dataset: ArtifactRef;
  rejects: ArtifactRef;
  unit: number;
  rules: CleaningRules;
}

/** Which documents a run's duplicates are sought among. */
export interface DuplicatesInput {
  workKey: string;
  /** Units of the filter phase. */
  units: number;
  /** Shares that finding duplicates is cut into. */
  parts: number;
  /** The signature indexes of earlier datasets; null for none. */
  against: ArtifactRef | null;
}

export interface MatchUnitInput extends DuplicatesInput {
  part: number;
  rules: CleaningRules;
}

export interface WriteShardInput {
  workKey: string;
  unit: number;
  /** How repeated spans were found; absent where none are sought, and in histories from before they were. */
  spans?: CutInput;
}

export interface PublishInput extends Omit<PublishTask, 'drift'> {
  /** Percentage points that a reason may move against the last version; null for any. */
  maxDrift?: number | null;
}

/** What was published of a run, and why a person should look at it first; null where nothing speaks against it. */
export interface PublishedCleaning {
  artifact: ArtifactRef;
  rejects: ArtifactRef;
  report: ArtifactRef;
  signatures: ArtifactRef;
  hold: string | null;
}

/** The activities of `cleanDataset`: read, filter, match, cluster, spans, write, publish. Each but the first and last is a unit. */
export function createCleaningActivities({ store, sources, threads, hostQueue, registry }: CleaningDependencies) {
  const pool = createThreadPool<typeof CleaningThread>(__dirname, 'cleaning-thread', { threads });
  const signatures = new RunSignatures(store);
  const kept = new KeptUnits(store, registry);

  return {
    /**
     * Lists and hashes the source and cuts it into units, as an artifact of its own.
     * @throws `SourceNotAllowed`, `SourceNotFound`, `SourceEmpty`, `InvalidQuery`.
     */
    async planSource({ query = null, idField = 'id', ...input }: PlanSourceInput): Promise<PlannedSource> {
      return withHeartbeat({ phase: 'plan', unit: 0 }, (report, signal) =>
        inScratch(store, (scratch) =>
          inScratch(store, async (dir) => {
            let hashed = 0;
            // How much there is shows only at the end of the walk.
            const onBytes = (bytes: number) => report((hashed += bytes), 0);
            const task = { ...input, query, idField, allowed: sources, dir, scratch };
            const meta = await namingFullDisk(dir, () => writePlan(task, signal, onBytes));
            const { files, bytes, units, skippedFiles } = meta;
            const plan = await publishArtifact(store, 'plan', dir, { ...meta }, units);
            // Only files of a host need that host; all else can be read from any.
            const taskQueue = kindOf(input.source) === 'local' ? (hostQueue ?? null) : null;
            return { plan, files, bytes, units, skippedFiles, taskQueue };
          }),
        ),
      );
    },

    /**
     * Reads one unit of the source and judges its documents, or takes over what an earlier version keeps of it.
     * @throws `SourceChanged` where a file is not what was planned; `InvariantBroken` where a document went astray.
     */
    async filterUnit(input: FilterUnitInput): Promise<FilteredUnit> {
      const { workKey, plan, unit, takeOver, ...options } = input;
      const { references, ...told } = options;
      const found = await doUnit<UnitMeta>(store, { workKey, phase: 'filter', unit }, (context) =>
        inScratch(store, async (scratch) => {
          const identity = takeOver && (await kept.identityOf(plan, unit, options));
          const known = identity && takeOver.mayReuse && (await kept.find(workKey, takeOver.dataset, identity));
          if (known && known.isSame) return takeUnit(known, identity.place, context.dir);
          const from = known ? known.from : [];
          const { signal, report } = context;
          const isNew = (slice: number) => (from[slice] ?? null) === null;
          const slices = await localSlices({
            ...{ store, allowed: sources, plan, unit, options: told, scratch, signal, report, isWanted: isNew },
          });
          const again =
            known && from.some((slice) => slice !== null) ? { again: await takeSlices(store, known, scratch) } : {};
          const local = references ? { references: await localReferences(store, references) } : {};
          const named = identity ? { identities: identity.slices } : {};
          const task = { ...told, ...local, ...named, ...again, slices, dir: context.dir };
          const filtered = await pool.run('filterInThread', task, context);
          return identity ? { ...filtered, at: identity.place } : filtered;
        }),
      );
      const { read, rejected, reasons, lines, pii, again = 0, then } = found;
      const takenOver = { units: then ? 1 : 0, documents: again };
      return { read, kept: found.kept, rejected, reasons, lines, pii, ...(takeOver ? { takenOver } : {}) };
    },

    /** Says how much of a plan a run would take over from the newest version, and changes nothing: for dry runs. */
    async compareUnits({ plan, units, dataset, ...options }: CompareUnitsInput): Promise<TakenOver> {
      return withHeartbeat({ phase: 'compare', unit: 0 }, async (report, signal) => {
        // The newest version as it is now: runs that ask again may find another.
        const newest = new KeptUnits(store, registry);
        const takenOver = { units: 0, documents: 0 };
        for (let unit = 0; unit < units; unit++) {
          signal.throwIfAborted();
          const identity = await newest.identityOf(plan, unit, options);
          const known = identity && (await newest.find(plan.sha256, dataset, identity));
          report(unit + 1, units);
          if (!known) continue;
          if (known.isSame) takenOver.units++;
          for (const number of known.from) {
            const { kept: stayed = 0, rejected = 0 } = known.slices[number ?? -1] ?? {};
            takenOver.documents += stayed + rejected;
          }
        }
        return takenOver;
      });
    },

    /** @throws `DatasetNotFound`, `ScoresMissing`. */
    planRethreshold: (wanted: Parameters<typeof planRethreshold>[2]): Promise<RethresholdPlan> =>
      withHeartbeat({ phase: 'plan', unit: 0 }, () => {
        if (!registry) throw failure('DatasetNotFound', 'This worker has no registry to find datasets in.');
        return planRethreshold(store, registry, wanted);
      }),

    /** Decides on the documents of one unit of a dataset by their scores, in place of filtering them. */
    async rethresholdUnit({ workKey, unit, rules, ...from }: RethresholdUnitInput): Promise<FilteredUnit> {
      const { read, kept, rejected, reasons } = await doUnit(store, { workKey, phase: 'filter', unit }, (context) =>
        inScratch(store, async (scratch) => {
          const rows = await exportUnit(store, from, unit, scratch);
          return pool.run('applyInThread', { ...rows, rules, dir: context.dir }, context);
        }),
      );
      return { read, kept, rejected, reasons };
    },

    /** Finds pairs of duplicates by the share `part` of the keys of all kept documents. */
    async matchUnit({ part, rules, ...input }: MatchUnitInput): Promise<{ pairs: number }> {
      return doUnit(store, { workKey: input.workKey, phase: 'match', unit: part }, async (context) => {
        const task = await signatures.of(input);
        const how = { part, parts: input.parts, exact: rules.dropExactDuplicates, near: nearOf(rules) };
        return pool.run('matchInThread', { ...task, ...how, dir: context.dir }, context).catch((error: unknown) => {
          signatures.forget();
          throw error;
        });
      });
    },

    /** Joins the pairs of all parts into clusters, and settles which document of each stays. */
    async clusterDuplicates(input: DuplicatesInput): Promise<ClusterResult> {
      return doUnit(store, { workKey: input.workKey, phase: 'cluster', unit: 0 }, async (context) => {
        const task = await clusterTask(store, input);
        return pool.run('clusterInThread', { ...task, dir: context.dir }, context);
      });
    },

    ...createSpanActivities(store, pool),

    /**
     * Writes what stays of a unit, without the spans that stand elsewhere, and all its rejects, as Parquet.
     * `duplicates` counts those dropped, by reason.
     */
    async writeShard({ workKey, unit, spans }: WriteShardInput): Promise<ShardMeta> {
      return doUnit(store, { workKey, phase: 'write', unit }, (context) =>
        inScratch(store, async (scratch) => {
          const cut = spans && (await cutUnitSpans(store, pool, { ...spans, workKey, unit }, scratch, context));
          return writeShardFiles(store, { workKey, unit, scratch, cut }, context.dir);
        }),
      );
    },

    /**
     * Gathers the shards into the dataset, the rejects and the report, each content-addressed. Says what moved too far
     * against the last version: the dataset is no version itself before `recordDataset`.
     * @throws `NothingKept`; `InvariantBroken` where the shards do not hold what was counted.
     */
    async publishDataset({ maxDrift = null, ...input }: PublishInput): Promise<PublishedCleaning> {
      return withHeartbeat({ phase: 'publish', unit: 0 }, async (report, signal) => {
        const last = await registry?.lastCounts(input.name);
        const drift = last ? driftOf(input.counts, last, maxDrift) : null;
        const published = await publishCleaned(store, { ...input, drift }, report, signal);
        return { ...published, hold: drift && holdReason(drift) };
      });
    },
  };
}
