/**
 * What a student of MiniLM keeps of it, and how much faster it is, in one run: teach, train by the recipe `distil-embedding`, build the
 * graph in 8 bits, compare nDCG@10 over the 225 queries of Cranfield by vectors alone, and race it turn by turn against the teacher in
 * sentence-transformers: `npx jiti bench/distil.ts [--student 1x768] [--steps N] [--full] [--data DIR] [--cache DIR]`.
 *
 * Students learn the teacher's vectors of Cranfield's documents, their titles, sentences and, with `--full`, passages that are cut out at
 * random. They see no query and no judgement. What is taught and trained is kept in the cache, by its name and steps.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { judgeQuality } from '../activities/distillation/gate';
import { compare } from '../activities/distillation/score-thread';
import { buildEncoder } from '../activities/encoder/build-encoder';
import { type Encoder, openEncoder } from '../activities/encoder/encoder';
import { type Gains, ndcgAt } from '../activities/evaluation/metrics/ranking';
import { bootstrapMean } from '../activities/evaluation/statistics/bootstrap';
import { packageRoot } from '../activities/kit/package-root';
import { interval } from '../activities/relevance/describe';
import { trainingJob } from '../schemas/training';
import { RECIPE_PARAMETERS } from '../schemas/training-recipes';
import { seededRandom } from '../test/support/random';
import { defaultCacheDir } from '../workers/stack/cache';
import { ensureEncoderModel } from '../workers/stack/encoder-model';
import { ensureEncoderWeights } from '../workers/stack/encoder-weights';
import { ensureTrainersPython, trainersDir } from '../workers/stack/trainers';
import { median } from './figures';
import { jsonLines } from './json-lines';
import { peerVersions, type Side, withPeer } from './peer-encoder';

const TEACHER = 'sentence-transformers/all-MiniLM-L6-v2';
/** Layers of the teacher that a student begins with, and the width of its feed-forward layers. */
const SHAPES: Record<string, { layers: number[]; intermediate: number }> = {
  '1x768': { layers: [0], intermediate: 768 },
  '1x1536': { layers: [0], intermediate: 1536 },
  '2x384': { layers: [0, 5], intermediate: 384 },
  '3x1536': { layers: [1, 3, 5], intermediate: 1536 },
};
const PARAMETERS = { batchSize: 128, microBatchSize: 128, warmupShare: 0.05, maxLength: 256 };
const K = 10;
const METRIC = 'nDCG@10';
const KEEP = 0.97;
const ROUNDS = 3;
/** Texts of each kind that are timed. */
const TIMED = { documents: 100, titles: 600 };
const LEAST_WORDS = 4;
/** Passages of so many words, with `--full`. */
const PASSAGES = { count: 30_000, least: 5, most: 25 };
/** Questions of an opening of at most so many words and a passage, with `--full`. */
const QUESTIONS = { count: 12_000, least: 4, most: 14 };
const OPENING_WORDS = 4;
/** How a person's turn begins in the dialogues that openings are taken from. */
const HUMAN = 'Human: ';

interface Text {
  id: string;
  title: string;
  text: string;
}
type Query = Text & { gains: Gains };

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.resolve(packageRoot(), '../shared/data') },
    cache: { type: 'string', default: path.join(tmpdir(), 'llm-pack-bench-distil') },
    student: { type: 'string', default: '1x768' },
    full: { type: 'boolean', default: false },
    steps: { type: 'string' },
  },
});
const of = (name: string) => path.join(values.data, 'cranfield', name);
const where = { cacheDir: defaultCacheDir(), log: ({ message }: { message: string }) => console.error(message) };

/** Documents, their titles and sentences, and as many passages of them and questions as are asked for, each once. */
async function lessons(documents: readonly Text[], passages: number, questions: number): Promise<string[]> {
  const sentences = documents.flatMap(({ text }) => text.split(/(?<= \.) /));
  const said = sentences.filter((sentence) => sentence.split(' ').length >= LEAST_WORDS);
  const words = documents.map(({ text }) => text.split(/\s+/));
  const cut = cutter(words, seededRandom(1));
  const taken = new Set<string>();
  while (taken.size < passages) taken.add(cut(PASSAGES.least, PASSAGES.most));
  const openings = await openingsOfQuestions();
  const random = seededRandom(2);
  const ask = cutter(words, random);
  const asked = Array.from(
    { length: questions },
    () => `${random.pick(openings)} ${ask(QUESTIONS.least, QUESTIONS.most)}`,
  );
  const texts = [...documents.flatMap(({ title, text }) => [title, text]), ...said, ...taken, ...asked];
  return [...new Set(texts)].filter((text) => text.trim() !== '');
}

