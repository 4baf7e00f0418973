import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { literal, withDuckDB } from '../../activities/cleaning/duckdb';
import type { OpenEncoder } from '../../activities/encoder/wanted';
import { createIndexingActivities } from '../../activities/indexing';
import { createUpdateActivities } from '../../activities/updating';
import type { DatasetDocument } from '../../activities/indexing/chunk-record';
import { workKeyOf } from '../../activities/kit/work';
import { publishArtifact } from '../../activities/stores/content-address';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { Registry } from '../../activities/stores/registry';
import type { BuildWrites } from '../../activities/stores/registry-indexes';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { Chunking } from '../../schemas/chunking';
import type { EncoderIdentity, IndexVersion } from '../../schemas/rebuild-index';
import { packConfig } from '../../schemas/config';
import { openConfiguredEncoder } from '../../workers/dependencies';
import { defaultCacheDir } from '../../workers/stack/cache';
import { sharedServers } from '../support/shared-servers';

export const CHUNKING = { maxTokens: 64, overlapSentences: 1 };
/** Small, so that even a small dataset has many units, some over the border of two files. */
export const UNIT_DOCUMENTS = 3;

/** A build on its way: what a run of rebuildIndex knows of it. */
export interface Build {
  workKey: string;
  dataset: DatasetVersion;
  index: IndexVersion;
  units: number;
  chunking: Chunking;
  encoder: EncoderIdentity;
  writes: BuildWrites;
}

export interface HowToBuild {
  chunking?: Chunking;
  force?: boolean;
  /** As rebuildIndex takes it. */
  encoder?: string;
}

export type Indexing = Awaited<ReturnType<typeof openIndexing>>;

