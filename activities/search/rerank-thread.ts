import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ENCODER_FILES } from '../encoder/build-encoder';
import { TextTokenizer } from '../encoder/text-tokenizer';
import { failure } from '../errors';

/** Which cross-encoder a task is for. Sent with every task: a thread that died is replaced by an empty one. */
export interface RerankerSettings {
  dir: string;
  /** Threads of one call. */
  threads: number;
}

interface CrossEncoder {
  session: InferenceSession;
  tokenizer: TextTokenizer;
}

/** What a cross-encoder of the BERT family takes; it may do without the types of its tokens. */
const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'] as const;

// A thread serves one model for as long as it lives.
let model: Promise<CrossEncoder> | undefined;
const loaded = (settings: RerankerSettings): Promise<CrossEncoder> => (model ??= load(settings));

/** Loads the model. */
export async function open({ settings }: { settings: RerankerSettings }): Promise<void> {
  await loaded(settings);
}

/** One number for each text, higher where it answers the query better. */
export async function score({
  settings,
  query,
  texts,
}: {
  settings: RerankerSettings;
  query: string;
  texts: readonly string[];
}): Promise<Float32Array> {
  const { session, tokenizer } = await loaded(settings);
  const asked = tokenizer.encode(query);
  const rows = texts.map((text) => pair(asked, tokenizer.encode(text), tokenizer.limit));
  const sequence = Math.max(0, ...rows.map(({ ids }) => ids.length));
  const shape = [rows.length, sequence];
  const [ids, mask, types] = [0, 1, 2].map(() => new BigInt64Array(rows.length * sequence));
  rows.forEach((row, at) => {
    const start = at * sequence;
    row.ids.forEach((id, token) => ids?.set([BigInt(id)], start + token));
    mask?.fill(1n, start, start + row.ids.length);
    types?.fill(1n, start + row.second, start + row.ids.length);
  });
  const feeds = Object.fromEntries(
    INPUTS.flatMap((name, at) => {
      const values = [ids, mask, types][at];
      return values && session.inputNames.includes(name) ? [[name, new Tensor('int64', values, shape)]] : [];
    }),
  );
  const output = await session.run(feeds);
  const [name = ''] = session.outputNames;
  return Float32Array.from(output[name]?.data as Float32Array);
}

/** Frees the model; nothing may be asked of the thread after it. */
export async function release(): Promise<void> {
  await (await model)?.session.release();
}

/**
 * Query and text as one input, `[CLS] query [SEP] text [SEP]`, with the place where the second begins. The query has half
 * of the room at most; what does not fit of the text is cut.
 */
function pair(query: readonly number[], text: readonly number[], limit: number): { ids: number[]; second: number } {
  const end = query.at(-1) ?? 0;
  const half = Math.floor(limit / 2);
  const first = query.length > half ? [...query.slice(0, half - 1), end] : [...query];
  const rest = text.slice(1);
  const room = limit - first.length;
  const second = rest.length > room ? [...rest.slice(0, room - 1), end] : rest;
  return { ids: [...first, ...second], second: first.length };
}

async function load({ dir, threads }: RerankerSettings): Promise<CrossEncoder> {
  for (const name of Object.values(ENCODER_FILES)) {
    if (!existsSync(join(dir, name))) throw failure('ModelNotFound', `${dir} has no ${name}.`);
  }
  const session = await InferenceSession.create(join(dir, ENCODER_FILES.model), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    // As for the encoder: threads that spin take cores from the servers beside them.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  });
  const unknown = session.inputNames.filter((name) => !(INPUTS as readonly string[]).includes(name));
  if (unknown.length > 0 || session.outputNames.length !== 1) {
    throw failure(
      'ModelNotFound',
      `${dir} takes ${session.inputNames.join(', ')} and gives ${session.outputNames.join(', ')}; a cross-encoder takes ` +
        `${INPUTS.join(', ')} and gives one score for each pair.`,
    );
  }
  return { session, tokenizer: new TextTokenizer(join(dir, ENCODER_FILES.tokenizer)) };
}
