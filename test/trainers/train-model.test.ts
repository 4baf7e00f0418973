import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { artifactKey } from '../../activities/stores/artifact-store';
import { listCheckpoints } from '../../activities/training/job-folder';
import { buildFeaturesStage } from '../../schemas/build-features';
import { MESSAGES } from '../../schemas/names';
import { trainModelStage, type TrainModelOutput } from '../../schemas/train-model';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';
import { type CollectedSpan, startTraceCollector } from '../support/trace-collector';
import { processesNaming, stepOf, untilProgress } from '../support/training';

/** OTLP's code for a span that failed. */
const STATUS_ERROR = 2;

/** A model of 60 thousand parameters learns the pack's own documentation, cleaned, by torchrun with two ranks. */
describe('a model that is trained by torchrun', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  let collector: Awaited<ReturnType<typeof startTraceCollector>>;
  beforeAll(async () => {
    collector = await startTraceCollector();
    pack = await startPack(sharedServers(), {}, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const docs = await Promise.all(
      ['architecture', 'cleaning', 'features', 'search', 'agents'].map((name) =>
        readFile(path.join(__dirname, '..', '..', 'docs', `${name}.md`), 'utf8'),
      ),
    );
    const texts = docs.flatMap((text) => text.split('\n\n'));
    await writeFile(
      path.join(pack.projectDir, 'docs.jsonl'),
      texts.map((text) => `${JSON.stringify({ text })}\n`).join(''),
    );
    const cleaned = { source: 'docs.jsonl', name: 'docs', recipe: 'minimal' };
    await (await pack.start('cleanDataset', cleaned, 'clean-docs')).result();
  });
  afterAll(async () => {
    await pack.stop();
    await collector.close();
  });

  const input = (name: string, steps: number) => ({
    name,
    recipe: 'pretrain',
    data: { dataset: 'docs' },
    processesPerNode: 2,
    parameters: {
      ...{ steps, batchSize: 8, microBatchSize: 4, maxLength: 64, learningRate: 3e-3, checkpointEverySteps: 20 },
      architecture: { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 512 },
    },
  });
  /** Processes of the trainings of that name, of this project alone: others run beside. */
  const processesOf = (name: string) => processesNaming(path.join(pack.dependencies.training.dir, `${name}-`));
  const resultOf = async (handle: WorkflowHandle): Promise<TrainModelOutput> =>
    trainModelStage.output.parse(await handle.result());

  it('is published with its lineage, although a rank of it was killed', async () => {
    const handle = await pack.start('trainModel', input('tiny', 300), 'train-tiny');
    await untilProgress(handle, (progress) => stepOf(progress) >= 1, 300_000);
    const [folder = ''] = (await readdir(pack.dependencies.training.dir)).filter((name) => name.startsWith('tiny-'));
    // Published, and not only begun: what is written beside it is no checkpoint to go on from.
    const published = () => listCheckpoints(path.join(pack.dependencies.training.dir, folder));
    await vi.waitFor(async () => expect(await published()).not.toEqual([]), { timeout: 60_000 });
    const ranks = processesOf('tiny').filter(
      ({ args }) =>
        args.includes('llm_pack_trainers.run') &&
        !args.includes('torch.distributed.run') &&
        !args.includes('supervise'),
    );
    expect(ranks).toHaveLength(2);
    for (const { pid } of ranks.slice(1)) process.kill(pid, 'SIGKILL');
    const { attempts, metrics, model, counts } = await resultOf(handle);
    expect(attempts).toMatchObject([
      { ended: 'infrastructure', fromStep: 0 },
      { ended: 'done', toStep: 300 },
    ]);
    expect(attempts?.[1]?.fromStep).toBeGreaterThanOrEqual(20);
    expect(counts.steps).toBe(300);
    expect(metrics?.after['loss']).toBeLessThan((metrics?.before['loss'] ?? 0) - 0.5);
    const version = await pack.dependencies.registry.model('tiny');
    expect(version).toMatchObject({ version: 1, kind: 'causal-lm', base: null, artifact: model?.artifact });
    const card = await pack.dependencies.store.localFile(artifactKey(model?.artifact ?? { uri: '' }), 'README.md');
    expect(await readFile(card, 'utf8')).toContain((await pack.dependencies.registry.dataset('docs'))?.artifact.uri);
    expect(processesOf('tiny')).toEqual([]);

    // Its trace goes on in PyTorch: the killed attempt has loaded and not trained to the end, and the second came through.
    await vi.waitFor(
      () => {
        const trace = collector.spans.filter(
          ({ traceId }) => traceId === handle.firstExecutionRunId.replaceAll('-', ''),
        );
        const named = (name: string) => trace.filter((span) => span.name === name);
        const run = named('RunWorkflow:trainModel');
        const submits = named('RunActivity:submitTraining');
        expect([run, submits, named('trainer load')].map(({ length }) => length)).toEqual([1, 2, 2]);
        expect(submits.every(({ parentSpanId }) => parentSpanId === run[0]?.spanId)).toBe(true);
        const isWell = ({ status }: CollectedSpan) => status?.code !== STATUS_ERROR;
        const parents = (name: string) =>
          named(name)
            .filter(isWell)
            .map(({ parentSpanId }) => parentSpanId);
        const [first, second] = submits
          .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
          .map(({ spanId }) => spanId);
        expect(parents('trainer load').toSorted()).toEqual([first, second].toSorted());
        expect([parents('trainer train'), parents('trainer save')]).toEqual([[second], [second]]);
      },
      { timeout: 30_000, interval: 500 },
    );
  });

  it('learns the packed sequences of buildFeatures, by the tokenizer that has made them', async () => {
    const sequences = { length: 64, packing: 'bestFit', vocabulary: 512 };
    const built = { dataset: 'docs', name: 'packed', sequences };
    const features = buildFeaturesStage.output.parse(
      await (await pack.start('buildFeatures', built, 'pack-docs')).result(),
    );
    const data = { features: 'packed' };
    const wanted = { ...input('from-packed', 40), data };
    const { metrics, model, counts } = await resultOf(await pack.start('trainModel', wanted, 'train-packed'));
    expect(counts).toMatchObject({ rows: features.counts.sequences, steps: 40 });
    expect(metrics?.after['loss']).toBeLessThan((metrics?.before['loss'] ?? 0) - 0.5);
    const fileOf = async (artifact: { uri: string } | undefined, name: string) =>
      readFile(await pack.dependencies.store.localFile(artifactKey(artifact ?? { uri: '' }), name), 'utf8');
    const vocabulary = async (artifact: { uri: string } | undefined) =>
      (JSON.parse(await fileOf(artifact, 'tokenizer.json')) as { model: { vocab: object } }).model.vocab;
    expect(await vocabulary(model?.artifact)).toEqual(await vocabulary(features.transform?.artifact));
    expect(await fileOf(model?.artifact, 'README.md')).toContain(features.features?.artifact.uri);
    // Nothing in packed tokens says which of them are an answer.
    const tuned = { ...wanted, recipe: 'sft', name: 'tuned', base: 'from-packed', parameters: { steps: 1 } };
    await expect((await pack.start('trainModel', tuned, 'tune-packed')).result()).rejects.toSatisfy(
      (error: WorkflowFailedError) =>
        /features packed@1 hold no rows with text, prompt/.test(String(error.cause?.message)),
    );
  });

  it('ends a fine-tuning that stands still with the model of its last checkpoint', async () => {
    const { parameters, ...wanted } = input('still', 2_000);
    const handle = await pack.start(
      'trainModel',
      {
        ...{ ...wanted, recipe: 'sft', base: 'from-packed', rules: { plateau: { lines: 10, minChange: 0.9 } } },
        parameters: { ...parameters, architecture: undefined },
      },
      'train-still',
    );
    const { attempts, counts, metrics } = await resultOf(handle);
    expect(attempts).toMatchObject([
      { ended: 'rule', fromStep: 0 },
      { ended: 'done', toStep: counts.steps },
    ]);
    expect(counts.steps).toBe(attempts?.[0]?.toStep);
    expect(counts.steps).toBeLessThan(2_000);
    expect(metrics?.after['loss']).toBeLessThan(metrics?.before['loss'] ?? 0);
    expect(await pack.dependencies.registry.model('still')).toMatchObject({ version: 1, base: 'from-packed@1' });
  });

  it('stops for a pause within 15 s, its checkpoint written, and goes on from there', async () => {
    const handle = await pack.start('trainModel', input('halted', 300), 'train-halted');
    await untilProgress(handle, (progress) => stepOf(progress) >= 1, 300_000);
    const asked = Date.now();
    await handle.executeUpdate(MESSAGES.pause);
    await untilProgress(handle, ({ findings }) => findings.join().includes('Job: **paused**'));
    expect(Date.now() - asked).toBeLessThan(15_000);
    expect(processesOf('halted')).toEqual([]);
    await handle.executeUpdate(MESSAGES.resume);
    const { attempts } = await resultOf(handle);
    expect(attempts?.map(({ ended }) => ended)).toEqual(['paused', 'done']);
    expect(attempts?.[1]?.fromStep).toBe(attempts?.[0]?.toStep);
  });
});
