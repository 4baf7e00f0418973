import type { ArtifactRef } from '../../schemas/common';
import type { FeatureVersion, TransformVersion } from '../../schemas/build-features';
import type { CleanCounts, DatasetVersion } from '../../schemas/clean-dataset';
import type { ModelVersion } from '../../schemas/models';
import type { IndexVersion } from '../../schemas/rebuild-index';
import { failure } from '../errors';
import { ControlRegistry } from './registry-control';
import { Database } from './registry-database';
import { type EmbeddingBounds, findEmbeddings, keepEmbeddings, pruneEmbeddings } from './registry-embeddings';
import {
  findIndexVersion,
  indexesBehind,
  lastWrite,
  type IndexReservation,
  type LiveIndex,
  liveIndex,
  markIndexDeleted,
  reserveIndex,
} from './registry-indexes';
import { addEvaluation, type EvaluationEntry, findEvaluation } from './registry-evaluations';
import { type DecisionFilter, decisionHistory, type DecisionRecord, type PromotedKind } from './registry-decisions';
import { findFeatures, findTransform } from './registry-features';
import { findGuard, type GuardCase, guardCases, type RegisteredGuard, RiskRegistry } from './registry-guards';
import {
  type LiveVersion,
  liveVersion,
  type PromotionFilter,
  promotionHistory,
  type PromotionRecord,
} from './registry-promotions';
import { type LineageNode, lineageOf } from './registry-lineage';
import { datasetOfModel, findModelVersion } from './registry-models';
import { SampleRegistry } from './registry-samples';
import { RegistryTransaction } from './registry-transaction';
import { StrategyRegistry } from './registry-strategies';
import { TrainingRegistry } from './registry-training';
import { keptVersion, type KeptVersion, markUnitsDeleted, supersededWork } from './registry-units';
import { UpdateRegistry } from './registry-updates';

/** A piece of work and the run that takes it up. */
export interface WorkEntry {
  workKey: string;
  stage: string;
  subject: string;
  workflowId: string;
  runId: string;
  /** sha256 of each input artifact. */
  inputs: string[];
  recipe: unknown;
  codeVersion: number;
  /** When the run began, before it read anything; ISO 8601. */
  readSince?: string | undefined;
}

/**
 * What was done, published and promoted, in PostgreSQL (schema `llm_pack`). Every method may be called again after an
 * error or by two workers at once. All throw `Unavailable` (retried) while the server does not answer.
 */
export class Registry {
  private readonly database: Database;
  /** Document ledgers and the outbox of changes. */
  readonly updates: UpdateRegistry;
  /** How risky users are. */
  readonly risk: RiskRegistry;
  /** Who may train where. */
  readonly training: TrainingRegistry;
  /** Answers that evaluations were given. */
  readonly samples: SampleRegistry;
  /** Strategies, and who gets them. */
  readonly strategies: StrategyRegistry;
  /** Knobs of strategies, and who turns them. */
  readonly control: ControlRegistry;

  /** Connects at the first call. @param url of PostgreSQL, with the password that it needs. */
  constructor(url: string) {
    this.database = new Database(url);
    this.updates = new UpdateRegistry(this.database);
    this.risk = new RiskRegistry(this.database);
    this.training = new TrainingRegistry(this.database);
    this.samples = new SampleRegistry(this.database);
    this.strategies = new StrategyRegistry(this.database);
    this.control = new ControlRegistry(this.database);
  }

  /** Brings the schema up to date; every worker calls it at its start. */
  migrate(): Promise<void> {
    return this.database.migrate();
  }

  /** Enters work in the ledger, or finds it there: `done` is its result, undefined while it is still to be done. */
  async beginWork(work: WorkEntry): Promise<{ done: unknown }> {
    const [row] = await this.database.query<LedgerRow>(
      `insert into llm_pack.work as known
         (work_key, stage, subject, workflow_id, run_id, inputs, recipe, code_version, read_since)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (work_key) do update set
         workflow_id = case when known.finished_at is null then excluded.workflow_id else known.workflow_id end,
         run_id = case when known.finished_at is null then excluded.run_id else known.run_id end
       returning finished_at is not null as finished, result`,
      [
        work.workKey,
        work.stage,
        work.subject,
        work.workflowId,
        work.runId,
        work.inputs,
        jsonText(work.recipe),
        work.codeVersion,
        work.readSince,
      ],
    );
    return { done: resultOf(row) };
  }

  /** The recorded result of work, or undefined where it was not done. */
  async findWork(workKey: string): Promise<unknown> {
    const [row] = await this.database.query<LedgerRow>(`${LEDGER_ROW} where work_key = $1`, [workKey]);
    return resultOf(row);
  }

