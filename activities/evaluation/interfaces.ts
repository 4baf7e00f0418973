import type { SubjectInput, SubjectKind } from '../../schemas/evaluate-model';
import type { ChatMessage, EvaluationCase } from '../../schemas/evaluation-cases';
import type { Passage } from '../../schemas/agent';
import type { PinnedModel } from './subjects/model-subject';

/** What a task asks of a subject, in no subject's words. All of it is part of the sample's key. */
export type Ask =
  | { kind: 'complete'; messages: ChatMessage[]; passages: Passage[] }
  /** Which of several texts is likeliest to follow. */
  | { kind: 'choose'; context: string; continuations: string[] }
  | { kind: 'classify'; text: string; labels: string[]; instructions: string | null }
  | {
      kind: 'rank';
      query: string;
      k: number;
      /** Documents to choose from, by the sha256 of their artifact; null for an index, which has its own. */
      documents: string | null;
    };
export type AskKind = Ask['kind'];

/** What a subject has answered. */
export interface Answer {
  /** The answer in words, or the label. */
  text: string;
  /** Documents, the best first. */
  ranked?: string[];
  /** Of each text that was asked about, in natural logarithms. */
  logLikelihoods?: number[];
  inputTokens: number;
  outputTokens: number;
  /** By the prices of the configuration. */
  usd: number;
  milliseconds: number;
}

/** Why there is no answer. */
export interface SampleError {
  code: string;
  message: string;
}

/** A case, put to a subject. `answered + failed + unasked` is the number of cases, whatever happens. */
export interface Sample {
  case: string;
  task: string;
  key: string;
  state: 'answered' | 'failed' | 'unasked';
  answer: Answer | null;
  error: SampleError | null;
  /** Answered by an earlier run, or by an equal question of this one. */
  kept: boolean;
  /** Times that it was asked anew because an answer was lost. */
  askedAgain: number;
}

/** A subject as the plan pins it: what it is called, and a hash of all that can change its answers. */
export interface PinnedSubject {
  input: SubjectInput;
  kind: SubjectKind;
  /** For people, with its version: `ranker@3`. */
  name: string;
  identity: string;
  /** Of a registered version. */
  version: number | null;
  /** Of an index: its own name, which no swap moves. */
  physical?: string;
  /** Of a registered model: how it is run. */
  model?: PinnedModel;
  /** Whose workers ask it. */
  pool: 'llm' | 'gpu' | 'cpu' | 'wait';
  /** Whether a question may cost: then it counts towards the limits. */
  paid: boolean;
}

export interface AskContext {
  signal: AbortSignal;
  /** The same for a question that is asked again because its answer was lost. */
  idempotencyKey: string;
  /** Told whenever something comes; with the share that is done of what takes long before there is an answer. */
  heartbeat: (share?: number) => void;
}

/** What answers. Opened by `openSubject` on the pool that its plan names. */
export interface Subject {
  /** Where it may have changed since the plan: what its answers are kept under, instead of the identity that was pinned. */
  readonly identity?: string;
  /** What it can be asked. */
  readonly asks: readonly AskKind[];
  /** Why it can not be asked just this, though it is of a kind that it can; null where it can. */
  refuses?(ask: Ask): string | null;
  /** The most that a question can use up, reserved before it is asked. */
  most(ask: Ask): { tokens: number; usd: number };
  /** @throws failures of the pack; see `samples.ts` for which make a sample fail and which the activity. */
  answer(ask: Ask, context: AskContext): Promise<Answer>;
}

/** A scored sample, as statistics see it. */
export interface ScoredSample {
  case: EvaluationCase;
  sample: Sample;
  /** By metric; a failed sample has 0 in each. */
  scores: Record<string, number>;
}

/** A kind of task: what it asks and how answers are scored. Higher is better. */
export interface Task {
  readonly version: number;
  /** Of its values, the first is what gates look at unless they say otherwise. */
  readonly metrics: readonly string[];
  /** What a case lacks to be one of the task: field and problem; empty where it is complete. */
  check(one: EvaluationCase): { field: string; problem: string }[];
  ask(one: EvaluationCase): Ask;
  score(one: EvaluationCase, answer: Answer): Promise<Record<string, number>> | Record<string, number>;
  /** Metrics of all samples together that are no mean, such as a macro F1. */
  statistics?: Readonly<Record<string, (samples: readonly ScoredSample[]) => number>>;
}