/** The activities of rebuildIndex on the shared servers, with a store of their own, and the steps of a run. */
export async function openIndexing({
  keepOld = 1,
  elasticsearchUrl = sharedServers().elasticsearchUrl,
  encoders,
}: { keepOld?: number; elasticsearchUrl?: string; encoders?: OpenEncoder } = {}) {
  const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-indexing-'));
  const store = new FileArtifactStore(dir);
  const registry = new Registry(sharedServers().databaseUrl);
  const search = new Client({ node: elasticsearchUrl, maxRetries: 0 });
  const settings = { config: packConfig.parse({}), cacheDir: defaultCacheDir() };
  const encoder = await openConfiguredEncoder(settings, () => undefined);
  await registry.migrate();
  const dependencies = {
    store,
    registry,
    search,
    encoder: encoders ?? (() => Promise.resolve(encoder)),
    index: packConfig.parse({ index: { keepOld } }).index,
  };
  const activities = { ...createIndexingActivities(dependencies), ...createUpdateActivities(dependencies) };

  /** Runs one activity as a worker does. */
  const run = <R>(activity: () => Promise<R>): Promise<R> =>
    new MockActivityEnvironment({ heartbeatTimeoutMs: 15_000 }, { logger: new DefaultLogger('ERROR') }).run(activity);

  /** Enters a piece of work in the ledger, as beginWork does. */
  async function beginWork(
    stage: string,
    subject: string,
    inputs: string[],
    recipe: unknown,
    readSince?: Date,
  ): Promise<string> {
    const workKey = workKeyOf({ stage, codeVersion: 1, inputs, recipe }, null);
    await registry.beginWork({
      workKey,
      stage,
      subject,
      workflowId: 'test',
      runId: 'test',
      inputs,
      recipe,
      codeVersion: 1,
      readSince: readSince?.toISOString(),
    });
    return workKey;
  }

  /** Publishes documents as the next version of a dataset, in two Parquet files; `madeOf` is what a rethresholding made it of. */
  async function publishDataset(
    name: string,
    documents: readonly DatasetDocument[],
    readSince?: Date,
    madeOf?: DatasetVersion,
  ): Promise<DatasetVersion> {
    const scratch = await store.scratch();
    const half = Math.ceil(documents.length / 2);
    const rows: Record<string, number> = {};
    for (const [at, part] of [documents.slice(0, half), documents.slice(half)].entries()) {
      const file = `data-0000${at}.parquet`;
      await writeParquet(path.join(scratch, file), part);
      rows[file] = part.length;
    }
    const artifact = await publishArtifact(store, 'dataset', scratch, { rows }, documents.length);
    // Stands for the sources; the dataset itself would make it one that was made of another.
    const sources = createHash('sha256').update(artifact.sha256).digest('hex');
    const recipe = { name, ...(readSince ? { readSince: readSince.toISOString() } : {}) };
    const workKey = await beginWork('cleanDataset', name, [madeOf?.artifact.sha256 ?? sources], recipe, readSince);
    const counts = { files: 2, read: documents.length, kept: documents.length, rejected: 0, reasons: {} };
    const version = await registry.finishWork(workKey, (tx) => tx.addDatasetVersion({ name, artifact, counts }));
    return { name, version, artifact };
  }

  /** Plans a run and makes its build: all that comes before the units. */
  async function begin(
    dataset: string,
    alias: string,
    { chunking = CHUNKING, force = false, encoder = 'default' }: HowToBuild = {},
  ): Promise<Build> {
    const plan = await run(() => activities.planIndex({ dataset, unitDocuments: UNIT_DOCUMENTS, encoder }));
    const inputs = [plan.dataset.artifact.sha256, plan.encoder.fingerprint];
    const workKey = await beginWork('rebuildIndex', alias, inputs, {
      ...{ alias, chunking },
      ...(force ? { nonce: randomUUID() } : {}),
    });
    const { index, writes } = await run(() =>
      activities.createBuild({
        workKey,
        alias,
        dataset: plan.dataset,
        encoder: plan.encoder,
        chunking,
        updates: true,
      }),
    );
    if (!writes) throw new Error('the build receives no updates');
    return { workKey, dataset: plan.dataset, index, units: plan.units, chunking, encoder: plan.encoder, writes };
  }

  const embedUnit = ({ workKey, dataset, chunking, encoder }: Build, unit: number) =>
    run(() =>
      activities.embedUnit({
        workKey,
        dataset,
        encoder,
        unit,
        unitDocuments: UNIT_DOCUMENTS,
        chunking,
      }),
    );
  const indexUnit = ({ workKey, index, dataset, writes }: Build, unit: number) => {
    const load = { dataset, unitDocuments: UNIT_DOCUMENTS, writes };
    return run(() => activities.indexUnit({ workKey, physical: index.physical, unit, load }));
  };

  /** Embeds and indexes every unit. */
  async function fill(build: Build): Promise<number> {
    let chunks = 0;
    for (let unit = 0; unit < build.units; unit += 1) {
      await embedUnit(build, unit);
      chunks += (await indexUnit(build, unit)).chunks;
    }
    return chunks;
  }

  const seal = ({ index, writes }: Build) => run(() => activities.sealBuild({ physical: index.physical, writes }));
  const verify = ({ workKey, index: { alias, physical }, units, writes }: Build) =>
    run(() => activities.verifyBuild({ workKey, physical, units, alias, writes }));
  const promote = ({ workKey, index, dataset, encoder }: Build, keepPrevious = false) =>
    run(() =>
      activities.promoteBuild({
        keepPrevious,
        workKey,
        index,
        dataset,
        encoder,
        counts: { documents: dataset.artifact.rows, chunks: 0, verified: 0 },
      }),
    );

  /** A whole run: from the dataset to the live alias. */
  async function rebuild(
    dataset: string,
    alias: string,
    { keepPrevious = false, ...how }: HowToBuild & { keepPrevious?: boolean } = {},
  ): Promise<Build> {
    const build = await begin(dataset, alias, how);
    await fill(build);
    await seal(build);
    await verify(build);
    await promote(build, keepPrevious);
    return build;
  }

  return {
    store,
    registry,
    search,
    url: elasticsearchUrl,
    encoder,
    run,
    activities,
    beginWork,
    publishDataset,
    begin,
    embedUnit,
    indexUnit,
    fill,
    seal,
    verify,
    promote,
    rebuild,
    /** Every chunk of an index as it stands there, vectors included. */
    async contents(physical: string): Promise<Record<string, unknown>> {
      await search.indices.refresh({ index: physical });
      const { hits } = await search.search({ index: physical, size: 10_000 });
      const chunks = hits.hits.map((hit): [string, unknown] => [hit._id ?? '', hit._source]);
      return Object.fromEntries(chunks.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    async close(): Promise<void> {
      await encoder.close();
      await search.close();
      await registry.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function writeParquet(file: string, documents: readonly DatasetDocument[]): Promise<void> {
  const json = `${file}.jsonl`;
  await writeFile(json, documents.map((document) => JSON.stringify(document)).join('\n'));
  const columns = "{id: 'varchar', source: 'varchar', title: 'varchar', text: 'varchar'}";
  const rows = `select * from read_json(${literal(json)}, format = 'newline_delimited', columns = ${columns})`;
  await withDuckDB((connection) =>
    connection.run(`copy (${rows}) to ${literal(file)} (format parquet, compression zstd)`),
  );
  await rm(json);
}