  /** The result that was recorded last of work of these stages on a subject; undefined where none was. */
  async lastResult(stages: readonly string[], subject: string): Promise<unknown> {
    const [row] = await this.database.query<{ result: unknown }>(
      `select result from llm_pack.work where stage = any($1) and subject = $2 and finished_at is not null
       order by finished_at desc limit 1`,
      [stages, subject],
    );
    return row?.result;
  }

  /**
   * Publishes work once: what `publish` writes and the result it returns (JSON) are entered in one transaction. Where
   * the work is done already, its recorded result is returned and `publish` is not called; of two calls at once the
   * second waits for the first. `publish` must change nothing outside of its transaction.
   * @throws `InvariantBroken` where the work was never begun.
   */
  finishWork<R>(workKey: string, publish: (transaction: RegistryTransaction) => Promise<R>): Promise<R> {
    return this.database.transaction(async (query) => {
      const [row] = await query<LedgerRow>(`${LEDGER_ROW} where work_key = $1 for update`, [workKey]);
      if (!row) throw failure('InvariantBroken', `Work ${workKey} was never begun.`);
      if (row.finished) return row.result as R;
      const result = jsonText(await publish(new RegistryTransaction(query, workKey)));
      await query('update llm_pack.work set finished_at = now(), result = $2 where work_key = $1', [workKey, result]);
      // As every later call will read it, so that nothing hangs on who was first.
      return JSON.parse(result) as R;
    });
  }

  /** A version of a dataset, the latest where none is given; undefined where there is none. */
  async dataset(name: string, version?: number): Promise<DatasetVersion | undefined> {
    const [row] = await this.database.query<{ dataset: DatasetVersion }>(
      `select json_build_object('name', d.name, 'version', d.version, 'artifact', json_build_object(
         'uri', a.uri, 'sha256', a.sha256, 'bytes', a.bytes, 'rows', a.rows, 'kind', a.kind)) as dataset
       from llm_pack.dataset_versions d join llm_pack.artifacts a on a.uri = d.artifact
       where d.name = $1 and ($2::integer is null or d.version = $2) order by d.version desc limit 1`,
      [name, version],
    );
    return row?.dataset;
  }

  /** A version as `dataset` finds it, with its rejects and what was counted. */
  async cleanedVersion(
    name: string,
    version?: number,
  ): Promise<{ dataset: DatasetVersion; rejects: ArtifactRef | null; counts: CleanCounts } | undefined> {
    const dataset = await this.dataset(name, version);
    if (!dataset) return undefined;
    const [row] = await this.database.query<{ rejects: ArtifactRef | null; counts: CleanCounts }>(
      `select d.counts, case when a.uri is null then null else json_build_object(
         'uri', a.uri, 'sha256', a.sha256, 'bytes', a.bytes, 'rows', a.rows, 'kind', a.kind) end as rejects
       from llm_pack.dataset_versions d left join llm_pack.artifacts a on a.uri = d.rejects
       where d.name = $1 and d.version = $2`,
      [name, dataset.version],
    );
    return row && { dataset, ...row };
  }

  /** What the latest version of a dataset has kept, and dropped for which reason; undefined where there is none. */
  async lastCounts(name: string): Promise<{ version: number; counts: CleanCounts } | undefined> {
    const [row] = await this.database.query<{ version: number; counts: CleanCounts }>(
      'select version, counts from llm_pack.dataset_versions where name = $1 order by version desc limit 1',
      [name],
    );
    return row;
  }

  /** A version of a transform, the latest where none is given; undefined where there is none. */
  transform(name: string, version?: number): Promise<TransformVersion | undefined> {
    return findTransform(this.database.query, name, version);
  }

  /** A version of features, the latest where none is given; undefined where there is none. */
  features(name: string, version?: number): Promise<FeatureVersion | undefined> {
    return findFeatures(this.database.query, name, version);
  }

  /** A version of a guard, the latest where none is given; undefined where there is none. */
  guard(name: string, version?: number): Promise<RegisteredGuard | undefined> {
    return findGuard(this.database.query, name, version);
  }

  /** A version of a model, the latest where none is given; undefined where there is none. */
  model(name: string, version?: number): Promise<ModelVersion | undefined> {
    return findModelVersion(this.database.query, name, version);
  }

  /** The newest version of a dataset that any version of a model was made from; undefined where there is none. */
  trainedOn(model: string, dataset: string): Promise<number | undefined> {
    return datasetOfModel(this.database.query, model, dataset);
  }

  /** All that an artifact was made of, itself included. */
  lineage(uri: string): Promise<LineageNode[]> {
    return lineageOf(this.database.query, uri);
  }

  /** Attacks that have got past a guard and that a person has approved. */
  guardCases(guard: string): Promise<GuardCase[]> {
    return guardCases(this.database.query, guard);
  }