/** Cuts passages of `least` to `most` words out at random. */
function cutter(texts: readonly string[][], random: ReturnType<typeof seededRandom>) {
  return (least: number, most: number): string => {
    for (;;) {
      const from = random.pick(texts);
      const count = least + random.below(most - least + 1);
      if (from.length < count) continue;
      const start = random.below(from.length - count + 1);
      return from.slice(start, start + count).join(' ');
    }
  };
}

/** How people begin what they ask, whatever of: the first words of their turns in other dialogues. */
async function openingsOfQuestions(): Promise<string[]> {
  const dialogues = await jsonLines<{ chosen: string }>(path.join(values.data, 'preferences', 'harmless.jsonl'));
  const turns = dialogues.flatMap(({ chosen }) => chosen.split('\n\n').filter((turn) => turn.startsWith(HUMAN)));
  const random = seededRandom(3);
  const openings = turns
    .map((turn) => turn.slice(HUMAN.length))
    .filter((turn) => /^(what|how|why|which|when|where|who|can|could|do|does|is|are|has|have)\b/i.test(turn))
    .map((turn) =>
      turn
        .toLowerCase()
        .split(/\s+/)
        .slice(0, 1 + random.below(OPENING_WORDS))
        .join(' '),
    );
  return [...new Set(openings)];
}

/** What the teacher says of the texts, as rows of a file that is kept. */
async function taught(teacher: Encoder, texts: readonly string[]): Promise<string> {
  const file = path.join(values.cache, `taught-${texts.length}.jsonl`);
  if (existsSync(file)) return file;
  await mkdir(values.cache, { recursive: true });
  const vectors = rowsOf(teacher, await teacher.encode(texts));
  const line = (text: string, at: number) =>
    JSON.stringify({ text, vector: Array.from(vectors[at] ?? [], (value) => Number(value.toFixed(6))) });
  await writeFile(file, texts.map((text, at) => `${line(text, at)}\n`).join(''));
  return file;
}

/** Trains a student in a folder of its own, unless it is there. Returns the folder of its encoder in 8 bits. */
async function trained(python: string, base: string, data: string, rows: number, steps: number): Promise<string> {
  const shape = SHAPES[values.student];
  if (!shape) throw new Error(`--student is one of ${Object.keys(SHAPES).join(', ')}`);
  const dir = path.join(values.cache, `${values.student}-${rows}-${steps}`);
  const [result, built] = [path.join(dir, 'result'), path.join(dir, 'int8')];
  await mkdir(built, { recursive: true });
  if (!existsSync(result)) {
    const job = trainingJob.parse({
      ...{ id: path.basename(dir), attempt: 1, recipe: 'distil-embedding', models: { base }, eval: null, columns: {} },
      ...{ resumeFrom: null, dir, lineage: {}, train: { format: 'jsonl', paths: [data], rows } },
      parameters: RECIPE_PARAMETERS['distil-embedding'].parse({ ...PARAMETERS, ...shape, steps }),
    });
    await writeFile(path.join(dir, 'job.json'), JSON.stringify(job));
    await writeFile(path.join(dir, 'fence'), '1');
    const torchrun = ['-m', 'torch.distributed.run', '--standalone', '--max-restarts=0', '--nproc-per-node=1'];
    const child = spawn(python, [...torchrun, '-m', 'llm_pack_trainers.run', dir], {
      env: { OMP_NUM_THREADS: String(availableParallelism()), ...process.env, PYTHONPATH: trainersDir() },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`The trainer of ${dir} ended with ${code}.`);
  }
  await buildEncoder(result, built, 'int8');
  return built;
}

const open = (dir: string, precision: 'fp32' | 'int8'): Promise<Encoder> =>
  openEncoder({ dir, name: path.basename(dir), threads: availableParallelism(), provider: 'cpu', precision });

function rowsOf({ identity: { dimensions } }: Encoder, numbers: Float32Array): Float32Array[] {
  return Array.from({ length: numbers.length / dimensions }, (_, at) =>
    numbers.subarray(at * dimensions, (at + 1) * dimensions),
  );
}

/** nDCG@10 of each query, documents ranked by the cosine to it. */
async function scores(encoder: Encoder, documents: readonly Text[], queries: readonly Query[]): Promise<number[]> {
  const vectors = async (texts: readonly Text[]) =>
    rowsOf(encoder, await encoder.encode(texts.map(({ text }) => text)));
  const [own, asked] = [await vectors(documents), await vectors(queries)];
  return queries.map(({ gains }, at) => {
    const query = asked[at] ?? new Float32Array();
    const cosine = (row: number) => own[row]?.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0) ?? 0;
    const ranked = documents.map(({ id }, row) => ({ id, cosine: cosine(row) }));
    ranked.sort((a, b) => b.cosine - a.cosine);
    return ndcgAt(
      ranked.map(({ id }) => id),
      gains,
      K,
    );
  });
}

