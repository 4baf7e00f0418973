import { isDeepStrictEqual } from 'node:util';
import type { StageRun } from './stages';

/** Results that may not depend on what was broken on the way. */
interface Fact {
  name: string;
  round: number;
  value: unknown;
}

/** What was seen, for the invariants. */
export class Facts {
  readonly same: Fact[] = [];
  readonly outputs: { stage: string; round: number; output: unknown }[] = [];
  /** Trainings that were followed, and what was wrong with their steps and checkpoints. */
  readonly trainings: string[][] = [];
  /** The last round that has changed the documents of the feed. */
  lastRound = 0;

  changed(round: number): void {
    this.lastRound = round;
  }

  add(stage: StageRun, round: number, output: unknown): void {
    this.outputs.push({ stage: stage.stage, round, output });
    if (output === undefined || !stage.same) return;
    this.same.push({ name: stage.stage, round, value: stage.same(output as never) });
  }

  /** What an index holds after a stage. */
  holds(stage: StageRun, round: number, contents: unknown): void {
    this.same.push({ name: `the index after ${stage.stage}`, round, value: contents });
  }

  /** Runs of a stage that had a result. */
  runsOf(stage: string): number {
    return this.outputs.filter((one) => one.stage === stage && one.output !== undefined).length;
  }

  /** Where a round came to something else than round 0, which nothing disturbed. */
  differences(): string[] {
    return this.same.flatMap(({ name, round, value }) => {
      const first = this.same.find((fact) => fact.name === name && fact.round === 0);
      if (!first) return [`${name} in round ${round}: there is no undisturbed result to hold it against`];
      if (isDeepStrictEqual(first.value, value)) return [];
      return [`${name} in round ${round}: ${JSON.stringify(value)} instead of ${JSON.stringify(first.value)}`];
    });
  }
}
