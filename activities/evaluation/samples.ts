import { randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import {
  type EvaluateModelOutput,
  type EvaluationLimits,
  NO_SAMPLES,
  type SampleCounts,
  type SampleSpending,
} from '../../schemas/evaluate-model';
import type { ModelFailureDetails } from '../agent/models/model-errors';
import { failure } from '../errors';
import { MOST_TRIES, type SampleRegistry, type SettledSample } from '../stores/registry-samples';
import type { Ask, AskContext, PinnedSubject, Sample, Subject } from './interfaces';

/** A third of the time after which one who says nothing counts as dead. */
const RENEW_MS = 5_000;
/** Another attempt asks the same: how long until one looks again. */
const TAKEN_MS = 1_000;
/** Failures that the same question will meet again. */
const OF_THE_QUESTION = ['ContextTooLong', 'ContentFiltered', 'ModelRequestRefused'];

/** One question of a unit. */
export interface Question {
  case: string;
  task: string;
  key: string;
  ask: Ask;
  /** An earlier one of the plan is the same. */
  repeats: boolean;
}

export interface AskOptions {
  samples: SampleRegistry;
  subject: Subject;
  paid: PinnedSubject['paid'];
  workKey: string;
  limits: EvaluationLimits;
  signal: AbortSignal;
  /** Told how many are done. */
  report: (done: number, total: number) => void;
}

type Asking = AskOptions & Pick<AskContext, 'heartbeat'>;

/**
 * Asks one question after another, or finds what was answered before. Each is marked before it leaves and kept before it is used, so
 * that after a kill nothing that is known is asked again, and what may have been answered is asked under the same key and counted.
 * @throws `ModelUnavailable` where the model is away: what is answered stays, and the next attempt goes on behind it.
 */
export async function askQuestions(questions: readonly Question[], options: AskOptions): Promise<Sample[]> {
  const { samples, workKey, report } = options;
  const claim = randomUUID();
  // A renewal that is missed costs nothing but that another may ask the same, under the same key.
  const renewing = setInterval(() => void samples.renew(claim).catch(() => undefined), RENEW_MS);
  try {
    const known = await samples.settled(
      questions.map(({ key }) => key),
      workKey,
    );
    const asked: Sample[] = [];
    for (const question of questions) {
      const heartbeat = (share = 0) => report(asked.length + Math.min(share, 0.999), questions.length);
      const settled = known.get(question.key) ?? (await settle(question, claim, { ...options, heartbeat }));
      if (settled) known.set(question.key, settled);
      asked.push(sampleOf(question, settled, workKey));
      report(asked.length, questions.length);
    }
    return asked;
  } finally {
    clearInterval(renewing);
  }
}

/** Asks until there is an answer, or never will be; null where a limit is reached. */
async function settle(question: Question, claim: string, options: Asking): Promise<SettledSample | null> {
  const { samples, subject, paid, workKey, limits, signal } = options;
  const { key, ask } = question;
  const budget = paid ? { limits: { ...limits, usd: limits.usd ?? null }, most: subject.most(ask) } : null;
  for (;;) {
    signal.throwIfAborted();
    const claimed = await samples.claim({ key, workKey, claim, budget });
    switch (claimed.state) {
      case 'answered':
      case 'failed':
        return claimed;
      case 'spent':
        return null;
      case 'taken':
        // Where it is stopped meanwhile, the next round says why.
        await after(TAKEN_MS, undefined, { signal }).catch(() => undefined);
        break;
      case 'asked': {
        const settled = await askOnce(question, options);
        if (settled) return settled;
      }
    }
  }
}

/** Undefined where another attempt has to be made to know. */
async function askOnce(
  { key, ask }: Question,
  { samples, subject, workKey, signal, heartbeat }: Asking,
): Promise<SettledSample | undefined> {
  try {
    const answer = await subject.answer(ask, { signal, idempotencyKey: key, heartbeat });
    return await samples.settle(key, { answer });
  } catch (thrown) {
    if (!(thrown instanceof ApplicationFailure)) throw thrown;
    const error = { code: thrown.type ?? '', message: thrown.message };
    if (OF_THE_QUESTION.includes(error.code)) return samples.settle(key, { error });
    if (error.code !== 'ModelUnavailable') throw thrown;
    const [details] = (thrown.details ?? []) as ModelFailureDetails[];
    const tries = await samples.refuse(key, details?.isOfQuestion ?? false);
    if (tries < MOST_TRIES) throw thrown;
    await samples.giveUp(key, workKey, error);
    return undefined;
  }
}

function sampleOf({ case: id, task, key, repeats }: Question, settled: SettledSample | null, workKey: string): Sample {
  const none = { answer: null, error: null, kept: false, askedAgain: 0 };
  const sample = { case: id, task, key };
  if (!settled) return { ...sample, ...none, state: 'unasked' };
  if (settled.state === 'failed') {
    return { ...sample, ...none, state: 'failed', error: settled.error, askedAgain: repeats ? 0 : settled.again };
  }
  const kept = repeats || settled.workKey !== workKey;
  const { answer, again } = settled;
  return { ...sample, ...none, state: 'answered', answer, kept, askedAgain: kept ? 0 : again };
}

/** Counts samples; what was kept has cost nothing. @throws `InvariantBroken` where one has no state. */
export function countSamples(samples: readonly Sample[]): SampleCounts {
  const counts = { ...NO_SAMPLES, samples: samples.length };
  for (const { state, kept, askedAgain, answer } of samples) {
    counts[state] += 1;
    counts.askedAgain += askedAgain;
    if (kept) counts.kept += 1;
    else if (answer) {
      counts.tokens += answer.inputTokens + answer.outputTokens;
      counts.usd += answer.usd;
    }
  }
  const { answered, failed, unasked } = counts;
  if (answered + failed + unasked !== counts.samples) {
    throw failure('InvariantBroken', `Of ${counts.samples} samples ${answered + failed + unasked} have a state.`);
  }
  return counts;
}

/** Samples of all who were asked. */
export interface CountedSamples {
  candidate: SampleCounts;
  reference: SampleCounts | null;
  judge?: SampleCounts;
}

/** What became of samples, and what it took, each by itself: the second differs from run to run. */
export function splitCounts({
  candidate,
  reference,
  judge,
}: CountedSamples): Pick<EvaluateModelOutput, 'counts' | 'spent'> {
  return {
    counts: {
      ...{ candidate: statesOf(candidate), reference: reference && statesOf(reference) },
      ...(judge ? { judge: statesOf(judge) } : {}),
    },
    spent: {
      ...{ candidate: spendingOf(candidate), reference: reference && spendingOf(reference) },
      ...(judge ? { judge: spendingOf(judge) } : {}),
    },
  };
}

const statesOf = ({ samples, answered, failed, unasked }: SampleCounts) => ({ samples, answered, failed, unasked });
const spendingOf = ({ kept, askedAgain, tokens, usd }: SampleCounts): SampleSpending => ({
  ...{ kept, askedAgain, tokens, usd },
});
