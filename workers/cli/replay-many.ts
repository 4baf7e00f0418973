import { DeterminismViolationError } from '@temporalio/workflow';
import { ReplayError, Worker } from '@temporalio/worker';
import type { PayloadCodec } from '@temporalio/common';
import { readableHistory, UnreadablePayload } from '../codec/readable';
import type { KeptHistory } from './histories';
import type { Mismatch } from './mismatch';
import { type ReplayedCode, replayHistory } from './replay-history';

/** How the replay of a history ended. */
export type Replayed = { kept: KeptHistory } & (
  | { outcome: 'fits' }
  | { outcome: 'differs'; mismatch: Mismatch }
  /** It could not be replayed: which key is missing. */
  | { outcome: 'unreadable'; problem: UnreadablePayload }
);

/**
 * Replays histories one after the other, each as it arrives, in one worker: what has been replayed is not held. One that can not
 * be decrypted is told apart, since its replay would only say that code and history differ.
 */
export async function* replayMany(
  code: ReplayedCode,
  histories: Iterable<KeptHistory> | AsyncIterable<KeptHistory>,
  codecs: readonly PayloadCodec[] = [],
): AsyncIterable<Replayed> {
  const unreadable: Replayed[] = [];
  let current: KeptHistory | undefined;
  async function* readable() {
    for await (const kept of histories) {
      const problem = await problemOf(kept, codecs);
      if (problem) {
        unreadable.push({ kept, outcome: 'unreadable', problem });
        continue;
      }
      current = kept;
      yield kept;
    }
  }
  for await (const { error } of Worker.runReplayHistories(code, readable())) {
    yield* unreadable.splice(0);
    if (current) yield await judged(code, current, error);
  }
  yield* unreadable;
}

async function problemOf(
  { history }: KeptHistory,
  codecs: readonly PayloadCodec[],
): Promise<UnreadablePayload | undefined> {
  try {
    await readableHistory(history, codecs);
    return undefined;
  } catch (error) {
    if (error instanceof UnreadablePayload) return error;
    throw error;
  }
}

async function judged(code: ReplayedCode, kept: KeptHistory, error: Error | undefined): Promise<Replayed> {
  if (error === undefined) return { kept, outcome: 'fits' };
  if (!(error instanceof DeterminismViolationError || error instanceof ReplayError)) throw error;
  const mismatch = await replayHistory(code, kept);
  return mismatch ? { kept, outcome: 'differs', mismatch } : { kept, outcome: 'fits' };
}
