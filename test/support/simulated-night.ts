import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { asNewest } from '../../activities/kit/newest';
import { createWorkActivities, workKeyOf } from '../../activities/kit/work';
import { createNightlyActivities } from '../../activities/nightly';
import { createRolloutActivities } from '../../activities/rollout';
import { inDuckDB, writeParquet } from '../../activities/features/parquet';
import { publishArtifact } from '../../activities/stores/content-address';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { Registry } from '../../activities/stores/registry';
import type { ArtifactRef } from '../../schemas/common';

type StageInput = Record<string, never> & { name: string; dataset: string; version: number; force: boolean };

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Clicks of 400,000 users since each move of a rollout, three in ten of all; a fifth fewer of those who get a version that is divisible by
 * four.
 */
const CLICKS = `
  select $4::timestamptz as at, m.sequence::float8 as sequence, arm.name as arm, users, users * mean as sum, users * mean as squares
  from llm_pack.strategy_moves m
  cross join lateral (values
    ('control', (400000 * (1 - m.share))::integer, 0.3::float8),
    ('canary', (400000 * m.share)::integer, case when $2::integer % 4 = 0 then 0.24 else 0.3 end)
  ) arm (name, users, mean)
  where m.name = $1 and m.candidate = $2 and m.sequence >= $3`;

/**
 * Stages that do next to nothing, but on a real registry and with real datasets: a night's source is a number of documents,
 * a model is trained on all of them.
 */
export class SimulatedNights {
  /** Documents that the source holds. */
  documents = 0;
  /** Names of stages that fail, and of those that wait for a person. */
  readonly failing = new Set<string>();
  readonly holding = new Map<string, string>();
  /** An activity that waits for something before it begins. */
  holdUp: { activity: string; until: Promise<void> } | null = null;
  /** Inputs of stages, as they were started. */
  readonly started: { stage: string; input: StageInput }[] = [];

  private constructor(
    readonly registry: Registry,
    readonly store: FileArtifactStore,
    private readonly dir: string,
    private readonly databaseUrl: string,
  ) {}

  static async open(databaseUrl: string): Promise<SimulatedNights> {
    const registry = new Registry(databaseUrl);
    await registry.migrate();
    const dir = await mkdtemp(join(tmpdir(), 'llm-pack-nights-'));
    return new SimulatedNights(registry, new FileArtifactStore(dir), dir, databaseUrl);
  }

  async close(): Promise<void> {
    await this.registry.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  readonly activities = () => ({
    ...createWorkActivities({ registry: this.registry, store: this.store }),
    ...createNightlyActivities({ registry: this.registry, store: this.store, sources: { roots: [] } }),
    ...createRolloutActivities({
      registry: this.registry,
      rollout: {
        config: {
          metrics: { clicks: { type: 'postgres', urlVariable: 'CLICKS', query: CLICKS, timeoutSeconds: 30 } },
          logs: {},
        },
        env: { CLICKS: this.databaseUrl },
      },
    }),
    doStage: async (stage: string, input: StageInput) => {
      this.started.push({ stage, input });
      if (this.failing.has(stage)) throw ApplicationFailure.nonRetryable('broken\nRemedy: mend it', 'InvariantBroken');
      const does = this.stages[stage];
      if (!does) throw new Error(`Nothing stands for ${stage}`);
      return { hold: this.holding.get(stage) ?? null, output: await does(input) };
    },
  });

  private readonly stages: Record<string, (input: StageInput) => Promise<object>> = {
    cleanDataset: ({ name, force }) =>
      this.once('cleanDataset', name, [this.documents, force && this.started.length], async (transaction) => {
        const artifact = await this.dataset(this.documents);
        await transaction.addArtifact(artifact);
        const counts = { files: 1, read: this.documents, kept: this.documents, rejected: 0, reasons: {} };
        const version = await transaction.addDatasetVersion({ name, artifact, counts });
        return { counts, dataset: { name, version, artifact } };
      }),
    updateIndex: async ({ dataset: reference }) => {
      const [name = '', version] = reference.split('@');
      const dataset = await this.registry.dataset(name, Number(version));
      return this.once('updateIndex', reference, 0, () =>
        Promise.resolve({
          ...{ dataset, index: { alias: name, version: 1, physical: name }, before: null, chunks: 0, reconciled: 0 },
          counts: { unchanged: 0, added: 1, changed: 0, deleted: 0, newer: 0, repaired: 0 },
        }),
      );
    },
    trainModel: async (input) => {
      const { name, data } = input as unknown as { name: string; data: { dataset: string } };
      const [of = '', version] = data.dataset.split('@');
      const dataset = await this.registry.dataset(of, Number(version));
      return this.once('trainModel', name, data.dataset, async (transaction) => {
        const artifact: ArtifactRef = { ...reference('model', data.dataset), rows: 0 };
        await transaction.addArtifact(artifact);
        const model = {
          ...{ name, artifact, kind: 'causal-lm' as const, architecture: 'none', parameters: 1 },
          ...{ licence: 'none', source: 'test', base: null, metrics: {} },
        };
        const made = await transaction.addModelVersion(model);
        await transaction.addLineage(artifact.uri, dataset ? [dataset.artifact.uri] : []);
        const counts = { rows: dataset?.artifact.rows ?? 0, evalRows: 0, steps: 1, parameters: 1 };
        return { counts, model: { name, version: made, artifact } };
      });
    },
    promoteVersion: ({ name, version }) =>
      this.once('promoteVersion', name, version, () =>
        Promise.resolve({ counts: { moved: 1 }, name, version, previous: null, decision: null }),
      ),
  };

  /** As stages do: the same work has the result of the first time. */
  private async once(
    stage: string,
    subject: string,
    of: unknown,
    work: (transaction: Parameters<Parameters<Registry['finishWork']>[1]>[0]) => Promise<object>,
  ): Promise<object> {
    const entry = { stage, subject, inputs: [], recipe: { subject, of }, codeVersion: 1 };
    const workKey = workKeyOf(entry, null);
    const begun = { ...entry, workKey, workflowId: subject, runId: subject };
    const { done } = await this.registry.beginWork(begun);
    const renewal = (newest: number) => workKeyOf(entry, `after version ${newest}`);
    if (done)
      return {
        ...((await asNewest(this.registry, begun, done, renewal)) as object),
        outcome: 'reused',
      };
    return this.registry.finishWork(workKey, async (transaction) => ({
      ...{ outcome: 'published', workKey },
      ...(await work(transaction)),
    }));
  }

  /** A dataset of the documents from 0 to `documents`. */
  private async dataset(documents: number): Promise<ArtifactRef> {
    const dir = await mkdtemp(join(this.dir, 'dataset-'));
    const file = 'part-00000.parquet';
    await inDuckDB(dir, (connection) =>
      writeParquet(connection, `select md5(range::varchar) as content_hash from range(${documents})`, join(dir, file)),
    );
    return publishArtifact(this.store, 'dataset', dir, { rows: { [file]: documents } }, documents);
  }
}

function reference(kind: ArtifactRef['kind'], of: string): ArtifactRef {
  return { uri: `artifact:${kind}/${sha(of)}`, sha256: sha(of), bytes: 1, rows: 0, kind };
}
