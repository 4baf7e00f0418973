import {
  guardPolicy,
  type GuardPolicyInput,
  type GuardReason,
  type GuardSurface,
  type GuardVerdict,
} from '../../schemas/guard';
import { openReader, type Reading } from './normalise';
import { promptReasons } from './output/prompt-leak';
import { secretReasons } from './output/secrets';
import { decide } from './policy';
import { joined, ruleReasons } from './rules';

/** What a text is, and what must not be in it. */
export interface GuardContext {
  surface: GuardSurface;
  /** Of an output: texts that must not be given away. */
  secrets?: readonly string[];
  /** Of an output: the instructions that the model was given, which must not be repeated. */
  systemPrompt?: string;
}

/** What judges texts on their way to a model and from it; of `openGuard` or `openTrainedGuard`. */
export interface Guard {
  /** Judges one text. It never throws for what a text holds; work is bounded, and a text that is too long to be read whole is warned of. */
  check(text: string, context: GuardContext): Promise<GuardVerdict>;
}

/** What a trained classifier makes of a reading; its scores are such that 0.5 is the threshold. */
export interface WindowClassifier {
  score(
    reading: Reading,
    surface: GuardSurface,
  ): Promise<{ score: number; view: string; total: number; flagged: number }>;
}

/** How a guard judges: all of it may be left out. */
export interface GuardOptions {
  /** What to do with scores; fields that are left out have their defaults. */
  policy?: GuardPolicyInput;
  /** Without one the rules alone judge. */
  classifier?: WindowClassifier;
}

const MOST_REASONS = 10;

/**
 * With a classifier, which has weighed the rules among all else, they stop a text by themselves from this belief on. Below, it
 * only warns.
 */
export const RULES_ALONE_FROM = 0.8;
const NOT_STOPPED = 0.49;

/** Opens a guard. Loads the tables of the normaliser, some tens of milliseconds. */
export async function openGuard({ policy: given = {}, classifier }: GuardOptions = {}): Promise<Guard> {
  const policy = guardPolicy.parse(given);
  const read = await openReader();
  return {
    async check(text, { surface, secrets = [], systemPrompt = '' }) {
      const reading = read(text);
      const reasons = ruleReasons(reading, surface);
      if (surface === 'output') {
        reasons.push(...secretReasons(reading, secrets), ...promptReasons(reading, systemPrompt));
      }
      if (!reading.whole) reasons.push(TOO_LONG);
      let score = joined(reasons);
      let windows = { total: 0, flagged: 0 };
      if (classifier && surface !== 'output') {
        const { score: learnt, view, ...counted } = await classifier.score(reading, surface);
        windows = counted;
        score = Math.max(score >= RULES_ALONE_FROM ? score : Math.min(score, NOT_STOPPED), learnt);
        if (learnt >= 0.5) reasons.push({ rule: 'classifier', why: 'reads like known attacks', view, weight: learnt });
      }
      reasons.sort((a, b) => b.weight - a.weight);
      return { decision: decide(policy, surface, score), score, reasons: reasons.slice(0, MOST_REASONS), windows };
    },
  };
}

const TOO_LONG: GuardReason = {
  rule: 'too-long',
  why: 'is longer, or unfolds to more, than is read',
  view: 'plain',
  weight: 0.4,
};
