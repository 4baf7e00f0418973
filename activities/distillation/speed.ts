import type { SpeedOfBucket, StudentGate } from '../../schemas/distillation-gate';
import type { Encoder } from '../encoder/encoder';
import type { Report } from '../kit/heartbeat';
import { median } from '../kit/median';

type Timed = Pick<Encoder, 'encode' | 'countTokens' | 'limit'>;

/** Special tokens that a text is framed by. */
const FRAME = 2;

/**
 * Texts in a second of teacher and student, by the length of the texts: by turns, so that what else the machine does hits both alike. Who begins
 * changes with each round; the first round only warms up. Buckets longer than a model takes are left out.
 * @param texts of the data; texts of each length are cut from them.
 */
export async function timeByLength(
  teacher: Timed,
  student: Timed,
  texts: readonly string[],
  { buckets, texts: count, rounds }: StudentGate['speed'],
  { report, signal, now = () => performance.now() }: { report: Report; signal: AbortSignal; now?: () => number },
): Promise<SpeedOfBucket[]> {
  const limit = Math.min(teacher.limit, student.limit);
  const fitting = [...new Set(buckets.filter((tokens) => tokens <= limit))].sort((a, b) => a - b);
  const total = fitting.length * (rounds + 1) * 2;
  let done = 0;
  const seconds = async (model: Timed, sample: readonly string[]): Promise<number> => {
    const began = now();
    await model.encode(sample, { signal });
    report((done += 1), total);
    return (now() - began) / 1_000;
  };
  const measured: SpeedOfBucket[] = [];
  for (const tokens of fitting) {
    const sample = await textsOfLength(teacher, texts, tokens - FRAME, count);
    const counts = await student.countTokens(sample);
    const [slow, fast]: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      const sides = [
        { model: teacher, taken: slow },
        { model: student, taken: fast },
      ];
      if (round % 2 === 1) sides.reverse();
      for (const { model, taken } of sides) {
        const took = await seconds(model, sample);
        if (round > 0) taken.push(took);
      }
    }
    const times = slow.map((took, round) => took / (fast[round] ?? took));
    measured.push({
      tokens,
      meanTokens: counts.reduce((sum, value) => sum + value, 0) / Math.max(1, counts.length) + FRAME,
      teacher: sample.length / median(slow),
      student: sample.length / median(fast),
      times: { median: median(times), lowest: Math.min(...times), highest: Math.max(...times) },
    });
  }
  return measured;
}

/** Texts of about so many tokens, and never more, cut from the data laid end to end, each from another place. */
async function textsOfLength(model: Timed, texts: readonly string[], tokens: number, count: number): Promise<string[]> {
  const all = texts.join(' ').replaceAll(/\s+/g, ' ').slice(0, 1_000_000);
  const [found = 1] = await model.countTokens([all]);
  const chars = Math.max(1, Math.floor((tokens * all.length) / Math.max(1, found)));
  const source = all.repeat(Math.ceil((chars + 1) / Math.max(1, all.length)) + 1);
  const cut = Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * all.length) / count);
    return source.slice(from, from + chars).trim() || 'a';
  });
  const counts = await model.countTokens(cut);
  // What came out longer is cut in proportion: a longer text would be cut by the model, or belong to the next bucket.
  return cut.map((text, at) => text.slice(0, Math.ceil((text.length * tokens) / Math.max(tokens, counts[at] ?? 1))));
}
