import {
  CancellationScope,
  condition,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { MESSAGES } from '../../schemas/names';

export interface KillArgument {
  by?: string;
  note?: string;
}

export interface Killed {
  by: string;
  note: string;
}

export const killUpdate = defineUpdate<string, [KillArgument | undefined]>(MESSAGES.kill);
export const killSignal = defineSignal<[KillArgument | undefined]>(MESSAGES.kill);

/** Ends whatever a run waits for, at once: also while it is paused, or holds, or an activity is under way. */
export class KillSwitch {
  /**
   * Before the first await, so that none is missed.
   * @param state kept across continue-as-new by whoever has it, and with it the switch
   * @param onKill told once, such as to end a pause
   */
  constructor(
    private readonly state: { killed: Killed | null },
    description: string,
    onKill: () => void,
  ) {
    const kill = (argument: KillArgument | undefined): string => {
      if (!this.state.killed) {
        this.state.killed = { by: String(argument?.by ?? 'unnamed'), note: String(argument?.note ?? '') };
        onKill();
      }
      return 'Killed: it is taken back now.';
    };
    setHandler(killUpdate, kill, { description });
    setHandler(killSignal, (argument) => void kill(argument), { description });
  }

  get killed(): Killed | null {
    return this.state.killed;
  }

  /** What `work` comes to, or undefined where the switch was thrown before: its activities and timers are then cancelled. */
  async unless<R>(work: () => Promise<R>): Promise<R | undefined> {
    if (this.killed) return undefined;
    const scope = new CancellationScope();
    const done = scope.run(work).then(
      (result) => ({ result }),
      (error: unknown) => {
        if (this.killed && isCancellation(error)) return { result: undefined };
        throw error;
      },
    );
    // It may still end with an error after nobody waits for it any more.
    const ended = done.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([ended, condition(() => this.killed !== null)]);
    if (!this.killed) return (await done).result;
    scope.cancel();
    return undefined;
  }
}
