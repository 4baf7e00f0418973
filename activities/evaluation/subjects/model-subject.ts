import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { SubjectInput } from '../../../schemas/evaluate-model';
import type { ModelVersion } from '../../../schemas/models';
import { Recent } from '../../agent/recent';
import type { ModelShelf, ShelvedModel } from '../../distillation/model-shelf';
import { nearest } from '../../distillation/score-thread';
import { readAllTexts } from '../../distillation/texts';
import { ENCODER_BUILD } from '../../encoder/build-encoder';
import { encodeOnce } from '../../encoder/encode-once';
import type { Encoder } from '../../encoder/encoder';
import { EXPORT_FILE, exportedModel } from '../../encoder/exported';
import { failure } from '../../errors';
import { canonicalJson } from '../../kit/canonical-json';
import { artifactKey, type ArtifactStore } from '../../stores/artifact-store';
import type { Registry } from '../../stores/registry';
import { findModel } from '../../training/models/model-folder';
import type { Answer, Ask, AskContext, Subject } from '../interfaces';

export interface ModelParts {
  store: ArtifactStore;
  registry: Pick<Registry, 'model' | 'production' | 'findEmbeddings' | 'keepEmbeddings'>;
  distillation: { shelf: ModelShelf };
  collections: Collections;
}

/** Documents that encoders choose from, with their vectors. */
interface Collection {
  ids: string[];
  vectors: Float32Array;
}

/** Those that were asked last, by the fingerprint of the encoder and the hash of their artifact. */
export class Collections extends Recent<Collection> {
  constructor() {
    super(2);
  }
}

/** A registered model in the form that it is evaluated in. */
export interface PinnedModel {
  shelved: ShelvedModel;
  /** Classes in the order of the logits; none of an encoder. */
  labels: string[];
}

const TASKS: Partial<Record<ModelVersion['kind'], ShelvedModel['task']>> = {
  encoder: 'embedding',
  classifier: 'classifier',
};
const modelConfig = z.looseObject({ model_type: z.string(), id2label: z.record(z.string(), z.string()).default({}) });
/** Documents that are encoded and kept at once: what a process that dies has to do again. */
const SLICE = 1_024;

/**
 * Finds a registered model and says how it is run: by the graph in its folder where `distillModel` has left one, else by one that is
 * built of its weights.
 * @throws `ModelVersionNotFound`; `SubjectUnsuitable` where it is neither an encoder nor a classifier, or of an architecture that none is built of.
 */
export async function pinModel(
  { store, registry }: Pick<ModelParts, 'store' | 'registry'>,
  { model: reference = '', precision }: SubjectInput,
): Promise<PinnedModel & { name: string; version: number }> {
  const { name, version, kind, artifact } = await findModel(registry, reference);
  const told = `${name}@${version}`;
  const task = TASKS[kind];
  if (!task) {
    const instead = 'serve it, and name it as an `endpoint`';
    throw failure('SubjectUnsuitable', `"${told}" is of the kind ${kind}, which is not run here: ${instead}.`);
  }
  const key = artifactKey(artifact);
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(await store.localFile(key, file), 'utf8'));
  const files = (await store.manifest(key))?.files.map((file) => file.name) ?? [];
  const config = modelConfig.parse(await read('config.json'));
  const exported = files.includes(EXPORT_FILE) ? exportedModel(await read(EXPORT_FILE)) : null;
  if (!exported && config.model_type !== 'bert') {
    throw failure('SubjectUnsuitable', `"${told}" is a ${config.model_type}: graphs are built of BERT.`);
  }
  if (exported && precision !== undefined && precision !== exported.precision) {
    throw failure('SubjectUnsuitable', `"${told}" has a graph of its own, in ${exported.precision}.`);
  }
  const labels = Object.entries(config.id2label)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => label);
  const form = exported ? { precision: exported.precision, isExported: true } : { precision: precision ?? 'fp32' };
  const { uri, sha256 } = artifact;
  const shelved: ShelvedModel = { artifact: { uri, sha256 }, task, dimensions: null, ...form };
  return { name: told, version, shelved, labels: task === 'classifier' ? labels : [] };
}

