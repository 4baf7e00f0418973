import type { CleanCounts } from '../../schemas/clean-dataset';
import type { ArtifactRef } from '../../schemas/common';
import type { GuardQuality } from '../../schemas/train-guard';
import { failure } from '../errors';
import { forgetTexts } from './registry-changes';
import type { Query } from './registry-database';
import { addEvaluation, type EvaluationEntry } from './registry-evaluations';
import { addFeatures, addTransform, type NewFeatureVersion } from './registry-features';
import { addGuard, addGuardCases, type GuardCase } from './registry-guards';
import { addDecision, type NewDecision } from './registry-decisions';
import { lockAlias } from './registry-documents';
import { liveIndex } from './registry-indexes';
import { addModelVersion, type NewModelVersion } from './registry-models';
import { type ModelPromotion, promoteModel } from './registry-promotions';
import { addStrategy, promoteStrategy, type StrategyPromotion, type StrategyVersion } from './registry-strategies';
import { nextVersion } from './registry-versions';

export interface NewDatasetVersion {
  name: string;
  artifact: ArtifactRef;
  rejects?: ArtifactRef | undefined;
  report?: ArtifactRef | undefined;
  signatures?: ArtifactRef | undefined;
  counts: CleanCounts;
  /** Whether its units are kept for later runs. */
  keepsUnits?: boolean | undefined;
}

export interface Promotion {
  alias: string;
  version: number;
  reason: string;
  /** Who let it go live; left out where nobody had to. */
  approvedBy?: string | undefined;
  /** What the index holds: its watermark. */
  dataset?: { name: string; version: number };
  /** Whether the index that was live goes on to receive updates, to be gone back to. */
  keepPrevious?: boolean;
}

/** What one piece of work writes when it is published: all of it with the ledger's entry, or none. */
export class RegistryTransaction {
  constructor(
    private readonly query: Query,
    private readonly workKey: string,
  ) {}

  /** Enters an artifact. Equal content that other work has published before is the same artifact. */
  async addArtifact(ref: ArtifactRef): Promise<void> {
    const { uri, sha256, bytes, rows, kind } = ref;
    await this.query(
      `insert into llm_pack.artifacts (uri, sha256, bytes, rows, kind, work_key) values ($1, $2, $3, $4, $5, $6)
       on conflict (uri) do nothing`,
      [uri, sha256, bytes, rows, kind, this.workKey],
    );
    const same = await this.query(
      'select 1 from llm_pack.artifacts where (uri, sha256, bytes, rows, kind) = ($1, $2, $3, $4, $5)',
      [uri, sha256, bytes, rows, kind],
    );
    if (same.length === 0) throw failure('InvariantBroken', `${uri} is on record with another content.`);
  }

