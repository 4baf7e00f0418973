import { Context } from '@temporalio/activity';
import type { CpuActivities } from '../../activities';
import type { StepDecision } from '../../activities/rollout/decide-step';

type Rollout = Pick<
  CpuActivities,
  | 'planRollout'
  | 'beginWork'
  | 'registerStrategy'
  | 'claimStrategy'
  | 'replayStrategy'
  | 'moveStrategy'
  | 'lookAtRollout'
  | 'rollBackStrategy'
  | 'recordRollout'
>;
type Call<K extends keyof Rollout> = Parameters<Rollout[K]>[0];
type Answer = StepDecision['action'];

/**
 * The activities of a rollout that do as a test says, for faults of timing: what a look decides, and where an activity hangs until it is
 * cancelled, or the candidate is taken back. `calls` holds what they were asked for.
 */
export class ScriptedRollout {
  /** What each look decides; the last one goes on for ever. */
  answers: Answer[] = ['next'];
  /** The activity that hangs until it is cancelled. */
  hangsAt: keyof Rollout | null = null;
  /** What is live; null before the first of a name. */
  live: { version: number; sha256: string } | null = { version: 1, sha256: '1'.repeat(64) };
  /** What the pointer says when the candidate is taken back. */
  liveAtEnd = 1;
  readonly calls = {
    moved: [] as Call<'moveStrategy'>[],
    looked: [] as Call<'lookAtRollout'>[],
    back: [] as Call<'rollBackStrategy'>[],
    recorded: [] as Call<'recordRollout'>[],
  };
  /** Activities that hang now. */
  hanging = 0;
  /** Told before a candidate is taken back, which lets what hangs go: the test server's clock stands still for what outlives its run. */
  beforeBack: () => Promise<void> = () => Promise.resolve();
  private letGo: () => void = () => undefined;

  readonly activities: Rollout = {
    planRollout: () => Promise.resolve({ sha256: '2'.repeat(64), live: this.live, after: 1 }),
    beginWork: () => Promise.resolve({ workKey: '3'.repeat(64), done: null }),
    registerStrategy: () => Promise.resolve({ version: 2 }),
    claimStrategy: () => this.pointer('claimStrategy'),
    replayStrategy: async () => {
      await this.hangs('replayStrategy');
      const found = { mean: 0, low: 0, high: 0 };
      return { passed: true, says: 'fine', found: { value: found, gain: found, effective: 1, meanWeight: found } };
    },
    moveStrategy: (move) => {
      this.calls.moved.push(move);
      return this.pointer('moveStrategy');
    },
    lookAtRollout: async (look) => {
      const action = this.answers[Math.min(this.calls.looked.length, this.answers.length - 1)] ?? 'wait';
      this.calls.looked.push(look);
      await this.hangs('lookAtRollout');
      return { action, reasons: [`look ${this.calls.looked.length}`], metrics: [], data: '4'.repeat(64) };
    },
    rollBackStrategy: async (back) => {
      this.calls.back.push(back);
      this.letGo();
      await this.beforeBack();
      return { ...(await this.pointer('rollBackStrategy')), live: this.liveAtEnd };
    },
    recordRollout: async (record) => {
      this.calls.recorded.push(record);
      await this.hangs('recordRollout');
      return record.result;
    },
  };

  private async pointer(at: keyof Rollout) {
    await this.hangs(at);
    const sequence = this.calls.moved.length + 1;
    return { name: 'ranking', live: 1, candidate: 2, share: 0.01, knobs: {}, sequence, rollout: 'rollout' };
  }

  private async hangs(at: keyof Rollout): Promise<void> {
    if (this.hangsAt !== at) return;
    this.hanging += 1;
    const beat = setInterval(() => Context.current().heartbeat(), 200);
    const released = new Promise<void>((resolve) => (this.letGo = resolve));
    await Promise.race([Context.current().cancelled, released]).finally(() => clearInterval(beat));
  }
}
