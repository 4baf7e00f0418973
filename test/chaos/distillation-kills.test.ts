import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client as Temporal, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { artifactKey } from '../../activities/stores/artifact-store';
import { FileArtifactStore } from '../../activities/stores/file-store';
import { Registry } from '../../activities/stores/registry';
import { distillModelStage, type DistillModelOutput } from '../../schemas/distill-model';
import { QUEUES } from '../../schemas/names';
import { KillableWorker } from '../support/killable-worker';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { stubTraining } from '../support/training';
import { build, CliProject } from '../system/cli-process';

const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
/** Kills in all, one moment after another and as many rounds as that takes; six are one round with a kill at each. */
const KILLS = Number(process.env['DISTIL_KILLS'] ?? 1);
/** Activities within which the worker dies, or just after them, in their order; of the training, that of its child. */
const MOMENTS = ['teachUnit', 'watchTraining', 'exportStudent', 'scoreModel', 'timeStudent', 'publishStudent'] as const;
const WITHIN_MS = 200;
const CONCURRENCY = 2;
const UNIT_TEXTS = 4;

const SUBJECTS = ['pumps', 'seals', 'rivers', 'bread', 'volcanoes', 'tea', 'trains', 'glass', 'bees', 'maps'];
const SAYINGS = ['are older than most people think', 'need care in winter', 'were traded along the coast'];

