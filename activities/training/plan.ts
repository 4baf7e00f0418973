import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import { RECIPE_NEEDS, RECIPE_PARAMETERS } from '../../schemas/training-recipes';
import type { ModelVersion } from '../../schemas/models';
import type { TrainModelInput } from '../../schemas/train-model';
import { inScratch } from '../cleaning/scratch';
import { failure } from '../errors';
import { checkColumns } from '../features/read/plan-columns';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import { findData, type FoundData } from './data';
import type { TrainingDependencies } from './dependencies';
import { leastMemory, parametersOf } from './memory';
import { findModel } from './models/model-folder';

/** All that the result of a training depends on; `plan.json` of the plan's artifact. */
export interface TrainingPlan {
  recipe: TrainModelInput['recipe'];
  /** With every default filled in. */
  parameters: Record<string, unknown>;
  train: FoundData;
  eval: FoundData | null;
  columns: Record<string, string>;
  models: Record<string, ModelVersion>;
}

export const PLAN_FILE = 'plan.json';

export type PlanTrainingInput = Pick<
  TrainModelInput,
  | 'recipe'
  | 'parameters'
  | 'base'
  | 'models'
  | 'data'
  | 'evalData'
  | 'columns'
  | 'launcher'
  | 'nodes'
  | 'processesPerNode'
  | 'perNode'
  | 'spot'
>;

/** What a run is about to train, and on what. */
export interface PlannedTraining {
  plan: ArtifactRef;
  rows: number;
  evalRows: number;
  /** Queue of the host that alone sees the job's processes; null where the launcher is reached from any. */
  hostQueue: string | null;
  perNode: { cpus: number; gpus: number; memoryBytes: number };
  /** What is counted and paid: GPUs, or cores where there is none. */
  device: 'gpu' | 'cpu';
  devices: number;
  pricePerHour: number;
  /** Of the price, ISO 4217; absent in plans from before it was counted. */
  currency?: string;
  /** Rows that a rank takes at once. */
  microBatchSize: number;
  /** Bytes of memory that a node needs at least. */
  leastMemory: number;
  /** The model that it starts from. */
  base: Pick<ModelVersion, 'name' | 'version' | 'licence'> | null;
  /** The artifacts that the model will be made of. */
  inputs: string[];
}

/**
 * Finds data, models and launcher, and refuses what can not work before anything is submitted.
 * @throws `LauncherNotConfigured`, `MemoryTooSmall`, `ColumnNotFound`, `ModelVersionNotFound`, and what
 * `findData` throws
 */
