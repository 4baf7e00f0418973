/**
 * What the death of a worker costs: `npx jiti bench/faults.ts --source DIR [--kills 20] [--aRun 5] [--lanes 2] [--phases plan,filter]
 * [--recipe fineweb] [--unitBytes N]`.
 *
 * cleanDataset as a durable run on real servers, once undisturbed; then, for each phase, runs whose worker is killed
 * with SIGKILL at seeded moments of it, until `kills` have met an attempt of the phase. Every run must give the same
 * bytes. Phases have servers and workers of their own and go on at once, because a kill is waited out.
 *
 * Lost is the time that attempts in flight had taken, on both slots together: it is taken again. Its share is of the time
 * of all attempts of the undisturbed run. Idle is the time until the attempt is made again: nothing is done twice in it.
 */
import assert from 'node:assert/strict';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mean } from '../activities/evaluation/statistics/bootstrap';
import { cleanedBytes } from '../test/support/cleaned-bytes';
import { CleaningLane, KILL_PHASES, type Kill, type KillPhase, type LaneRun } from '../test/support/cleaning-lane';
import { seededRandom } from '../test/support/random';
import { withServers } from './servers';

const { values: options } = parseArgs({
  options: {
    source: { type: 'string' },
    kills: { type: 'string', default: '20' },
    /** Kills in one run, at most: after each of one activity the server waits longer before the next attempt. */
    aRun: { type: 'string', default: '5' },
    /** Workers that are killed side by side in each phase. */
    lanes: { type: 'string', default: '2' },
    /** All that a run of the recipe has, if left out. */
    phases: { type: 'string' },
    recipe: { type: 'string', default: 'fineweb' },
    unitBytes: { type: 'string', default: String(4 * 1024 * 1024) },
    /** After so many, no further run begins, and what was killed by then is told. */
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '20261125' },
  },
});
const SLOTS = 2;
const busyOf = ({ spent }: LaneRun): number => Object.values(spent).reduce((sum, { ms }) => sum + ms, 0);

async function main(): Promise<void> {
  const { source } = options;
  if (!source) throw new Error('Give --source DIR.');
  const input = {
    source: path.resolve(source),
    name: 'faults',
    recipe: options.recipe,
    unitBytes: Number(options.unitBytes),
  };
  const config = { sources: { roots: [path.resolve(source)] }, pools: { cpu: { slots: SLOTS } } };
  console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}; ${options.recipe}`);
  await withServers(async (servers, dir) => {
    const inLane = async <T>(name: string, work: (lane: CleaningLane) => Promise<T>): Promise<T> => {
      const lane = await CleaningLane.open(servers, { dir: path.join(dir, name), config });
      return work(lane).finally(() => lane.close());
    };
    const undisturbed = await inLane('undisturbed', (lane) => lane.run('undisturbed', input));
    const total = busyOf(undisturbed);
    const { read, kept } = undisturbed.output.counts;
    console.log(
      `${read} documents, ${kept} kept; undisturbed ${undisturbed.seconds.toFixed(1)} s, attempts ${(total / 1000).toFixed(1)} s`,
    );
    for (const [activity, { attempts, ms }] of Object.entries(undisturbed.spent))
      console.log(`  ${activity} ${attempts}: ${ms} ms`);
    const all = Object.keys(KILL_PHASES) as KillPhase[];
    const wanted = options.phases?.split(',') ?? all.filter((phase) => undisturbed.spent[KILL_PHASES[phase]]);
    const phases = wanted as KillPhase[];
    console.log(
      '| phase | kills in runs | attempts lost | lost ms, mean (most) | share of the run, mean (most) | idle s, mean |',
    );
    console.log('|---|---|---|---|---|---|');
    const lanes = Array.from({ length: Number(options.lanes) }, (_, lane) => lane);
    const rows = phases.map(async (phase) => {
      const found = await Promise.all(
        lanes.map((number) =>
          inLane(`${phase}-${number}`, (lane) => killIn(lane, phase, number, { input, undisturbed })),
        ),
      );
      const kills = found.flatMap((each) => each.kills);
      const runs = found.reduce((sum, each) => sum + each.runs, 0);
      const lost = kills.map((kill) => kill.lost);
      const percent = (ms: number) => `${((100 * ms) / total).toFixed(2)}%`;
      const [average, most] = [mean(lost), Math.max(...lost)];
      const attempts = mean(kills.map((kill) => kill.attempts)).toFixed(1);
      const idle = (mean(kills.map((kill) => kill.waited)) / 1000).toFixed(1);
      const figures = `${average.toFixed(0)} (${most}) | ${percent(average)} (${percent(most)})`;
      console.log(`| ${phase} | ${kills.length} in ${runs} | ${attempts} | ${figures} | ${idle} |`);
    });
    await Promise.all(rows);
  });
}

interface Asked {
  input: object;
  undisturbed: LaneRun;
}

async function killIn(lane: CleaningLane, phase: KillPhase, number: number, { input, undisturbed }: Asked) {
  const activity = KILL_PHASES[phase];
  const { attempts = 1, ms = 0 } = undisturbed.spent[activity] ?? {};
  const phaseNumber = Object.keys(KILL_PHASES).indexOf(phase);
  const random = seededRandom(Number(options.seed) + 10 * phaseNumber + number);
  const kills: Kill[] = [];
  const enough = Math.ceil(Number(options.kills) / Number(options.lanes));
  let runs = 0;
  while (kills.length < enough && performance.now() < Number(options.minutes) * 60_000) {
    const wanted = Math.min(Number(options.aRun), enough - kills.length);
    const plan = { activity, kills: wanted, among: Math.ceil(attempts / 2 / wanted), withinMs: ms / attempts, random };
    const run = await lane.run(`run-${(runs += 1)}`, input, plan);
    assert.deepEqual(cleanedBytes(run.output), cleanedBytes(undisturbed.output), `${phase}: other bytes`);
    kills.push(...run.kills);
  }
  return { kills, runs };
}

main()
  .then(() => process.exit(0)) // the SDK's threads would stay
  .catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
