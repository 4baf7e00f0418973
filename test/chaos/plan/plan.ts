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

/** The model endpoint of the tests writes nothing but its ledger. */
const IMPOSSIBLE: ReadonlySet<string> = new Set(['model full']);

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
  /** Of ranks: once their job has told of this step, for before there are none, and after it none any more. */
  step?: number;
  /** Milliseconds after that. */
  delayMs: number;
  /** How long it lasts; 0 for what is killed, which is started again at once. */
  seconds: number;
}

/** Ranks that a stage has at work. */
export interface Ranks {
  /** What the folder of their job begins with. */
  job: string;
  /** Optimiser steps that they take. */
  steps: number;
  /** Attempts of activities that were begun when they are there. */
  from: number;
  /** Whether each is on a host of its own, so that they can be cut off from one another. */
  areApart: boolean;
}

/** A stage that faults wait for. */
export interface Target {
  stage: string;
  /** Attempts of activities in a run that nothing disturbs, about. */
  attempts: number;
  /** Whether it asks the model endpoint. */
  asksModel?: boolean;
  ranks?: Ranks;
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
    for (const target of random.shuffle(targets)) {
      const chosen = choose(target, pairs, drawn, random);
      for (const [pair, moment] of momentsOf(target, chosen, random)) {
        const when = { delayMs: random.below(DELAY_MS), seconds: random.pick(SECONDS[pair.fault]) };
        planned.push({ number: planned.length + 1, round, stage: target.stage, ...pair, ...moment, ...when });
      }
    }
    if (planned.length === before) throw new Error('No target can meet any of these faults.');
  }
  return planned.slice(0, faults);
}

type Random = ReturnType<typeof seededRandom>;
type Moment = Pick<PlannedFault, 'after' | 'step'>;

function canMeet({ asksModel, ranks }: Target, { part, fault }: Pair): boolean {
  if (part === 'trainer') return ranks !== undefined && (fault !== 'cut' || ranks.areApart);
  return SHARED.has(part) || (part === 'model' && asksModel === true);
}

/** Pairs of different parts for a run, those first that have come least. */
function choose(target: Target, pairs: readonly Pair[], drawn: Map<string, number>, random: Random): Pair[] {
  const chosen: Pair[] = [];
  const times = (pair: Pair) => drawn.get(keyOf(pair)) ?? 0;
  while (chosen.length < Math.min(FAULTS_A_RUN, target.attempts)) {
    const open = pairs.filter((pair) => canMeet(target, pair) && chosen.every(({ part }) => part !== pair.part));
    if (open.length === 0) break;
    const least = Math.min(...open.map(times));
    const pair = random.pick(open.filter((one) => times(one) === least));
    drawn.set(keyOf(pair), least + 1);
    chosen.push(pair);
  }
  return chosen;
}

/**
 * When each of a run's faults begins: at different attempts, in order. That of ranks is the first of a run, in the first half of their steps: what
 * comes before it might last longer than they do.
 */
function momentsOf({ attempts, ranks }: Target, pairs: readonly Pair[], random: Random): [Pair, Moment][] {
  const ofRanks = pairs.filter(({ part }) => part === 'trainer');
  const others = pairs.filter(({ part }) => part !== 'trainer');
  const from = ofRanks.length > 0 ? (ranks?.from ?? 0) : 0;
  const moments = random
    .shuffle(Array.from({ length: attempts - from }, (_, at) => from + at + 1))
    .slice(0, others.length)
    .sort((a, b) => a - b);
  const half = Math.floor((ranks?.steps ?? 0) / 2);
  return [
    ...ofRanks.map((pair): [Pair, Moment] => [pair, { after: from, step: 1 + random.below(half) }]),
    ...others.map((pair, at): [Pair, Moment] => [pair, { after: moments[at] ?? attempts }]),
  ];
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