/** MiniLM and students that are cut from it by a trainer that learns nothing: real weights, graphs, vectors and times. */
describe(`students whose worker is killed with SIGKILL (CHAOS_SEED=${SEED}, DISTIL_KILLS=${KILLS})`, () => {
  const random = seededRandom(SEED);
  const prefix = `killed-${process.pid}-${Date.now()}`;
  let registry: Registry;
  let store: FileArtifactStore;
  let project: CliProject;
  let worker: KillableWorker;
  let connection: Connection;
  let client: Temporal;

  beforeAll(async () => {
    await build();
    const { temporalAddress, databaseUrl, elasticsearchUrl } = sharedServers();
    registry = new Registry(databaseUrl);
    await registry.migrate();
    const created = await CliProject.create({
      'temporal.config.ts': `export default ${JSON.stringify(stubTraining)};`,
    });
    project = created.withEnv({
      TEMPORAL_ADDRESS: temporalAddress,
      DATABASE_URL: databaseUrl,
      ELASTICSEARCH_URL: elasticsearchUrl,
    });
    store = new FileArtifactStore(path.join(project.dir, '.llm-pack', 'artifacts'));
    connection = await Connection.connect({ address: temporalAddress });
    client = new Temporal({ connection });
    worker = await KillableWorker.start(project);
    const teacher = { source: 'encoder:default', name: `${prefix}-teacher`, licence: 'apache-2.0' };
    const options = { taskQueue: QUEUES.llm, workflowId: `${prefix}-import`, args: [teacher] };
    await client.workflow.execute('importModel', options);
  });
  afterAll(async () => {
    await worker.stop();
    await connection.close();
    await registry.close();
    await project.remove();
  });

  /** Documents that no other round has, so that the teacher has said nothing of them, each the answer to one question. */
  async function write(round: number): Promise<void> {
    const documents = SUBJECTS.flatMap((subject, at) =>
      SAYINGS.map((saying, way) => ({
        id: `${subject}-${way}`,
        text: `${subject} ${saying}, as chapter ${at + 1} of book ${round + 1} tells.`,
      })),
    );
    const queries = documents.map(({ id, text }) => ({ query: text.replace(/, as.*/, '?'), relevant: { [id]: 1 } }));
    const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await project.write(`documents-${round}.jsonl`, lines(documents));
    await project.write(`golden-${round}.jsonl`, lines(queries));
  }

  const begin = (round: number, name: string, workflowId: string) => {
    const documents = { source: `documents-${round}.jsonl` };
    const input = {
      ...{ name, teacher: `${prefix}-teacher`, data: documents, unitTexts: UNIT_TEXTS, concurrency: CONCURRENCY },
      student: { layers: 6, parameters: { steps: 6, batchSize: 4, microBatchSize: 2 } },
      precisions: ['fp32'],
      gate: {
        ...{ golden: `golden-${round}.jsonl`, documents, minimumCases: 10 },
        speed: { buckets: [16], texts: 8, rounds: 3, minimum: 0.01 },
      },
    };
    return client.workflow.start('distillModel', { taskQueue: QUEUES.llm, workflowId, args: [input] });
  };
  const finish = async (started: ReturnType<typeof begin>): Promise<DistillModelOutput> =>
    distillModelStage.output.parse(await (await started).result());

  /** Events of a run, which needs no worker; none where it has not begun. */
  const eventsOf = async (workflowId: string) => {
    const history = await client.workflow
      .getHandle(workflowId)
      .fetchHistory()
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      });
    return history?.events ?? [];
  };
  /** Numbers of the events by which a run has asked for an activity. */
  const scheduled = async (workflowId: string, activity: string): Promise<string[]> =>
    (await eventsOf(workflowId))
      .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity)
      .map(({ eventId }) => String(eventId));

  async function killAt(moment: string, workflowId: string): Promise<void> {
    const of = moment === 'watchTraining' ? `${workflowId}-train` : workflowId;
    await vi.waitFor(async () => expect(await scheduled(of, moment)).not.toEqual([]), {
      timeout: 300_000,
      interval: 50,
    });
    await after(random.below(WITHIN_MS));
    await worker.kill();
  }

  /** Its files but those that bear its name. */
  const contents = async ({ model }: DistillModelOutput) => {
    const manifest = await store.manifest(artifactKey(model?.artifact ?? { uri: '' }));
    const files = manifest?.files.filter(({ name }) => name !== 'README.md');
    return files?.map(({ name, sha256 }) => ({ name, sha256 }));
  };

  const rounds = Math.ceil(KILLS / MOMENTS.length);
  it.each(Array.from({ length: rounds }, (_, round) => round))(
    'round %i: one version, the same as of an undisturbed run, and no unit of the teacher is asked twice but those in flight',
    async (round) => {
      await write(round);
      const name = `${prefix}-${round}`;
      const started = begin(round, name, name);
      const moments = MOMENTS.slice(0, KILLS - round * MOMENTS.length);
      for (const moment of moments) await killAt(moment, name);
      const output = await finish(started);
      const texts = SUBJECTS.length * SAYINGS.length;
      expect(output).toMatchObject({
        ...{ outcome: 'published', verdict: 'promote', teaching: { rows: texts }, model: { name, version: 1 } },
      });
      expect(await registry.decisions({ kind: 'model', name, limit: 10 })).toHaveLength(1);

      const units = await scheduled(name, 'teachUnit');
      expect(units).toHaveLength(Math.ceil(texts / UNIT_TEXTS));
      const starts = (await eventsOf(name)).flatMap(({ activityTaskStartedEventAttributes: start }) =>
        start && units.includes(String(start.scheduledEventId)) ? [start.attempt ?? 1] : [],
      );
      expect(starts.filter((attempt) => attempt > 1).length).toBeLessThanOrEqual(CONCURRENCY);
      expect(Math.max(...starts)).toBeLessThanOrEqual(2);

      // The same once more is what is on record, and another student of the same texts asks the teacher nothing.
      expect(await finish(begin(round, name, `${name}-again`))).toEqual({ ...output, outcome: 'reused' });
      const calm = await finish(begin(round, `${name}-calm`, `${name}-calm`));
      expect(await scheduled(`${name}-calm`, 'teachUnit')).toEqual([]);
      expect(calm.teaching).toEqual(output.teaching);
      expect(await contents(calm)).toEqual(await contents(output));
    },
  );
});
