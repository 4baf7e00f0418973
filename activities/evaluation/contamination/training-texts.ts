import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { TEXTS_FILE as GUARD_TEXTS } from '../../guard/training/plan';
import { type ArtifactStore, artifactKey, type Manifest } from '../../stores/artifact-store';
import type { LineageNode } from '../../stores/registry-lineage';
import { PLAN_FILE as TRAINING_PLAN } from '../../training/plan';

/** A file of texts that a model was trained on. */
export interface TextFile {
  key: string;
  name: string;
  bytes: number;
  /** `guard-texts`: JSON Lines of which a guard has held some out. */
  format: 'parquet' | 'jsonl' | 'guard-texts';
  /** As people know it: `dataset faq@3`. */
  source: string;
}

/** All that is known of what a model was trained on. */
export interface TrainingTexts {
  files: TextFile[];
  /** What can not be looked at, in words: models of which no training is on record. */
  unknown: string[];
}

/** Of the plan of a training, as far as it says where its rows are. */
const trainingPlan = z.object({
  train: z.object({ label: z.string(), artifact: z.object({ uri: z.string() }).nullable() }),
  eval: z.object({ artifact: z.object({ uri: z.string() }).nullable() }).nullable(),
});

/** Artifacts all of whose tables are rows that a model has learnt from. What those were made of holds more than was learnt. */
const TABLES = ['dataset', 'texts', 'teaching', 'features'];
const MODELS = ['model', 'guard'];

/**
 * Follows a model back to the texts that it was trained on, through its base, its teacher and what was made of a dataset. Rows that a
 * training was only measured on, and texts that a guard has held out, are none of them.
 * @param lineage all that the artifact was made of, as the registry has it
 */
export async function trainingTexts(
  store: ArtifactStore,
  uri: string,
  lineage: ReadonlyMap<string, LineageNode>,
): Promise<TrainingTexts> {
  const found: TrainingTexts = { files: [], unknown: [] };
  const seen = new Set<string>();
  const follow = async (at: string): Promise<void> => {
    if (seen.has(at)) return;
    seen.add(at);
    const { label = at, inputs = [] } = lineage.get(at) ?? {};
    const kind = kindOf(at);
    if (MODELS.includes(kind)) return followModel(label, inputs);
    if (!TABLES.includes(kind)) return;
    found.files.push(...tablesOf(at, `${kind} ${label}`, await store.manifest(artifactKey({ uri: at }))));
    // A dataset holds what was learnt. Features do not hold the texts that they are of, nor an answer the teacher's own lessons.
    if (kind === 'features') for (const input of inputs) await follow(input);
    if (kind === 'teaching')
      for (const input of inputs.filter((one) => MODELS.includes(kindOf(one)))) await follow(input);
  };
  const followModel = async (label: string, inputs: readonly string[]): Promise<void> => {
    let isKnown = false;
    const unlearnt = new Set<string>();
    for (const plan of inputs.filter((one) => kindOf(one) === 'plan')) {
      const key = artifactKey({ uri: plan });
      const manifest = await store.manifest(key);
      const names = manifest?.files.map(({ name }) => name) ?? [];
      if (names.includes(GUARD_TEXTS)) {
        isKnown = true;
        found.files.push(...filesOf(key, `texts of ${label}`, manifest, (name) => name === GUARD_TEXTS));
      }
      if (!names.includes(TRAINING_PLAN)) continue;
      const parsed = trainingPlan.safeParse(
        JSON.parse(await readFile(await store.localFile(key, TRAINING_PLAN), 'utf8')),
      );
      if (!parsed.success) continue;
      isKnown = true;
      const { train, eval: measured } = parsed.data;
      if (measured?.artifact && measured.artifact.uri !== train.artifact?.uri) unlearnt.add(measured.artifact.uri);
      found.files.push(...filesOf(key, train.label, manifest, (name) => name.startsWith('train-')));
    }
    const rest = inputs.filter((one) => kindOf(one) !== 'plan' && !unlearnt.has(one));
    for (const input of rest) await follow(input);
    if (!isKnown && rest.length === 0) found.unknown.push(`what ${label} was trained on is not on record`);
  };
  await follow(uri);
  found.files.sort((a, b) => (`${a.key}/${a.name}` < `${b.key}/${b.name}` ? -1 : 1));
  return found;
}

const kindOf = (uri: string): string => artifactKey({ uri }).split('/')[0] ?? '';

const filesOf = (
  key: string,
  source: string,
  manifest: Manifest | undefined,
  isWanted: (name: string) => boolean,
): TextFile[] =>
  (manifest?.files ?? [])
    .filter(({ name }) => isWanted(name) && /\.(parquet|jsonl)$/.test(name))
    .map(({ name, bytes }) => ({ key, name, bytes, format: formatOf(name), source }));

const formatOf = (name: string): TextFile['format'] =>
  name === GUARD_TEXTS ? 'guard-texts' : name.endsWith('.parquet') ? 'parquet' : 'jsonl';

/** The tables of an artifact stand in its manifest with their rows; packed sequences are numbers. */
function tablesOf(uri: string, source: string, manifest: Manifest | undefined): TextFile[] {
  const { rows } = z.object({ rows: z.record(z.string(), z.number()).default({}) }).parse(manifest?.meta ?? {});
  return filesOf(artifactKey({ uri }), source, manifest, (name) => name in rows && !name.startsWith('sequences-'));
}