export async function planTraining(
  dependencies: TrainingDependencies,
  input: PlanTrainingInput,
): Promise<PlannedTraining> {
  const { store, registry, sources, training, hostQueue } = dependencies;
  const config = training.launchers[input.launcher];
  if (!config) {
    const known = Object.keys(training.launchers).join(', ');
    throw failure('LauncherNotConfigured', `There is no launcher "${input.launcher}"; there are ${known}.`);
  }
  const models: TrainingPlan['models'] = {};
  const wantedModels = { ...input.models, ...(input.base === undefined ? {} : { base: input.base }) };
  for (const [role, reference] of Object.entries(wantedModels)) models[role] = await findModel(registry, reference);
  const parameters: Record<string, unknown> = RECIPE_PARAMETERS[input.recipe].parse(input.parameters);
  const perNode = {
    cpus: input.perNode.cpus ?? input.processesPerNode,
    gpus: input.perNode.gpus,
    memoryBytes: Math.round(input.perNode.memoryGiB * 2 ** 30),
  };
  const least = leastMemory({
    parameters: models['base']?.parameters ?? parametersOf(parameters['architecture']),
    frozenParameters: Object.entries(models).reduce(
      (sum, [role, { parameters: count }]) => sum + (role === 'base' ? 0 : count),
      0,
    ),
    learning: parameters['lora'] === undefined ? 1 : 0.02,
    processesPerNode: input.processesPerNode,
    worldSize: input.nodes * input.processesPerNode,
    isSharded: parameters['parallel'] === 'fsdp',
    tokens: Number(parameters['microBatchSize'] ?? 1) * Number(parameters['maxLength'] ?? 1),
  });
  checkMemory(perNode.memoryBytes, least);

  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      const { train, columns } = await dataFor(dependencies, input, dir);
      const evalData = input.evalData
        ? await findData({ store, registry, roots: sources.roots }, input.evalData, {
            dir,
            role: 'eval',
            wanted: Object.keys(columns),
          })
        : null;
      const { mayHave = [] } = RECIPE_NEEDS[input.recipe];
      const must = Object.entries(columns).filter(([name]) => !mayHave.includes(name));
      if (evalData)
        checkColumns(
          must.map(([, column]) => column),
          new Set(evalData.columns),
          `The ${evalData.label}`,
        );
      const plan: TrainingPlan = { recipe: input.recipe, parameters, train, eval: evalData, columns, models };
      await writeFile(path.join(dir, PLAN_FILE), `${JSON.stringify(plan, null, 2)}\n`);
      const artifact = await publishArtifact(store, 'plan', dir, {}, train.rows);
      const base = models['base'];
      const device = perNode.gpus > 0 ? 'gpu' : 'cpu';
      const { gpuHour, cpuHour, spotShare } = config.prices;
      return {
        plan: artifact,
        rows: train.rows,
        evalRows: evalData?.rows ?? 0,
        hostQueue: config.kind === 'local' ? hostQueue : null,
        perNode,
        device,
        devices: input.nodes * (device === 'gpu' ? perNode.gpus : perNode.cpus),
        // Cores of a node with GPUs are paid beside them.
        pricePerHour: input.nodes * (perNode.gpus * gpuHour + perNode.cpus * cpuHour) * (input.spot ? spotShare : 1),
        currency: training.currency,
        microBatchSize: Number(parameters['microBatchSize'] ?? 1),
        leastMemory: Math.round(least),
        base: base ? { name: base.name, version: base.version, licence: base.licence } : null,
        inputs: [train.artifact, evalData?.artifact, ...Object.values(models).map((model) => model.artifact)].flatMap(
          (ref) => ref?.uri ?? [],
        ),
      };
    }),
  );
}

/** The rows to train on, and the columns that the recipe will read of them: the first set of its needs that they have. */
async function dataFor(
  { store, registry, sources }: TrainingDependencies,
  { recipe, data, columns: renamed }: PlanTrainingInput,
  dir: string,
): Promise<{ train: FoundData; columns: Record<string, string> }> {
  const { columns, orColumns = [], mayHave = [] } = RECIPE_NEEDS[recipe];
  const sets = [columns, ...orColumns];
  const wanted = [...new Set(sets.flat())];
  const train = await findData({ store, registry, roots: sources.roots }, data, { dir, role: 'train', wanted });
  const found = new Set(train.columns);
  const calledBy = (name: string) => renamed[name] ?? name;
  const set = sets.find((names) => names.every((name) => found.has(calledBy(name))));
  if (!set) {
    const alternatives = sets.map((names) => names.map((name) => JSON.stringify(calledBy(name))).join(' and '));
    throw failure(
      'ColumnNotFound',
      `The recipe ${recipe} reads ${alternatives.join(', or ')}; the ${train.label} has ${train.columns.map((name) => JSON.stringify(name)).join(', ')}. ` +
        'Say with `columns` what they are called.',
    );
  }
  checkColumns(Object.values(renamed), found, `The ${train.label}`);
  const read = [...set, ...mayHave.filter((name) => found.has(calledBy(name)))];
  return { train, columns: { ...Object.fromEntries(read.map((name) => [name, calledBy(name)])), ...renamed } };
}

function checkMemory(given: number, least: number): void {
  if (given >= least) return;
  throw failure(
    'MemoryTooSmall',
    `A node of this job needs about ${gib(least)} GiB at the least (weights, gradients, optimiser and activations), and perNode.memoryGiB is ${gib(given)}.`,
  );
}

const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