/** A hash of all that can change what a model answers. */
export const modelIdentity = ({ shelved: { artifact, ...form }, labels }: PinnedModel): string =>
  createHash('sha256')
    .update(canonicalJson({ build: ENCODER_BUILD, model: artifact.sha256, form, labels }))
    .digest('hex');

/** A registered model: an encoder ranks documents by the cosine of their vectors, a classifier says its likeliest class. */
export function modelSubject(parts: ModelParts, { shelved, labels }: PinnedModel): Subject {
  const { shelf } = parts.distillation;
  const isClassifier = shelved.task === 'classifier';
  const refuses = (ask: Ask): string | null => {
    if (ask.kind === 'rank') return ask.documents === null ? 'the task has to name its `documents`' : null;
    const strange = ask.kind === 'classify' ? ask.labels.filter((label) => !labels.includes(label)) : [];
    return strange.length > 0 ? `it knows ${labels.join(', ')}, and not ${strange.join(', ')}` : null;
  };
  return {
    asks: [isClassifier ? 'classify' : 'rank'],
    refuses,
    most: () => ({ tokens: 0, usd: 0 }),
    answer: (ask, context) =>
      shelf.using([shelved], async (encoder) => {
        if (ask.kind === 'classify') return classified(encoder, labels, ask.text, context);
        if (ask.kind === 'rank' && ask.documents !== null) return ranked(parts, encoder, ask, context);
        throw failure('SubjectUnsuitable', `A model of the registry is not asked so (${ask.kind}).`);
      }),
  };
}

async function classified(
  encoder: Encoder,
  labels: readonly string[],
  text: string,
  { signal }: AskContext,
): Promise<Answer> {
  const began = performance.now();
  const logits = await encoder.encode([text], { signal });
  return free(began, { text: labels[logits.indexOf(Math.max(...logits))] ?? '' });
}

async function ranked(
  parts: ModelParts,
  encoder: Encoder,
  { query, k, documents }: Extract<Ask, { kind: 'rank' }>,
  context: AskContext,
): Promise<Answer> {
  const { ids, vectors } = await collectionOf(parts, encoder, documents ?? '', context);
  const began = performance.now();
  const queries = await encoder.encode([query], { signal: context.signal });
  const width = encoder.identity.dimensions;
  const [places = []] = nearest({ queries, documents: vectors, width, k }, () => undefined);
  return free(began, { text: '', ranked: Array.from(places, (place) => ids[place] ?? '') });
}

/** What is computed here costs nothing. */
const free = (began: number, said: Pick<Answer, 'text' | 'ranked'>): Answer => ({
  ...said,
  ...{ inputTokens: 0, outputTokens: 0, usd: 0, milliseconds: Math.round(performance.now() - began) },
});

/** Documents with their vectors: from memory, or from the registry, or made and kept there, slice by slice. */
async function collectionOf(
  { store, registry, collections }: ModelParts,
  encoder: Encoder,
  sha256: string,
  { signal, heartbeat }: AskContext,
): Promise<Collection> {
  const { fingerprint, dimensions } = encoder.identity;
  const name = `${fingerprint} ${sha256}`;
  const known = collections.get(name);
  if (known) return known;
  const uri = `artifact:texts/${sha256}`;
  const manifest = await store.manifest(artifactKey({ uri }));
  if (!manifest) throw failure('ArtifactMissing', `${uri} is not in the ${store.describe()}.`);
  const rows = await readAllTexts(store, { ref: { uri }, units: manifest.files.length });
  const vectors = new Float32Array(rows.length * dimensions);
  for (let from = 0; from < rows.length; from += SLICE) {
    const texts = rows.slice(from, from + SLICE).map(({ text }) => text);
    const report = (done: number) => heartbeat((from + done) / rows.length);
    const encoded = await encodeOnce(texts, encoder, { cache: registry, signal, report });
    vectors.set(encoded.vectors, from * dimensions);
  }
  const collection = { ids: rows.map(({ id = '' }) => id), vectors };
  collections.set(name, collection);
  return collection;
}
