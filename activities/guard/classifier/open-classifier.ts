import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { WindowClassifier } from '../guard';
import { CONCEPT_VALUE, FeatureMaker, RULE_VALUE, type WindowFeatures } from './features';
import { matchView } from '../rules';
import { PORTS } from './onnx';

/** Windows that go through at once: 64 of them are some 100,000 slots, 1 MB. */
const BATCH = 64;

/** Opens the classifier in a model file, on one thread: a call takes less than a millisecond. */
export async function openClassifier(model: string | Uint8Array): Promise<WindowClassifier> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  // Two overloads of one function: the path, or the bytes.
  const session =
    typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  const maker = new FeatureMaker();
  return {
    async score({ views }, surface) {
      let [score, view, total, flagged] = [0, 'plain', 0, 0];
      for (const read of views) {
        const { kind, text } = read;
        const windows = maker.windows(text, surface, matchView(read, surface));
        for (let from = 0; from < windows.length; from += BATCH) {
          for (const found of await run(session, windows.slice(from, from + BATCH))) {
            total += 1;
            if (found >= 0.5) flagged += 1;
            if (found > score) [score, view] = [found, kind];
          }
        }
      }
      return { score, view, total, flagged };
    },
  };
}

async function run(session: InferenceSession, windows: readonly WindowFeatures[]): Promise<Float32Array> {
  const slots = Math.max(
    1,
    ...windows.map(({ grams, rules, concepts }) => grams.length + rules.length + concepts.length),
  );
  const buckets = new Int32Array(windows.length * slots);
  const values = new Float32Array(buckets.length);
  windows.forEach(({ grams, rules, concepts }, row) => {
    let start = row * slots;
    const put = (places: Int32Array, value: number) => {
      buckets.set(places, start);
      values.fill(value, start, start + places.length);
      start += places.length;
    };
    put(grams, 1 / Math.sqrt(Math.max(1, grams.length)));
    put(rules, RULE_VALUE);
    put(concepts, CONCEPT_VALUE);
  });
  const shape = [windows.length, slots];
  const output = await session.run({
    [PORTS.buckets]: new Tensor('int32', buckets, shape),
    [PORTS.values]: new Tensor('float32', values, shape),
  });
  return output[PORTS.score]?.data as Float32Array;
}
