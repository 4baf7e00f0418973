import { constants, copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { DistillModelOutput } from '../../schemas/distill-model';
import type { MeasuredStudent, StudentGate, StudentPrecision } from '../../schemas/distillation-gate';
import type { ModelVersion } from '../../schemas/models';
import { inScratch } from '../cleaning/scratch';
import { ENCODER_FILES } from '../encoder/build-encoder';
import { EXPORT_FILE } from '../encoder/exported';
import { failure } from '../errors';
import { artifactKey } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import { namingFullDisk } from '../stores/disk';
import { writeCard } from '../training/models/card';
import type { DistillationDependencies } from './dependencies';
import { studentOn } from './measure';
import type { ShelvedModel } from './model-shelf';
import { REFERENCE_FILE } from './check';

export interface PublishStudentInput {
  name: string;
  teacher: ModelVersion;
  /** As trainModel has registered it. */
  trained: ModelVersion;
  task: ShelvedModel['task'];
  precision: StudentPrecision;
  dimensions: number | null;
  measured: MeasuredStudent;
  lineage: Record<string, string>;
}

/** Publishes the weights of a student with its graph, what the graph computes in, and a card. The same student gives the same artifact. */
export async function publishStudent(
  { store, distillation }: DistillationDependencies,
  input: PublishStudentInput,
): Promise<ArtifactRef> {
  const { name, teacher, trained, precision, dimensions, measured, lineage } = input;
  const { kind, architecture, parameters, artifact } = trained;
  const key = artifactKey(artifact);
  const manifest = await store.manifest(key);
  if (!manifest) throw failure('ArtifactMissing', `${key} is not in the ${store.describe()}.`);
  const { dir: built } = await distillation.shelf.built(studentOn({ ...input, trained: artifact }, precision));
  return inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      for (const { name: file } of manifest.files) {
        if (file === REFERENCE_FILE) continue;
        await copyFile(await store.localFile(key, file), path.join(dir, file), constants.COPYFILE_FICLONE);
      }
      for (const file of Object.values(ENCODER_FILES)) await copyFile(path.join(built, file), path.join(dir, file));
      await writeFile(path.join(dir, EXPORT_FILE), `${JSON.stringify({ precision, dimensions })}\n`);
      const { quality } = measured;
      const card = writeCard({
        ...{ name, licence: teacher.licence, architecture, parameters, lineage },
        base: `${teacher.name}@${teacher.version}`,
        metrics: {
          precision,
          ...(quality ? { [quality.metric]: quality.student, 'of the teacher': quality.teacher } : {}),
        },
      });
      await writeFile(path.join(dir, 'README.md'), card);
      return publishArtifact(store, 'model', dir, { kind, architecture, parameters }, parameters);
    }),
  );
}

export interface RecordStudentInput {
  workKey: string;
  name: string;
  teacher: ModelVersion;
  trained: ModelVersion;
  artifact: ArtifactRef;
  /** URIs of what it was made of. */
  inputs: string[];
  passed: boolean;
  /** Whether it goes live with this. */
  isPromoted: boolean;
  gate: StudentGate;
  /** sha256 of the data that it was measured on. */
  measuredOn: string[];
  rest: Omit<DistillModelOutput, 'outcome' | 'workKey' | 'model'>;
}

/** Makes a student the next version of its name, with what was measured of it, once. */
export function recordStudent(
  { registry }: Pick<DistillationDependencies, 'registry'>,
  { workKey, name, teacher, trained, artifact, inputs, passed, isPromoted, gate, measuredOn, rest }: RecordStudentInput,
): Promise<DistillModelOutput> {
  return registry.finishWork<DistillModelOutput>(workKey, async (transaction) => {
    if (rest.report) await transaction.addArtifact(rest.report);
    const { kind, architecture, parameters } = trained;
    const base = `${teacher.name}@${teacher.version}`;
    const model = {
      name,
      artifact,
      kind,
      architecture,
      parameters,
      licence: teacher.licence,
      source: `distillation:${workKey}`,
      base,
    };
    const measured = { precision: rest.precision ?? null, tried: rest.tried ?? [], reasons: rest.reasons ?? [] };
    const version = await transaction.addModelVersion({ ...model, metrics: measured });
    await transaction.addEvaluation({ kind: 'model', name, version, metrics: measured, passed });
    const { verdict = 'hold', approval } = rest;
    const reasons = measured.reasons.filter((reason) => reason !== '');
    const decision = await transaction.addDecision({
      ...{ kind: 'model', name, version, reference: null, verdict, gate: asked(base, gate) },
      reasons: reasons.length > 0 ? reasons : ['nothing was found against it'],
      ...{ intervals: measured.tried, inputs: measuredOn },
      approval: approval && { approved: true, ...approval },
    });
    if (isPromoted) {
      await transaction.promoteModel({
        ...{ name, version, decision, approvedBy: approval?.by },
        reason: `It keeps the quality of ${base} and is faster.`,
      });
    }
    await transaction.addLineage(artifact.uri, [trained.artifact.uri, ...inputs]);
    return { outcome: 'published', workKey, model: { ...model, version }, ...rest };
  });
}

/** What a student had to show, in words. */
const asked = (teacher: string, { keep, minimumCases, speed }: StudentGate): string =>
  `${keep} of the quality of ${teacher} by the lower end of the interval, of at least ${minimumCases} cases, at ${speed.minimum} times its pace`;
