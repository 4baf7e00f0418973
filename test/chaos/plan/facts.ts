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

  /** Where a round came to something else than the first, which nothing disturbed. */
  differences(): string[] {
    return this.same.flatMap(({ name, round, value }) => {
      const first = this.same.find((fact) => fact.name === name);
      if (!first || isDeepStrictEqual(first.value, value)) return [];
      return [`${name} in round ${round}: ${JSON.stringify(value)} instead of ${JSON.stringify(first.value)}`];
    });
  }
}