  /** The signature indexes of the given versions of a dataset, or of all; those without one are left out. */
  async signatureIndexes(name: string, versions?: readonly number[]): Promise<VersionedArtifact[]> {
    return this.database.query<VersionedArtifact>(
      `select d.version, json_build_object('uri', a.uri, 'sha256', a.sha256, 'bytes', a.bytes, 'rows', a.rows,
         'kind', a.kind) as artifact
       from llm_pack.dataset_versions d join llm_pack.artifacts a on a.uri = d.signatures
       where d.name = $1 and ($2::integer[] is null or d.version = any($2)) order by d.version`,
      [name, versions],
    );
  }

  /** The newest version of a dataset whose units are kept for later runs; undefined where there is none. */
  keptVersion(name: string): Promise<KeptVersion | undefined> {
    return keptVersion(this.database.query, name);
  }

  /** Work of the versions of a dataset whose units are kept, but for the newest of them. */
  supersededWork(name: string): Promise<string[]> {
    return supersededWork(this.database.query, name);
  }

  /** Records that the units of these works are gone; call it after the deletion. */
  markUnitsDeleted(workKeys: readonly string[]): Promise<void> {
    return markUnitsDeleted(this.database.query, workKeys);
  }

  /** The version of an alias that a piece of work builds: the same at every call for the same work. */
  reserveIndexVersion(reservation: IndexReservation): Promise<IndexVersion> {
    return this.database.transaction((query) => reserveIndex(query, reservation));
  }

  /** The index that is live under an alias, and which it replaced; undefined before the first promotion. */
  liveIndex(alias: string): Promise<LiveIndex | undefined> {
    return liveIndex(this.database.query, alias);
  }

  /** A version of an alias, whether it still stands or not; undefined where there never was one. */
  index(alias: string, version: number): Promise<(IndexVersion & { isDeleted: boolean }) | undefined> {
    return findIndexVersion(this.database.query, alias, version);
  }

  /** The highest version of what was written to an index: it grows with each write, deletions included; 0 before the first. */
  lastWrite(physical: string): Promise<number> {
    return lastWrite(this.database.query, physical);
  }

  /** Physical indexes behind the live one that may be deleted, `keep` of those that were live once left out. */
  indexesBehind(alias: string, keep: number): Promise<string[]> {
    return indexesBehind(this.database.query, alias, keep);
  }

  /** What was measured last of a version, and whether it passed; undefined where it was never measured. */
  evaluation(
    of: Pick<EvaluationEntry, 'kind' | 'name' | 'version'>,
  ): Promise<Pick<EvaluationEntry, 'metrics' | 'passed'> | undefined> {
    return findEvaluation(this.database.query, of);
  }

  /** Records what was measured of a version, and whether it passed; measured again by the same work, it is replaced. */
  recordEvaluation(evaluation: EvaluationEntry): Promise<void> {
    return addEvaluation(this.database.query, evaluation);
  }

  /** Moves of production pointers, the newest first, with what each rested on. */
  promotions(filter: PromotionFilter): Promise<PromotionRecord[]> {
    return promotionHistory(this.database.query, filter);
  }

  /** Verdicts on candidates, the newest first, also those that promoted nothing. */
  decisions(filter: DecisionFilter): Promise<DecisionRecord[]> {
    return decisionHistory(this.database.query, filter);
  }

  /** The version that is live under a name, and the one that it replaced; undefined before the first promotion. */
  production(kind: PromotedKind, name: string): Promise<LiveVersion | undefined> {
    return liveVersion(this.database.query, kind, name);
  }

  /** Records that a physical index is gone; call it after the deletion. */
  markIndexDeleted(physical: string): Promise<void> {
    return markIndexDeleted(this.database.query, physical);
  }

  /** Vectors that an encoder has made before, by the sha256 of their texts. */
  findEmbeddings(encoder: string, hashes: readonly string[]): Promise<Map<string, Float32Array>> {
    return findEmbeddings(this.database.query, encoder, hashes);
  }

  /** Keeps vectors for later runs; what is there already stays. */
  keepEmbeddings(encoder: string, vectors: ReadonlyMap<string, Float32Array>): Promise<void> {
    return keepEmbeddings(this.database.query, encoder, vectors);
  }

  /** Deletes vectors that nobody has asked for in a while, and those above the bound. Returns how many. */
  pruneEmbeddings(bounds: EmbeddingBounds): Promise<number> {
    return pruneEmbeddings(this.database.query, bounds);
  }

  /** Ends the connections once the running statements are through. */
  close(): Promise<void> {
    return this.database.close();
  }
}

/** An artifact that belongs to a version. */
export interface VersionedArtifact {
  version: number;
  artifact: ArtifactRef;
}

interface LedgerRow {
  finished: boolean;
  result: unknown;
}

const LEDGER_ROW = 'select finished_at is not null as finished, result from llm_pack.work';

const resultOf = (row: LedgerRow | undefined): unknown => (row?.finished ? row.result : undefined);

const jsonText = (value: unknown): string => JSON.stringify(value ?? null);
