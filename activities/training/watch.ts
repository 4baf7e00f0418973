import { setTimeout as after } from 'node:timers/promises';
import type { JobState, MetricLine } from '../../schemas/training';
import type { TrainingRules } from '../../schemas/training-run';
import { isFailure } from '../errors';
import { classify, type Classified } from './classify';
import { addPoint, type Curve, cutCurve, emptyCurve } from './curve';
import { readFailure, readMetrics, readResult, readStopped } from './job-folder';
import type { JobStatus, Launcher } from './launchers/launcher';
import { hasEnded } from './launchers/states';
import { findStall, newRuleMemory, takeLine, type FiredRule, type RuleMemory } from './rules';
import { suspendedUntil, suspension } from './suspension';

/** The attempt that is watched. */
export interface WatchedAttempt {
  attempt: number;
  submission: string;
  resumeFrom: { step: number; at: number } | null;
}

/** Where a watch stands: small, for it goes with each heartbeat, and the next watch goes on from it. */
export interface WatchCursor {
  metricsAt: number;
  logAt: number;
  /** The end of the log. */
  log: string;
  rules: RuleMemory | null;
  curve: Curve;
  latest: MetricLine | null;
  /** When the job was first seen to run, and its first step was written; seconds since 1970. */
  runningAt: number | null;
  firstStepAt: number | null;
  /** Since when its cluster has suspended it, and the seconds for which it had before; not in cursors of earlier versions. */
  suspendedAt?: number | null;
  suspendedSeconds?: number;
  state: JobState;
  /** Looks in a row at which the launcher knew nothing of it. */
  missing: number;
}

export interface WatchInput {
  attempt: WatchedAttempt;
  /** Null where it is only asked what has become of it. */
  rules: TrainingRules | null;
  /** Where the last watch of this attempt stood; null before the first, which goes on from that of the attempt before. */
  cursor: WatchCursor | null;
  before: WatchCursor | null;
  /** Seconds until it comes back although nothing has happened, so that people see how it stands. */
  seconds: number;
  /** Seconds that the attempt may run from now on, by its time limit and by the budget; null for no limit. */
  limitSeconds: number | null;
  budgetSeconds: number | null;
}

/** What a watch came back for. */
export type WatchEvent =
  | { kind: 'progress' }
  | { kind: 'done' }
  /** It has ended as it was asked to, its checkpoint of that step written. */
  | { kind: 'stopped'; step: number }
  | { kind: 'failed'; failure: Classified; log: string }
  | { kind: 'rule'; fired: FiredRule }
  | { kind: 'limit'; limit: 'timeLimit' | 'budget' }
  /** The launcher tells a state that this pack does not know. */
  | { kind: 'unknown'; native: string };

export interface Watched {
  event: WatchEvent;
  cursor: WatchCursor;
  /** What the launcher last said, where it does not answer any more. */
  silence: string | null;
}

/** Milliseconds between two looks. */
const LOOK_MS = 1_000;
/** A job that was submitted a moment ago may not be known yet. */
const MISSING_LOOKS = 15;
/** States that pass by themselves are not held at: a launcher may be in the middle of something. */
const UNKNOWN_LOOKS = 15;
const LOG_BYTES = 4_000;
const LOG_LINES = 30;

/** Where the watch of an attempt begins, after the one before it. */
export const newCursor = (before: WatchCursor | null, resumeFrom: number): WatchCursor => ({
  // What stands there already was written by attempts that are over.
  metricsAt: before?.metricsAt ?? 0,
  logAt: 0,
  log: '',
  rules: null,
  curve: cutCurve(before?.curve ?? emptyCurve(), resumeFrom),
  latest: null,
  runningAt: null,
  firstStepAt: null,
  suspendedAt: null,
  suspendedSeconds: 0,
  state: 'queued',
  missing: 0,
});

/**
 * Looks at a job once a second until something happens. It only looks: a watch that is cancelled, or whose worker dies, leaves
 * the job alone, and another goes on from its last cursor.
 * @param tell is given the cursor after each look.
 */
