import {
  LOOP_MINIMUM,
  LOOP_WINDOW,
  loopOptions,
  type LoopOptions,
  type LoopRule,
  type LoopVerdict,
  type TurnDigest,
} from '../../../schemas/agent-loops';
import { type Alike, type Cycle, cycleOf, goesThroughList, identical, related, reworded } from './cycles';
import { callLikeness, commonWords, nearResult, sameBut, sameResult, substantial } from './likeness';

/** What one rule found in a window: at `minimum` repeats it speaks up. */
interface Finding extends Cycle {
  rule: LoopRule;
  minimum: number;
  words: string;
}

const LEVELS = ['nudge', 'replan', 'stop'] as const;

/** Shares of a run that must come back: of any turns, of turns that only did something, of a sparse run. */
const SHARE = { any: 0.6, done: 0.7, sparse: 0.4, errors: 0.6, words: 0.7, stale: 0.6 };

/** Tools that do nothing but let time pass. */
const WAITS = /^(?:sleep|wait|pause|delay)(?:_?(?:for|until|a_?moment|seconds?|ms|millis\w*|minutes?))?$/iu;

const called = (turn: TurnDigest): string => (turn.tool === null ? 'The same was said' : `${turn.tool} was called`);

/** The name of the rule for a run of turns like the last one. */
function ruleFor(last: TurnDigest, { period }: Cycle): LoopRule {
  if (period > 1) return 'alternation';
  if (last.tool === null) return 'monologue';
  return last.outcome === 'error' ? 'repeated_error' : 'same_call_and_result';
}

/** Turns that come back, by one measure of being alike. */
function repeated(window: readonly TurnDigest[], alike: Alike, minimum: number, how: string, share: number): Finding[] {
  const last = window[window.length - 1]!;
  const cycle = cycleOf(window, alike, last.outcome === 'done' && last.tool !== null ? SHARE.done : share);
  if (alike !== identical && goesThroughList(cycle.places.map((at) => window[at]!))) return [];
  const among = cycle.period > 1 ? ` in turn with ${cycle.period - 1} other${cycle.period > 2 ? 's' : ''}` : '';
  const words = `${called(last)} ${cycle.repeats} times ${how}${among}`;
  return [{ ...cycle, rule: ruleFor(last, cycle), minimum, words }];
}

const NONE: Cycle = { repeats: 0, period: 1, places: [] };

/** Turns of one property, up to the last one, as many as make up `share` of the run that they begin. */
function dense(window: readonly TurnDigest[], has: (turn: TurnDigest, at: number) => boolean, share: number): Cycle {
  const places = window.flatMap((turn, at) => (has(turn, at) ? [at] : []));
  const last = window.length - 1;
  if (places[places.length - 1] !== last) return NONE;
  let best = 1;
  for (let count = 2; count <= places.length; count += 1) {
    if (count >= share * (last - places[places.length - count]! + 1)) best = count;
  }
  return { repeats: best, period: 1, places: places.slice(-best) };
}

/** A turn that brought nothing new: it was done before in much the same way, or another call gave the same long answer. */
function stale(window: readonly TurnDigest[], turn: TurnDigest, at: number): boolean {
  return window.slice(0, at).some((before) => {
    if (before.tool !== turn.tool) return false;
    if (turn.outcome === 'done') return identical(before, turn);
    if (related(before, turn) || (substantial(turn) && sameResult(before, turn))) return true;
    // Questions in other words that all found nothing; a key would make it a question about another thing.
    return turn.outcome === 'nothing' && before.outcome === 'nothing' && turn.keys === '' && before.keys === '';
  });
}

/** How often the last call of a polling tool has been answered the same since its answer last changed. */
function polls(window: readonly TurnDigest[], budget: number): Finding {
  const last = window[window.length - 1]!;
  const same = window.flatMap((turn, at) => (turn.tool === last.tool && turn.call === last.call ? [at] : []));
  const changed = same.findLastIndex((at) => !sameResult(window[at]!, last));
  const places = same.slice(changed + 1);
  const words = `${last.tool} was asked ${places.length} times and has said the same each time`;
  return { rule: 'polling', minimum: budget, repeats: places.length, period: 1, places, words };
}

function monologues(window: readonly TurnDigest[]): Finding[] {
  const inRow = dense(window, ({ tool }) => tool === null, 1);
  const most = dense(window, ({ tool }) => tool === null, SHARE.words);
  const words = (count: number) => `${count} turns had words and no call`;
  return [
    { ...inRow, rule: 'monologue', minimum: LOOP_MINIMUM.monologue, words: words(inRow.repeats) },
    { ...most, rule: 'monologue', minimum: LOOP_MINIMUM.sparse, words: words(most.repeats) },
  ];
}

