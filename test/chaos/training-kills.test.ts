import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { QUEUES } from '../../schemas/names';
import { trainModelStage, type TrainModelOutput } from '../../schemas/train-model';
import type { MetricLine } from '../../schemas/training';
import { readStack } from '../../workers/stack/stack';
import { seededRandom } from '../support/random';
import { processesNaming, stubTraining, writeRows } from '../support/training';
import { readJobLines } from '../support/training-lines';
import { build, CliProject } from '../system/cli-process';

const ROOT = join(__dirname, '..', '..');
const SEED = Number(process.env['CHAOS_SEED'] ?? 20_261_126);
/** Of each process; ten make the long form. */
const KILLS = Number(process.env['TRAINING_KILLS'] ?? 1);
/** The trainers' own Python instead of the stub: the real torchrun, a real model, real checkpoints. */
const IS_REAL = process.env['TRAINING_REAL'] !== undefined;
/** Processes of the job by what their command lines name, and processes of the stack by their names. */
const VICTIMS = ['rank', 'torchrun', 'supervise.py', 'cpu', 'llm', 'temporal'] as const;
const NAMED_IN: Record<string, (args: string) => boolean> = IS_REAL
  ? {
      rank: (args) => args.includes('llm_pack_trainers.run') && !args.includes('torch.distributed.run'),
      torchrun: (args) => args.includes('torch.distributed.run'),
    }
  : { rank: (args) => args.includes('trainer.py'), torchrun: (args) => args.includes('torchrun.py') };
const STEPS = IS_REAL ? 700 : 240;
const STEP_SECONDS = 0.1;
const INTERVAL = 10;
/** More than what is written between two looks: steps beyond it are those of a job that is there. */
const LEAD = IS_REAL ? 60 : 8;
const PARAMETERS = IS_REAL
  ? {
      ...{ batchSize: 8, microBatchSize: 4, maxLength: 64, learningRate: 3e-3 },
      architecture: { hidden: 64, intermediate: 128, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 512 },
    }
  : { architecture: {} };

/** What a user has: `llm-pack up` with every pool. The trainer is a stub, its processes are real. */
describe(`kill -9 of whatever trains, or watches over it (CHAOS_SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  let project: CliProject;
  let up: ChildProcess;
  let undisturbed: TrainModelOutput;

  beforeAll(async () => {
    await build();
    const config = IS_REAL ? {} : stubTraining;
    project = await CliProject.create({ 'temporal.config.ts': `export default ${JSON.stringify(config)};` });
    if (IS_REAL) {
      // The same rows twice: what comes of them is compared.
      const texts = (await readFile(join(ROOT, 'docs', 'cleaning.md'), 'utf8')).split('\n\n');
      const rows = texts.map((text) => `${JSON.stringify({ text })}\n`).join('');
      for (const name of ['rows.jsonl', 'quick.jsonl']) await project.write(name, rows);
    } else {
      await writeRows(project.dir, 'rows.jsonl', { stepSeconds: STEP_SECONDS });
      await writeRows(project.dir, 'quick.jsonl', { stepSeconds: 0.001 });
    }
    up = project.spawn('up');
    await vi.waitFor(async () => expect(Object.keys((await stack()).processes)).toHaveLength(6), {
      timeout: 240_000,
      interval: 500,
    });
    undisturbed = await train('undisturbed', 'quick.jsonl');
  });
  afterAll(async () => {
    up.kill('SIGTERM');
    await once(up, 'exit');
    await project.remove();
  });

  async function stack() {
    const found = await readStack(join(project.dir, '.llm-pack'));
    if (!found) throw new Error('the stack is not running');
    return found;
  }

  /** The client is a user who asks again until the server is back; the run itself needs no help. */
  async function train(id: string, source: string): Promise<TrainModelOutput> {
    const connection = await Connection.connect({ address: (await stack()).addresses.temporal.address });
    const { workflow } = new Client({ connection });
    const input = {
      name: 'chaos',
      data: { source },
      processesPerNode: 2,
      parameters: { ...PARAMETERS, steps: STEPS, checkpointEverySteps: INTERVAL },
      force: true,
    };
    const options = { taskQueue: QUEUES.llm, workflowId: `train-${id}`, args: [input] };
    await workflow.start('trainModel', options);
    const result = () => workflow.getHandle(options.workflowId).result();
    return trainModelStage.output.parse(
      await vi.waitFor(result, { timeout: 600_000 }).finally(() => connection.close()),
    );
  }

  /** SIGKILL, of one of those that are there; nothing where there is none at the moment. */
  async function kill(victim: string): Promise<boolean> {
    const ofStack = Object.entries((await stack()).processes).find(([name]) => name.endsWith(victim));
    const pids = ofStack
      ? [ofStack[1].pid]
      : jobProcesses()
          .filter(({ args }) => (NAMED_IN[victim] ?? ((text) => text.includes(victim)))(args))
          .map(({ pid }) => pid);
    if (pids.length === 0) return false;
    process.kill(random.pick(pids), 'SIGKILL');
    return true;
  }
  const jobProcesses = () => processesNaming(project.dir).filter(({ args }) => args.includes('chaos-'));

  it.each(Array.from({ length: KILLS }, (_, round) => round))(
    'round %i: the same model, and nothing twice',
    async (round) => {
      let isOver = false;
      const seen = new Map<string, MetricLine>();
      const following = (async () => {
        while (!isOver) {
          for (const line of await readJobLines(join(project.dir, '.llm-pack', 'training'), 'chaos-')) {
            seen.set(`${line.attempt} ${line.step}`, line);
          }
          await after(300);
        }
      })();
      const kills: string[] = [];
      const killing = (async () => {
        for (const victim of random.shuffle(VICTIMS)) {
          // The job has to be there, and somewhere within its steps.
          const wanted = seen.size + LEAD + random.below(15);
          const isThere = () => expect(isOver || seen.size > wanted).toBe(true);
          await vi.waitFor(isThere, { timeout: 120_000, interval: 200 });
          if (!isOver && (await kill(victim))) kills.push(victim);
        }
      })();
      const output = await train(`round-${round}`, 'rows.jsonl').finally(() => (isOver = true));
      await Promise.all([killing, following]);

      expect(kills.sort()).toEqual([...VICTIMS].sort());
      // Bit by bit. The state of the stub is a product over its steps: one that was left out or taken twice would show.
      expect(output.metrics?.after).toEqual(undisturbed.metrics?.after);
      const lines = [...seen.values()];
      const attempts = [...new Set(lines.map(({ attempt }) => attempt))].sort((a, b) => a - b);
      // Each kill of the job's own processes costs one attempt, and no other kill costs any.
      expect(attempts).toHaveLength(4);
      for (const [at, attempt] of attempts.entries()) {
        const own = lines.filter((line) => line.attempt === attempt);
        const before = lines.filter((line) => line.attempt === attempts[at - 1]);
        const begins = Math.min(...own.map(({ step }) => step));
        if (before.length === 0) continue;
        // It goes on from the last checkpoint, and not while the one before still runs.
        const reached = Math.max(...before.map(({ step }) => step));
        expect(reached - (begins - 1)).toBeLessThanOrEqual(INTERVAL);
        expect(Math.min(...own.map(({ at: time }) => time))).toBeGreaterThan(
          Math.max(...before.map(({ at: time }) => time)),
        );
      }
      expect(jobProcesses()).toEqual([]);
    },
  );
});
