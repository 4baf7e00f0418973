/**
 * What the stage costs over the bare command: trainModel on real servers against torchrun alone, on the same rows with the same
 * parameters and two ranks, by turns. `--steps N` sets how long the job is; what the stage adds is a fixed sum, so its share of
 * a job of three minutes is told as well.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { prepareJobFolder } from '../activities/training/job-folder';
import { torchrunCommand, torchrunEnvironment } from '../activities/training/launchers/torchrun';
import { RECIPE_PARAMETERS } from '../schemas/training-recipes';
import { startPack } from '../test/support/pack';
import { defaultCacheDir } from '../workers/stack/cache';
import { startStack } from '../workers/stack/stack';
import { ensureTrainersPython } from '../workers/stack/trainers';
import { median } from './figures';

const at = process.argv.indexOf('--steps');
const STEPS = at === -1 ? 1_000 : Number(process.argv[at + 1]);
const PAIRS = 3;
const RANKS = 2;
const JOB_SECONDS = 180;
const parameters = {
  ...{ steps: STEPS, batchSize: 8, microBatchSize: 4, maxLength: 64, learningRate: 3e-3, checkpointEverySteps: 100 },
  architecture: { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 512 },
};

async function main(): Promise<void> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'llm-pack-bench-'));
  const python = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
  const stack = await startStack({ stateDir, cacheDir: defaultCacheDir(), env: {}, log: () => undefined });
  const { temporal, databaseUrl, elasticsearchUrl } = stack.addresses;
  const pack = await startPack({ temporalAddress: temporal.address, databaseUrl, elasticsearchUrl });
  try {
    const page = await readFile(path.join(__dirname, '..', 'docs', 'architecture.md'), 'utf8');
    const rows = page.split('\n\n').map((text) => `${JSON.stringify({ text })}\n`);
    await writeFile(path.join(pack.projectDir, 'rows.jsonl'), rows.join(''));
    const added: number[] = [];
    const bare: number[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const alone = await timed(() => bareCommand(python, path.join(pack.projectDir, `bare-${pair}`), rows.length));
      const input = { name: 'bench', data: { source: 'rows.jsonl' }, parameters, processesPerNode: RANKS, force: true };
      const staged = await timed(async () => (await pack.start('trainModel', input, `bench-${pair}`)).result());
      bare.push(alone);
      added.push(staged - alone);
      console.log(`bare ${alone.toFixed(1)} s, stage ${staged.toFixed(1)} s`);
    }
    const more = median(added);
    console.log(`the stage adds ${more.toFixed(1)} s to ${median(bare).toFixed(1)} s (median of ${PAIRS} pairs)`);
    console.log(`of a job of ${JOB_SECONDS} s that is ${((100 * more) / JOB_SECONDS).toFixed(1)}%`);
    console.log(`Node ${process.version}, ${availableParallelism()} cores, ${RANKS} ranks, ${STEPS} steps`);
  } finally {
    await pack.stop();
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }

  async function bareCommand(interpreter: string, dir: string, count: number): Promise<void> {
    const job = {
      ...{
        id: 'bare',
        attempt: 1,
        recipe: 'pretrain' as const,
        parameters: RECIPE_PARAMETERS.pretrain.parse(parameters),
      },
      ...{ models: {}, eval: null, columns: { text: 'text' }, resumeFrom: null, dir, lineage: {} },
      train: { format: 'jsonl' as const, paths: [path.join(pack.projectDir, 'rows.jsonl')], rows: count },
    };
    await prepareJobFolder(job);
    const request = { id: 'bare', dir, nodes: 1, processesPerNode: RANKS, env: {} };
    const [command = '', ...argv] = torchrunCommand(request, { python: interpreter });
    const perNode = { cpus: RANKS, gpus: 0, memoryBytes: 2 ** 30 };
    const env = { ...process.env, ...torchrunEnvironment({ ...request, perNode }) };
    await promisify(execFile)(command, argv, { env });
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = Date.now();
  await work();
  return (Date.now() - begun) / 1_000;
}

void main();
