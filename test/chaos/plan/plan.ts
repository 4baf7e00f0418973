import { seededRandom } from '../../support/random';

/** What can be broken. */
export const PARTS = [
  'worker-llm',
  'worker-cpu',
  'worker-gpu',
  'temporal',
  'postgres',
  'elasticsearch',
  'trainer',
  'model',
] as const;
export type Part = (typeof PARTS)[number];

/** How: SIGKILL, SIGSTOP, a pulled cable, a disk without room, and a part that answers late. */
export const FAULTS = ['kill', 'stop', 'cut', 'full', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

export interface Pair {
  part: Part;
  fault: Fault;
}

/** Ranks of the stub say nothing to one another, and the model endpoint of the tests writes nothing but its ledger. */
const IMPOSSIBLE: ReadonlySet<string> = new Set(['trainer cut', 'model full']);

export const keyOf = ({ part, fault }: Pair): string => `${part} ${fault}`;

export const PAIRS: readonly Pair[] = PARTS.flatMap((part) => FAULTS.map((fault) => ({ part, fault }))).filter(
  (pair) => !IMPOSSIBLE.has(keyOf(pair)),
);

/** A fault and its moment, which a run's progress decides and not the clock: the same run meets it at the same place. */
export interface PlannedFault extends Pair {
  number: number;
  round: number;
  /** Whose run of the round it waits for. */
  stage: string;
  /** After so many attempts of activities of that run were begun. */
  after: number;
  /** Milliseconds after that attempt began. */
  delayMs: number;
  /** How long it lasts; 0 for what is killed, which is started again at once. */
  seconds: number;
}

/** A stage that faults wait for. */
export interface Target {
  stage: string;
  /** Attempts of activities in a run that nothing disturbs, about. */
  attempts: number;
  /** Parts that it uses besides those that all of them do. */
  parts?: readonly Part[];
}

/** Parts that every stage leans on. */
const SHARED: ReadonlySet<Part> = new Set([
  'worker-llm',
  'worker-cpu',
  'worker-gpu',
  'temporal',
  'postgres',
  'elasticsearch',
]);
const FAULTS_A_RUN = 2;
// Longer than the 15 s after which an attempt whose beats are missing is made again: the old one wakes beside the new.
const SECONDS: Readonly<Record<Fault, readonly number[]>> = {
  ...{ kill: [0], stop: [2, 6, 20], cut: [2, 6, 20], full: [3, 6], slow: [5, 10] },
};
const DELAY_MS = 200;

export interface PlanOptions {
  seed: number;
  /** How many faults. */
  faults: number;
  targets: readonly Target[];
  /** Those that can be made here; all where nothing is said. */
  pairs?: readonly Pair[];
}

/**
 * The faults of a seed, round by round; in each round every target has up to two, one after the other and of different parts. Of the pairs
 * that a target can meet the one is drawn that has come least, so that a long plan has all of them about as often.
 */
export function planFaults({ seed, faults, targets, pairs = PAIRS }: PlanOptions): PlannedFault[] {
  const random = seededRandom(seed);
  const drawn = new Map<string, number>();
  const planned: PlannedFault[] = [];
  for (let round = 1; planned.length < faults && targets.length > 0; round += 1) {
    const before = planned.length;
    for (const { stage, attempts, parts = [] } of random.shuffle(targets)) {
      const moments = momentsOf(attempts, random);
      const taken = new Set<Part>();
      for (const after of moments) {
        const open = pairs.filter(({ part }) => !taken.has(part) && (SHARED.has(part) || parts.includes(part)));
        if (open.length === 0 || planned.length === faults) break;
        const least = Math.min(...open.map((pair) => drawn.get(keyOf(pair)) ?? 0));
        const pair = random.pick(open.filter((one) => (drawn.get(keyOf(one)) ?? 0) === least));
        drawn.set(keyOf(pair), least + 1);
        taken.add(pair.part);
        const when = { after, delayMs: random.below(DELAY_MS), seconds: random.pick(SECONDS[pair.fault]) };
        planned.push({ number: planned.length + 1, round, stage, ...pair, ...when });
      }
    }
    if (planned.length === before) throw new Error('No target can meet any of these faults.');
  }
  return planned;
}

/** Different attempts, in order. */
function momentsOf(attempts: number, random: ReturnType<typeof seededRandom>): number[] {
  const all = Array.from({ length: Math.max(1, attempts) }, (_, at) => at + 1);
  return random
    .shuffle(all)
    .slice(0, FAULTS_A_RUN)
    .sort((a, b) => a - b);
}

/** Faults that are open at once at most. */
export const AT_ONCE = 3;

/**
 * Whether a fault may begin while others are open. Three at once are what a bad night has; two of one part would undo one another (a stopped
 * process that is killed, a disk that is freed for both), and with two full disks nothing is told that a person could act on.
 */
export function mayBegin(fault: Pair, open: readonly Pair[]): boolean {
  if (open.length >= AT_ONCE) return false;
  return open.every((other) => other.part !== fault.part && !(other.fault === 'full' && fault.fault === 'full'));
}
