import { copyFile, constants, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { ModelVersion } from '../../schemas/models';
import { inScratch } from '../cleaning/scratch';
import type { Encoder } from '../encoder/encoder';
import { failure } from '../errors';
import { jsonToParquet } from '../features/parquet';
import { doUnit, unitKey } from '../kit/unit';
import type { Report } from '../kit/heartbeat';
import type { ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import type { DistillationDependencies } from './dependencies';
import type { ShelvedModel } from './model-shelf';
import { type GatheredTexts, readTexts } from './texts';

/** Column of what a teacher has said, by the task, as the recipes read it. */
const COLUMNS = { embedding: 'vector', classifier: 'logits' } as const;
const FILE = 'teaching.parquet';
const PHASE = 'teach';

export interface TeachInput {
  /** Of the teaching, not of the run: another student of the same teacher and texts has the same. */
  teachKey: string;
  unit: number;
  teacher: ModelVersion;
  task: ShelvedModel['task'];
  texts: GatheredTexts;
}

/** What a unit was taught: `rows` texts, each of which has its answer of `width` numbers. */
export interface Taught {
  rows: number;
  width: number;
}

export const teacherOn = ({ artifact }: ModelVersion, task: ShelvedModel['task']): ShelvedModel => ({
  ...{ artifact, task, precision: 'fp32' as const, dimensions: null },
});

/** Asks the teacher one unit of texts, once for all its students. @throws `InvariantBroken` where an answer is missing. */
export function teachUnit(
  { store, distillation }: DistillationDependencies,
  { teachKey, unit, teacher, task, texts }: TeachInput,
): Promise<Taught> {
  return doUnit<Taught>(store, { workKey: teachKey, phase: PHASE, unit }, async ({ dir, report, signal }) => {
    const rows = await readTexts(store, texts.ref, unit);
    const { numbers, width } = await distillation.shelf.using([teacherOn(teacher, task)], (encoder) =>
      answersOf(
        encoder,
        rows.map(({ text }) => text),
        report,
        signal,
      ),
    );
    const column = COLUMNS[task];
    const labelled = rows.some(({ label }) => label !== undefined);
    const lines = rows.map(({ text, label }, at) => {
      const answer = Array.from(numbers.subarray(at * width, (at + 1) * width));
      return `${JSON.stringify({ text, ...(labelled ? { label: label ?? null } : {}), [column]: answer })}\n`;
    });
    await inScratch(store, async (scratch) => {
      const file = path.join(scratch, 'teaching.jsonl');
      await writeFile(file, lines.join(''));
      const types = { text: 'VARCHAR', ...(labelled ? { label: 'VARCHAR' } : {}), [column]: 'FLOAT[]' };
      await jsonToParquet(file, types, path.join(dir, FILE));
    });
    return { rows: rows.length, width };
  });
}

async function answersOf(
  encoder: Encoder,
  texts: readonly string[],
  report: Report,
  signal: AbortSignal,
): Promise<{ numbers: Float32Array; width: number }> {
  const width = encoder.identity.dimensions;
  const numbers = await encoder.encode(texts, { report, signal });
  if (numbers.length !== texts.length * width || !numbers.every(Number.isFinite)) {
    throw failure(
      'InvariantBroken',
      `A teacher gave ${numbers.length} numbers for ${texts.length} texts of ${width}, or not all are finite.`,
    );
  }
  return { numbers, width };
}

/** What a teacher has said of all texts. */
export interface Teaching {
  artifact: ArtifactRef;
  width: number;
}

/**
 * Makes one artifact of what the teacher has said, and enters it in the ledger under the teaching's own key.
 * @throws `InvariantBroken` where it does not hold an answer for each text.
 */
export async function collectTeaching(
  { store, registry }: Pick<DistillationDependencies, 'store' | 'registry'>,
  {
    teachKey,
    teacher,
    texts,
    taught,
  }: { teachKey: string; teacher: ModelVersion; texts: GatheredTexts; taught: Taught },
): Promise<Teaching> {
  // Another run has collected it meanwhile, and its units are gone.
  const known = (await registry.findWork(teachKey)) as Teaching | undefined;
  if (known) return known;
  if (taught.rows !== texts.ref.rows) {
    throw failure('InvariantBroken', `A teacher was asked ${texts.ref.rows} texts, and has answered ${taught.rows}.`);
  }
  const artifact = await inScratch(store, (dir) => copyUnits(store, dir, teachKey, texts, teacher));
  return registry.finishWork<Teaching>(teachKey, async (transaction) => {
    await transaction.addArtifact(texts.ref);
    await transaction.addArtifact(artifact);
    await transaction.addLineage(artifact.uri, [texts.ref.uri, teacher.artifact.uri]);
    return { artifact, width: taught.width };
  });
}

async function copyUnits(
  store: ArtifactStore,
  dir: string,
  teachKey: string,
  texts: GatheredTexts,
  teacher: ModelVersion,
): Promise<ArtifactRef> {
  const rows: Record<string, number> = {};
  for (let unit = 0; unit < texts.units; unit += 1) {
    const key = unitKey({ workKey: teachKey, phase: PHASE, unit });
    const name = `teaching-${String(unit).padStart(5, '0')}.parquet`;
    const manifest = await store.manifest(key);
    rows[name] = (manifest?.meta as Taught | undefined)?.rows ?? 0;
    await copyFile(await store.localFile(key, FILE), path.join(dir, name), constants.COPYFILE_FICLONE);
  }
  return publishArtifact(store, 'teaching', dir, { rows, teacher: teacher.artifact.sha256 }, texts.ref.rows);
}