export async function watch(
  { launcher, dir }: { launcher: Launcher; dir: string },
  input: WatchInput,
  { signal, tell }: { signal: AbortSignal; tell: (cursor: WatchCursor) => void },
): Promise<Watched> {
  let cursor = input.cursor ?? newCursor(input.before, input.attempt.resumeFrom?.step ?? 0);
  const begun = now();
  const suspendedBefore = suspendedUntil(begun, cursor);
  const hadStep = cursor.firstStepAt !== null;
  let unknown = 0;
  for (;;) {
    const { status, silence } = await ask(launcher, input.attempt.submission);
    const seen = await look({ launcher, dir }, input, cursor, status);
    cursor = { ...seen.cursor, missing: status === undefined && silence === null ? cursor.missing + 1 : 0 };
    tell(cursor);
    const back = (event: WatchEvent): Watched => ({ event, cursor, silence });
    if (seen.fired) return back({ kind: 'rule', fired: seen.fired });
    const ended = await endOf({ launcher, dir }, input.attempt, cursor, status);
    if (ended) return back(ended);
    unknown = status?.state === 'unknown' ? unknown + 1 : 0;
    if (unknown >= UNKNOWN_LOOKS) return back({ kind: 'unknown', native: status?.native ?? '' });
    const passed = now() - begun;
    const ran = passed - (suspendedUntil(now(), cursor) - suspendedBefore);
    if (input.limitSeconds !== null && ran >= input.limitSeconds) return back({ kind: 'limit', limit: 'timeLimit' });
    if (input.budgetSeconds !== null && ran >= input.budgetSeconds) return back({ kind: 'limit', limit: 'budget' });
    // The first step, and then a part of the way: what people wait to see.
    if ((cursor.firstStepAt !== null && !hadStep) || passed >= input.seconds) return back({ kind: 'progress' });
    await after(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What the launcher says. Where it does not answer, that says nothing of the job. */
async function ask(launcher: Launcher, id: string): Promise<{ status: JobStatus | undefined; silence: string | null }> {
  try {
    return { status: await launcher.status(id), silence: null };
  } catch (error) {
    if (!isFailure(error, 'Unavailable')) throw error;
    return { status: undefined, silence: error instanceof Error ? (error.message.split('\n')[0] ?? '') : '' };
  }
}

/** Takes in what the trainer and the launcher have written since the last look. */
async function look(
  { launcher, dir }: { launcher: Launcher; dir: string },
  { attempt, rules }: WatchInput,
  cursor: WatchCursor,
  status: JobStatus | undefined,
): Promise<{ cursor: WatchCursor; fired: FiredRule | null }> {
  const next = { ...cursor, state: status?.state ?? cursor.state };
  const isRunning = next.state === 'running';
  if (isRunning) next.runningAt ??= now();
  Object.assign(next, suspension(next, now()));
  next.rules ??= isRunning ? newRuleMemory(next.runningAt ?? now()) : null;
  let fired: FiredRule | null = null;
  const { lines, next: metricsAt } = await readMetrics(dir, cursor.metricsAt);
  next.metricsAt = metricsAt;
  for (const line of lines) {
    if (line.attempt !== attempt.attempt) continue;
    next.latest = { ...next.latest, ...line };
    next.firstStepAt ??= line.at;
    if (typeof line.loss === 'number') next.curve = addPoint(next.curve, line.step, line.loss);
    if (rules === null) continue;
    const [memory, found] = takeLine(rules, next.rules ?? newRuleMemory(line.at), line);
    next.rules = memory;
    fired ??= found;
  }
  if (rules && next.rules && isRunning)
    fired ??= findStall(rules, next.rules, next.latest?.step ?? attempt.resumeFrom?.step ?? 0, now());
  const piece = await launcher.logs(attempt.submission, cursor.logAt).catch(() => null);
  if (piece && piece.text !== '') {
    next.logAt = piece.next;
    next.log = endOfLog(cursor.log + piece.text);
  }
  return { cursor: next, fired };
}

/** What became of a job that does not run any more; undefined while it does. */
async function endOf(
  { launcher, dir }: { launcher: Launcher; dir: string },
  { attempt, submission }: WatchedAttempt,
  cursor: WatchCursor,
  status: JobStatus | undefined,
): Promise<WatchEvent | undefined> {
  const isGone = status === undefined && cursor.missing >= MISSING_LOOKS;
  if (!isGone && !(status && hasEnded(status.state))) return undefined;
  if (await readResult(dir)) return { kind: 'done' };
  const stopped = await readStopped(dir, attempt);
  if (stopped) return { kind: 'stopped', step: stopped.step };
  const log = endOfLog(cursor.log + (await restOfLog(launcher, submission, cursor.logAt)));
  const gone: JobStatus = { state: 'lost', native: 'missing', reason: 'the launcher knows no such job' };
  const failure = classify({ status: status ?? gone, report: (await readFailure(dir, attempt)) ?? null, log });
  return { kind: 'failed', failure, log };
}

async function restOfLog(launcher: Launcher, id: string, from: number): Promise<string> {
  let [text, at] = ['', from];
  for (;;) {
    const piece = await launcher.logs(id, at).catch(() => null);
    if (!piece || piece.text === '' || piece.next <= at) return text;
    text = (text + piece.text).slice(-LOG_BYTES);
    at = piece.next;
  }
}

/** The last lines of a log, no more than fits in a history. */
function endOfLog(text: string): string {
  return text
    .slice(-LOG_BYTES)
    .split('\n')
    .slice(-LOG_LINES - 1)
    .join('\n');
}

const now = (): number => Date.now() / 1_000;