  /** Enters a dataset and its artifacts as the next version of its name, counted from 1 without gaps. Returns that. */
  async addDatasetVersion(dataset: NewDatasetVersion): Promise<number> {
    const { name, artifact, rejects, report, signatures, counts, keepsUnits = false } = dataset;
    for (const ref of [artifact, rejects, report, signatures]) if (ref) await this.addArtifact(ref);
    const version = await nextVersion(this.query, 'dataset', name);
    await this.query(
      `insert into llm_pack.dataset_versions
         (name, version, work_key, artifact, rejects, report, counts, signatures, keeps_units)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[name, version, this.workKey, artifact.uri, rejects?.uri, report?.uri, JSON.stringify(counts)],
        ...[signatures?.uri, keepsUnits],
      ],
    );
    return version;
  }

  /** Enters an earlier dataset version as the next of its name, with all that belongs to it. Returns that. */
  async renewDatasetVersion({ name, version }: { name: string; version: number }): Promise<number> {
    const next = await nextVersion(this.query, 'dataset', name);
    await this.query(
      `insert into llm_pack.dataset_versions (name, version, work_key, artifact, rejects, report, counts, signatures)
       select name, $3, $4, artifact, rejects, report, counts, signatures from llm_pack.dataset_versions
       where name = $1 and version = $2`,
      [name, version, next, this.workKey],
    );
    return next;
  }

  /** Enters a fitted transform as the next version of its name. Returns that. */
  async addTransformVersion(name: string, artifact: ArtifactRef): Promise<number> {
    await this.addArtifact(artifact);
    return addTransform(this.query, this.workKey, name, artifact);
  }

  /** Enters features, their card and their rejects as the next version of their name. Returns that. */
  async addFeatureVersion(features: NewFeatureVersion): Promise<number> {
    for (const ref of [features.artifact, features.card, features.rejects]) if (ref) await this.addArtifact(ref);
    return addFeatures(this.query, this.workKey, features);
  }

  /** Enters a trained guard as the next version of its name. Returns that. */
  async addGuardVersion(guard: { name: string; artifact: ArtifactRef; quality: GuardQuality }): Promise<number> {
    await this.addArtifact(guard.artifact);
    return addGuard(this.query, this.workKey, guard);
  }

  /** Enters a model as the next version of its name, with the version that it was trained from. Returns that. */
  async addModelVersion(model: NewModelVersion): Promise<number> {
    await this.addArtifact(model.artifact);
    return addModelVersion(this.query, this.workKey, model);
  }

  /** Records what was measured of a version that this work registers. */
  addEvaluation(evaluation: Omit<EvaluationEntry, 'workKey'>): Promise<void> {
    return addEvaluation(this.query, { ...evaluation, workKey: this.workKey });
  }

  /** Enters a verdict on a candidate, whatever it says. Returns its id, for the promotion that follows it. */
  addDecision(decision: NewDecision): Promise<number> {
    return addDecision(this.query, this.workKey, decision);
  }

  /** Makes a version of a model the live one of its name. @throws `ModelVersionNotFound`, `Superseded` */
  promoteModel(promotion: ModelPromotion): Promise<number | null> {
    return promoteModel(this.query, this.workKey, promotion);
  }

  /** Keeps attacks that have got past a guard. Returns how many were not known. */
  addGuardCases(guard: string, cases: readonly GuardCase[], approvedBy: string): Promise<number> {
    return addGuardCases(this.query, this.workKey, guard, cases, approvedBy);
  }

  /**
   * Makes a version the live one of its alias and returns the physical index that was live before. One that is live
   * already stays so, and what it replaced is returned.
   * @throws `Superseded` where a newer version is live: a slow run must not take back what a later one has put out.
   */
  async promoteIndex({ alias, version, reason, approvedBy, dataset, keepPrevious = false }: Promotion): Promise<{
    previous: string | null;
  }> {
    // Of two promotions at once, the second sees what the first has made live; no update is under way.
    await lockAlias(this.query, alias);
    const [candidate] = await this.query<{ deleted: boolean; complete: boolean }>(
      `select deleted_at is not null as deleted, receives_writes or base_version is null as complete
       from llm_pack.index_versions where alias = $1 and version = $2`,
      [alias, version],
    );
    if (!candidate || candidate.deleted) {
      throw failure(
        'InvariantBroken',
        `${alias} version ${version} ${candidate ? 'is deleted' : 'was never reserved'}.`,
      );
    }
    const live = await liveIndex(this.query, alias);
    if (live?.version === version) return { previous: live.previous };
    if (live && live.version > version) {
      throw failure('Superseded', `${alias} version ${live.version} is live, and newer than version ${version}.`);
    }
    if (!candidate.complete) {
      throw failure('Superseded', `${alias} version ${version} was given up, and has missed updates since.`);
    }
    const undo = live ? { alias, version: live.version, physical: live.physical } : null;
    await this.query(
      `insert into llm_pack.promotions (kind, name, version, previous_version, work_key, reason, undo, approved_by)
       values ('index', $1, $2, $3, $4, $5, $6, $7)`,
      [alias, version, live?.version, this.workKey, reason, undo && JSON.stringify(undo), approvedBy],
    );
    // Of those that were live, only the last can be gone back to. Builds go on.
    await this.query(
      `update llm_pack.index_versions i
       set receives_writes = $3 and version is not distinct from $4 and base_version is not null
       where alias = $1 and version < $2
         and exists (select from llm_pack.promotions p where p.index_alias = i.alias and p.version = i.version)`,
      [alias, version, keepPrevious, live?.version],
    );
    if (dataset) await this.setWatermark(alias, version, dataset);
    return { previous: live?.physical ?? null };
  }

  /** Enters a strategy; equal content is the version that it was. Returns that. */
  addStrategyVersion(strategy: Omit<StrategyVersion, 'version'>): Promise<number> {
    return addStrategy(this.query, this.workKey, strategy);
  }

  /** Makes a strategy the live one of its name. @throws `Superseded` where another rollout has the pointer. */
  promoteStrategy(promotion: StrategyPromotion): Promise<void> {
    return promoteStrategy(this.query, this.workKey, promotion);
  }

  /** Records that an index holds all of a dataset version. */
  async setWatermark(alias: string, version: number, dataset: { name: string; version: number }): Promise<void> {
    await this.query(
      `update llm_pack.index_versions set dataset_name = $3, dataset_version = $4 where alias = $1 and version = $2`,
      [alias, version, dataset.name, dataset.version],
    );
  }

  /** Lets go of the texts of changes that were applied before a dataset was read which the index now holds. */
  forgetTexts(alias: string, before: Date): Promise<void> {
    return forgetTexts(this.query, alias, before);
  }

  /** Records that `output` was made from `inputs`. Each is a URI, as `artifact:dataset/<sha256>` or `index:<physical>`. */
  async addLineage(output: string, inputs: readonly string[]): Promise<void> {
    await this.query(
      `insert into llm_pack.lineage (output, input, work_key) select $1, input, $3 from unnest($2::text[]) as input
       on conflict do nothing`,
      [output, inputs, this.workKey],
    );
  }
}
