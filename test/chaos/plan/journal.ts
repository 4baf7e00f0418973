import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { groups } from './groups';
import { keyOf, type PlannedFault } from './plan';

/** What became of a planned fault. */
export interface MetFault extends PlannedFault {
  /** False where its run had ended before, or there was nothing to break. */
  met: boolean;
  /** Seconds from its end until its stage had something done again. */
  recoverySeconds?: number;
}

/** A run to its end. */
export interface EndedRun {
  round: number;
  stage: string;
  workflowId: string;
  /** Of its output, or why it has none: `failed: …`, `stuck: …`. */
  outcome: string;
  well: boolean;
  seconds: number;
  /** Attempts of activities that were begun. */
  attempts: number;
}

export interface Checked {
  invariant: string;
  /** What it was held against, in words. */
  over: string;
  violations: string[];
}

/** All that happened, a JSON object a line. */
export class Journal {
  readonly faults: MetFault[] = [];
  readonly runs: EndedRun[] = [];
  readonly checks: Checked[] = [];
  private readonly began = Date.now();

  /** @param again what does the same once more, for people */
  constructor(
    private readonly file: string,
    readonly again: string,
  ) {
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileSync(file, '');
  }

  write(what: string, about: object): void {
    const at = Number(((Date.now() - this.began) / 1000).toFixed(2));
    appendFileSync(this.file, `${JSON.stringify({ at, what, ...about })}\n`);
  }

  fault(fault: MetFault): void {
    this.faults.push(fault);
    this.write('fault', fault);
  }

  run(run: EndedRun): void {
    this.runs.push(run);
    this.write('run', run);
  }

  check(checked: Checked): void {
    this.checks.push(checked);
    this.write('check', checked);
  }

  /** What failed: runs that did not end well, and invariants that do not hold. Where no fault was met nothing was shown. */
  failures(): string[] {
    const idle = this.faults.length > 0 && !this.faults.some(({ met }) => met) ? ['no fault was met'] : [];
    const runs = this.runs.filter(({ well }) => !well).map((run) => `${run.workflowId}: ${run.outcome}`);
    return [
      ...idle,
      ...runs,
      ...this.checks.flatMap(({ invariant, violations }) => violations.map((why) => `${invariant}: ${why}`)),
    ];
  }

  /** Tables in Markdown. */
  summary(): string {
    const met = this.faults.filter((fault) => fault.met);
    const pairs = groups(met, keyOf);
    const rows = pairs.map(([, faults]) => {
      const times = faults.flatMap(({ recoverySeconds }) => recoverySeconds ?? []).sort((a, b) => a - b);
      const median = times[Math.floor(times.length / 2)];
      const [first] = faults;
      return [first?.part, first?.fault, faults.length, seconds(median), seconds(times.at(-1))];
    });
    const stages = groups(this.runs, ({ stage }) => stage).map(([stage, runs]) => [
      stage,
      ...[runs.length, runs.filter(({ well }) => well).length, met.filter((fault) => fault.stage === stage).length],
      groups(runs, ({ outcome }) => outcome)
        .map(([outcome, all]) => `${outcome.slice(0, 80)} ${all.length}`)
        .join(', '),
    ]);
    return [
      `${met.length} of ${this.faults.length} planned faults were met; the others' runs had ended before.`,
      table(['part', 'fault', 'times', 'recovery, median', 'longest'], rows),
      table(['stage', 'runs', 'ended well', 'faults', 'outcomes'], stages),
      table(
        ['invariant', 'over', 'holds'],
        this.checks.map(({ invariant, over, violations }) => [invariant, over, violations.length === 0 ? 'yes' : 'NO']),
      ),
      ...this.failures().map((failure) => `FAILED ${failure}`),
      ...(this.failures().length > 0 ? [`The same faults again: ${this.again}`] : []),
    ].join('\n\n');
  }
}

const seconds = (value: number | undefined): string => (value === undefined ? '' : `${value.toFixed(1)} s`);

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
