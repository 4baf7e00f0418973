import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { ArtifactRef } from '../../schemas/common';
import type { DistillationTask, DistillModelInput } from '../../schemas/distill-model';
import type { ModelKind, ModelVersion } from '../../schemas/models';
import { failure } from '../errors';
import { loadGolden } from '../relevance/golden';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { findModel } from '../training/models/model-folder';
import type { DistillationDependencies } from './dependencies';
import { type GatheredTexts, gatherTexts } from './texts';

export type PlanDistillationInput = Pick<
  DistillModelInput,
  'teacher' | 'task' | 'data' | 'columns' | 'maxTexts' | 'student' | 'gate' | 'unitTexts'
> & { golden: ArtifactRef | null };

/** What a run is about to teach, and by what it will judge. */
export interface PlannedDistillation {
  task: DistillationTask;
  teacher: ModelVersion;
  /** What the student begins as. */
  base: ModelVersion;
  /** What the teacher is asked. */
  texts: GatheredTexts;
  /** Layers of the base that are kept. */
  layers: number[];
  /** Documents of golden queries, or labelled cases. */
  judged: GatheredTexts | null;
  /** Classes in the order of the logits; null where there are none. */
  labels: string[] | null;
}

const TASKS: Partial<Record<ModelKind, DistillationTask>> = { encoder: 'embedding', classifier: 'classifier' };

const modelConfig = z.looseObject({
  model_type: z.string(),
  num_hidden_layers: z.int().positive(),
  id2label: z.record(z.string(), z.string()).optional(),
});

/**
 * Finds teacher and base, and copies what is taught and judged by. Everything that its result depends on is in the hashes of its artifacts.
 * @throws `TeacherUnfit`, `ModelVersionNotFound`, and what `gatherTexts` throws.
 */
export async function planDistillation(
  dependencies: DistillationDependencies,
  { golden, ...input }: PlanDistillationInput,
): Promise<PlannedDistillation> {
  const { store, registry } = dependencies;
  const teacher = await findModel(registry, input.teacher);
  const base = input.student.base === undefined ? teacher : await findModel(registry, input.student.base);
  const task = input.task ?? TASKS[teacher.kind];
  if (task === undefined) {
    throw failure(
      'TeacherUnfit',
      `What ${teacher.name}@${teacher.version} is for (${teacher.kind}) can not be taught.`,
    );
  }
  if (task !== 'embedding' && input.student.dimensions !== undefined) {
    throw failure('TeacherUnfit', `Dimensions are those of vectors, and ${input.teacher} gives none.`);
  }

  const config = await configOf(store, teacher);
  const own = await configOf(store, base);
  for (const [model, { model_type: type }] of [[teacher, config] as const, [base, own] as const]) {
    if (type !== 'bert') {
      throw failure('TeacherUnfit', `${model.name}@${model.version} is a ${type}: graphs are built of BERT.`);
    }
  }
  const { gate, data, columns, unitTexts, maxTexts } = input;
  const asked = golden === null ? gate.cases : gate.documents;
  if ((task === 'embedding' && gate.cases) || (task === 'classifier' && golden !== null)) {
    throw failure('TeacherUnfit', `The gate is not for what ${teacher.name}@${teacher.version} does, ${task}.`);
  }
  const texts = await gatherTexts(dependencies, {
    ...{ data, columns, unitTexts, most: maxTexts, distinct: 'text' },
    keep: task === 'classifier' ? ['label?'] : [],
  });
  let judged: GatheredTexts | null = null;
  if (asked) {
    const answers = golden ? (await loadGolden(store, golden)).flatMap(({ gains }) => [...gains.keys()]) : [];
    judged = await gatherTexts(dependencies, {
      ...{ data: asked, columns: {}, unitTexts: 4_096, first: [...new Set(answers)].sort() },
      ...(golden
        ? { keep: ['id'], distinct: 'id', most: gate.maxDocuments }
        : { keep: ['label'], distinct: 'text', most: gate.maxDocuments }),
    });
  }
  return {
    ...{ task, teacher, base, texts, judged },
    layers: layersOf(input.student.layers, own.num_hidden_layers),
    labels: task === 'classifier' ? labelsOf(config.id2label) : null,
  };
}

async function configOf(store: ArtifactStore, { artifact }: ModelVersion): Promise<z.infer<typeof modelConfig>> {
  const file = await store.localFile(artifactKey(artifact), 'config.json');
  const parsed = modelConfig.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success)
    throw failure('TeacherUnfit', `${artifact.uri} does not say in config.json how many layers it has.`);
  return parsed.data;
}

const labelsOf = (named: Record<string, string> = {}): string[] =>
  Object.entries(named)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);

/**
 * The layers that are kept of `depth`: as they are named, or so many, spread evenly with the last one among them; half where nothing is said.
 * @throws `TeacherUnfit` where there are not so many.
 */
export function layersOf(wanted: number | readonly number[] | undefined, depth: number): number[] {
  if (typeof wanted === 'object') {
    const beyond = wanted.find((layer) => layer >= depth);
    if (beyond !== undefined) throw failure('TeacherUnfit', `There is no layer ${beyond} of ${depth}, counted from 0.`);
    return [...wanted];
  }
  const count = wanted ?? Math.max(1, Math.floor(depth / 2));
  if (count > depth) throw failure('TeacherUnfit', `A student of ${count} layers can not be cut from ${depth}.`);
  return Array.from({ length: count }, (_, at) => Math.ceil(((at + 1) * depth) / count) - 1);
}
