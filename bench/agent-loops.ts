/**
 * Loop detection on transcripts that loop and that do not: `npx jiti bench/agent-loops.ts [--each 20] [--seed 1] [--show]`.
 *
 * Prints for each family, and in all: how many runs were stopped, how many of the loops within two repetitions after the
 * rule's minimum (which is what recall means here), how many were nudged, and how many repetitions came after the minimum;
 * beside ours the rules of OpenHands, gemini-cli and a step limit, which have no such bound. Ends with 1 below a recall of
 * 0.99 or above 0.5% false stops.
 */
import { parseArgs } from 'node:util';
import { digestTurn } from '../activities/agent/loops';
import { LOOP_WINDOW, type LoopVerdict } from '../schemas/agent-loops';
import { FOURTH_HEALTHY, FOURTH_LOOPING } from '../test/support/agent-transcripts/fourth';
import { HEALTHY } from '../test/support/agent-transcripts/healthy';
import { HELD_OUT_HEALTHY, HELD_OUT_LOOPING } from '../test/support/agent-transcripts/held-out';
import { type Transcript, transcripts } from '../test/support/agent-transcripts/kit';
import { SHELL_HEALTHY } from '../test/support/agent-transcripts/shell-healthy';
import { SHELL_LOOPING } from '../test/support/agent-transcripts/shell-looping';
import { LOOPING } from '../test/support/agent-transcripts/looping';
import { gemini, openHands, stepLimit } from '../test/support/agent-transcripts/peers';
import { THIRD_HEALTHY } from '../test/support/agent-transcripts/third-healthy';
import { THIRD_LOOPING } from '../test/support/agent-transcripts/third-looping';
import { judgeLoops } from '../workflows/agent/loops';

const { values: options } = parseArgs({
  options: {
    each: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean' },
  },
});

interface Outcome {
  transcript: Transcript;
  stop: { turn: number; verdict: Exclude<LoopVerdict, { level: 'none' }> } | null;
  nudged: boolean;
  late: number | null;
  peers: Record<string, boolean>;
}

function judge(transcript: Transcript): Outcome {
  const { turns, pollingTools, repetitions } = transcript;
  const digests = turns.map(digestTurn);
  let stop: Outcome['stop'] = null;
  let nudged = false;
  for (let turn = 0; turn < turns.length && stop === null; turn += 1) {
    const verdict = judgeLoops(digests.slice(Math.max(0, turn + 1 - LOOP_WINDOW), turn + 1), { pollingTools });
    if (verdict.level === 'none') continue;
    nudged = true;
    if (verdict.level === 'stop') stop = { turn, verdict };
  }
  // Repetitions that were whole before the stop, and the one that it fell into.
  const seen = stop === null ? 0 : 1 + repetitions.filter((end) => end < stop.turn).length;
  const late =
    stop !== null && repetitions.length > 0
      ? Math.max(0, seen - Math.max(stop.verdict.minimum, transcript.minimum ?? 0))
      : null;
  const peers = { OpenHands: openHands(turns), 'gemini-cli': gemini(turns), 'step limit 25': stepLimit(turns) };
  return { transcript, stop, nudged, late, peers };
}

function report(title: string, outcomes: Outcome[]): { recall: number; falseStops: number } {
  const families = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const key = `${outcome.transcript.looping ? 'loop   ' : 'healthy'}  ${outcome.transcript.family}`;
    families.set(key, [...(families.get(key) ?? []), outcome]);
  }
  const percent = (part: number, all: number) => (all === 0 ? '-' : `${((100 * part) / all).toFixed(1)}%`).padStart(7);
  const row = (name: string, list: Outcome[]) => {
    const stopped = list.filter(({ stop }) => stop !== null).length;
    const late = list.flatMap((one) => one.late ?? []);
    const inTime = list.filter((one) => one.stop !== null && (one.late ?? 0) <= 2).length;
    const most = late.length === 0 ? '-' : String(Math.max(...late));
    const mean = late.length === 0 ? '-' : (late.reduce((a, b) => a + b, 0) / late.length).toFixed(1);
    const peers = ['OpenHands', 'gemini-cli', 'step limit 25'].map((peer) =>
      percent(list.filter((one) => one.peers[peer]).length, list.length),
    );
    const nudged = percent(list.filter((one) => one.nudged).length, list.length);
    console.log(
      `${name.padEnd(42)} ${String(list.length).padStart(5)} ${percent(stopped, list.length)} ${percent(inTime, list.length)} ${nudged} ${mean.padStart(5)} ${most.padStart(4)}  ${peers.join(' ')}`,
    );
    return { stopped, inTime };
  };
  console.log(`\n${title}\n${'family'.padEnd(42)}   all stopped in time  nudged  mean most  OpenHands gemini limit 25`);
  for (const [name, list] of families) row(name, list);
  const looping = outcomes.filter(({ transcript }) => transcript.looping);
  const healthy = outcomes.filter(({ transcript }) => !transcript.looping);
  const caught = row('all that loop', looping);
  const wrong = row('all healthy', healthy);
  if (options.show) {
    for (const { transcript, stop, late } of outcomes) {
      if ((stop !== null) === transcript.looping && (late ?? 0) <= 2) continue;
      const { family, turns } = transcript;
      const what = !transcript.looping ? 'stopped' : stop ? `late by ${late}` : 'missed';
      console.log(`\n${what}: ${family} ${stop ? JSON.stringify(stop.verdict) : ''}`);
      for (const turn of turns.slice(0, (stop?.turn ?? turns.length) + 1).slice(-24)) {
        console.log('  ', JSON.stringify(turn).slice(0, 160));
      }
    }
  }
  return { recall: caught.inTime / looping.length, falseStops: wrong.stopped / healthy.length };
}

function main(): void {
  const [each, seed] = [Number(options.each), Number(options.seed)];
  const sets = {
    'Families that the rules were made with': [
      ...transcripts({ ...LOOPING, ...SHELL_LOOPING }, true, each, seed),
      ...transcripts({ ...HEALTHY, ...SHELL_HEALTHY }, false, each, seed + 1),
    ],
    'Families held out': [
      ...transcripts(HELD_OUT_LOOPING, true, each, seed),
      ...transcripts(HELD_OUT_HEALTHY, false, each, seed + 1),
    ],
    'Families of the third set': [
      ...transcripts(THIRD_LOOPING, true, each, seed),
      ...transcripts(THIRD_HEALTHY, false, each, seed + 1),
    ],
    'Families of the fourth set': [
      ...transcripts(FOURTH_LOOPING, true, each, seed),
      ...transcripts(FOURTH_HEALTHY, false, each, seed + 1),
    ],
  };
  const results = Object.entries(sets).map(([title, list]) => report(title, list.map(judge)));
  const good = results.every(({ recall, falseStops }) => recall >= 0.99 && falseStops <= 0.005);
  process.exitCode = good ? 0 : 1;
}

main();