/** Texts in a second of both, and how many times as fast the student is: medians of rounds by turns. */
async function race(kind: string, texts: readonly string[], student: Encoder, teacher: Side): Promise<void> {
  const seconds: { student: number; teacher: number }[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const { wall: slow } = await teacher();
    const began = performance.now();
    await student.encode(texts);
    // The first round warms up.
    if (round > 0) seconds.push({ student: (performance.now() - began) / 1000, teacher: slow });
  }
  const ratios = seconds.map((took) => took.teacher / took.student);
  const rate = (side: 'student' | 'teacher') => (texts.length / median(seconds.map((took) => took[side]))).toFixed(0);
  const each = ratios.map((ratio) => ratio.toFixed(1)).join(', ');
  console.log(
    `${kind}: ${median(ratios).toFixed(1)} times the teacher (rounds ${each}), ${rate('student')} against ${rate('teacher')} texts/s`,
  );
}

async function readQueries(): Promise<Query[]> {
  const gains = new Map<string, Map<string, number>>();
  type Judgement = { query: string; document: string; code: number };
  for (const { query, document, code } of await jsonLines<Judgement>(of('judgements.jsonl')))
    if (code > 0) gains.set(query, (gains.get(query) ?? new Map<string, number>()).set(document, 5 - code));
  const queries = await jsonLines<Text>(of('queries.jsonl'));
  return queries.map((query) => ({ ...query, gains: gains.get(query.id) ?? new Map<string, number>() }));
}

async function main(): Promise<void> {
  const python = await ensureTrainersPython(where);
  const weights = (await ensureEncoderWeights({ ...where, model: TEACHER })).dir;
  const documents = (await jsonLines<Text>(of('documents.jsonl'))).filter(({ text }) => text !== '');
  const teacher = await open((await ensureEncoderModel({ ...where, model: TEACHER, precision: 'fp32' })).dir, 'fp32');
  const texts = await lessons(documents, values.full ? PASSAGES.count : 0, values.full ? QUESTIONS.count : 0);
  const steps = Number(values.steps ?? (values.full ? 1_600 : 60));
  const student = await open(await trained(python, weights, await taught(teacher, texts), texts.length, steps), 'int8');

  const file = path.join(packageRoot(), 'node_modules/onnxruntime-node/package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown CPU'}, load ${loadavg()[0]?.toFixed(1) ?? '?'}`;
  console.log(
    `${TEACHER}; onnxruntime-node ${version}, ${await peerVersions(python)}, Node ${process.version}, ${machine}`,
  );
  console.log(`${values.student} in 8 bits, ${steps} steps of ${PARAMETERS.batchSize} of ${texts.length} texts`);

  const timed = {
    documents: documents.map(({ text }) => text).slice(0, TIMED.documents),
    titles: documents
      .map(({ title }) => title)
      .filter((title) => title !== '')
      .slice(0, TIMED.titles),
  };
  for (const [kind, some] of Object.entries(timed))
    await withPeer(python, weights, some, (peer) => race(kind, some, student, peer));

  const queries = await readQueries();
  const best = await scores(teacher, documents, queries);
  const found = await scores(student, documents, queries);
  await Promise.all([teacher.close(), student.close()]);
  const compared = compare({ kind: 'values', teacher: best, student: found });
  const quality = judgeQuality(METRIC, compared, queries.length, { keep: KEEP, minimumCases: 50 });
  const { kept } = quality;
  console.log(
    `${METRIC}: teacher ${interval(bootstrapMean(best))}, student ${interval(bootstrapMean(found))}, ` +
      `difference ${interval(quality.gain)}, kept ${kept ? interval(kept) : 'nothing'}`,
  );
  console.log(`the gate, at ${KEEP}, says ${quality.verdict}: ${quality.says}`);
}

void main();
