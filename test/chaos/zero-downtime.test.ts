import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Downtime, type Moment, MOMENTS } from '../support/downtime';
import { seededRandom } from '../support/random';
import { sharedServers } from '../support/shared-servers';
import { build } from '../system/cli-process';

const SEED = Number(process.env['DOWNTIME_SEED'] ?? 20_261_125);
/** A kill costs 15 s, until its activity is missed. The long form, of 50 schedules, takes half an hour. */
const SCHEDULES = Number(process.env['DOWNTIME_SCHEDULES'] ?? 2);
const FIRST = Number(process.env['DOWNTIME_FIRST'] ?? 0);

/** So many that all moments come by, in an order that the seed decides. */
function plan(): { at: number; moment: Moment }[] {
  const random = seededRandom(SEED);
  const moments = Array.from({ length: Math.ceil((FIRST + SCHEDULES) / MOMENTS.length) }, () =>
    random.shuffle(MOMENTS),
  );
  return moments
    .flat()
    .map((moment, at) => ({ at, moment }))
    .slice(FIRST, FIRST + SCHEDULES);
}

describe(`a searcher, while the worker is killed with SIGKILL (DOWNTIME_SEED=${SEED})`, () => {
  let downtime: Downtime;
  let kills = 0;
  beforeAll(async () => {
    await build();
    downtime = await Downtime.open(sharedServers());
  });
  afterAll(() => downtime.close());

  it.each(plan())(
    'schedule $at: meets no error and misses nothing in a rebuild, a swap and a way back, with a kill in $moment',
    async ({ at, moment }) => {
      const seen = await downtime.schedule(SEED + at, [moment]);
      expect(seen).toMatchObject({ errors: [], missed: [] });
      expect(seen.searches).toBeGreaterThan(20);
      kills += seen.kills;
      expect(await downtime.behind()).toEqual([]);
    },
  );

  it('was there when the worker was killed, or it has proved less than it says', () =>
    expect(kills).toBeGreaterThan(0));
});