function errors(window: readonly TurnDigest[]): Finding[] {
  const last = window[window.length - 1]!;
  if (last.outcome !== 'error') return [];
  // Once the tool has worked again it has not failed ever since.
  const worked = window.findLastIndex(({ tool, outcome }) => tool === last.tool && outcome !== 'error');
  const failed = (turn: TurnDigest, at: number) => at > worked && turn.tool === last.tool && nearResult(turn, last);
  const alike = dense(window, failed, SHARE.errors);
  const words = `${last.tool} failed ${alike.repeats} times with the same error`;
  return [{ ...alike, rule: 'repeated_error', minimum: LOOP_MINIMUM.error, words }];
}

function findings(window: readonly TurnDigest[]): Finding[] {
  const last = window[window.length - 1]!;
  const sameCall = dense(window, (turn) => callLikeness(turn, last) === 'same' && sameBut(turn, last), SHARE.any);
  const sameAnswer = dense(
    window,
    (turn) => substantial(turn) && commonWords(turn, last) && sameResult(turn, last),
    SHARE.any,
  );
  const noProgress = dense(window, (turn, at) => stale(window, turn, at), SHARE.stale);
  const { repeated: often, alike, sparse } = LOOP_MINIMUM;
  return [
    ...repeated(window, identical, often, 'with the same arguments and result', SHARE.any),
    ...repeated(window, reworded, often, 'in nearly the same words, with the same result', SHARE.any),
    ...repeated(window, related, alike, 'in much the same words, with much the same result', SHARE.any),
    ...repeated(window, identical, sparse, 'with the same arguments and result, among other calls', SHARE.sparse),
    {
      ...sameAnswer,
      rule: 'same_call_and_result',
      minimum: alike,
      words: `${called(last)} ${sameAnswer.repeats} times for something else, with the same long answer`,
    },
    ...monologues(window),
    ...errors(window),
    {
      ...sameCall,
      rule: 'same_call',
      minimum: LOOP_MINIMUM.sameCall,
      words: `${called(last)} ${sameCall.repeats} times with the same arguments`,
    },
    {
      ...(goesThroughList(noProgress.places.map((at) => window[at]!)) ? NONE : noProgress),
      rule: 'no_progress',
      minimum: LOOP_MINIMUM.noProgress,
      words: `${noProgress.repeats} turns brought nothing that was not known`,
    },
  ];
}

/**
 * Whether an agent goes in circles, by the digests of its turns alone, oldest first: the same verdict for the same
 * window on each replay. Looks at the last 64; of those, at loops that the last turn is part of. The caller starts a new
 * window at each message of the user, and leaves out turns in which the model's provider failed.
 */
export function judgeLoops(window: readonly TurnDigest[], options: LoopOptions = {}): LoopVerdict {
  const { pollingTools, pollingBudget, firstTurn } = loopOptions.parse(options);
  const skipped = Math.max(0, window.length - LOOP_WINDOW);
  const recent = window.slice(skipped);
  const last = recent[recent.length - 1];
  if (last === undefined) return { level: 'none' };
  const isPoll = ({ tool }: TurnDigest) => tool !== null && (pollingTools.includes(tool) || WAITS.test(tool));
  // Polls are not seen by the other rules: they neither make a loop nor hide one.
  const places = recent.flatMap((turn, at) => (isPoll(turn) === isPoll(last) ? [at] : []));
  const looked = places.map((at) => recent[at]!);
  const found = isPoll(last) ? [polls(looked, pollingBudget)] : findings(looked);
  const chanting: Finding = {
    rule: 'chanting',
    minimum: LOOP_MINIMUM.chant,
    repeats: last.chant,
    period: 1,
    places: [looked.length - 1],
    words: `One text said the same ${last.chant} times`,
  };
  let worst: Finding | undefined;
  const over = ({ repeats, minimum }: Finding) => Math.min(LEVELS.length - 1, repeats - minimum);
  for (const finding of [...found, chanting]) {
    if (over(finding) < 0) continue;
    // Of two rules that say the same, the one that has seen more of it.
    const more = worst === undefined ? 1 : over(finding) - over(worst) || finding.repeats - worst.repeats;
    if (more > 0) worst = finding;
  }
  if (worst === undefined) return { level: 'none' };
  const turns = worst.places.map((at) => firstTurn + skipped + places[at]!);
  const { rule, period, repeats, minimum, words } = worst;
  return { level: LEVELS[over(worst)]!, rule, period, repeats, minimum, evidence: { turns, words } };
}
