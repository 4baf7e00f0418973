import type { Turn } from '../../../activities/agent/loops';
import { type Random, times, type Transcript } from './kit';

/**
 * A third set of families, written when the rules stood and run then for the first time, without a change for it:
 * docs/agent-loops.md has that figure, and what was changed afterwards. The next set is to be another one again.
 */

export const CITIES = 'oslo lyon porto krakow bergen turin malaga ghent graz bilbao'.split(' ');
export const THINGS = 'kettle lamp jacket scooter keyboard tent guitar backpack mirror blender'.split(' ');
export const PEOPLE =
  'ada bo cem dora eli finn gina hugo ines jonas kira leo maya nils olga pia raul sven tara ugo'.split(' ');
export const TOPICS = 'invoices permissions exports webhooks retention quotas backups sharding caching logging'.split(
  ' ',
);

export const line = (random: Random, words: number): string =>
  random.some([...CITIES, ...THINGS, ...PEOPLE, ...TOPICS], words).join(' ');

/** Something else that an agent does, and that is new. */
export const aside = (random: Random): Turn =>
  random.pick([
    (): Turn => ({ tool: 'note', arguments: { text: line(random, 6) }, result: `note ${random.int(1, 9_999)} kept` }),
    (): Turn => ({
      tool: 'open_url',
      arguments: { url: `https://example.org/${random.hex(6)}` },
      result: line(random, 25),
    }),
    (): Turn => ({
      tool: 'calc',
      arguments: { expr: `${random.int(1, 999)}+${random.int(1, 999)}` },
      result: String(random.int(2, 1_998)),
    }),
    (): Turn => ({
      tool: null,
      text: `Next I look into the ${random.pick(THINGS)} of ${random.pick(PEOPLE)}: ${line(random, 5)}.`,
    }),
  ])();

export function loop(random: Random, body: (at: number) => Turn[], noise = 0): Omit<Transcript, 'family' | 'looping'> {
  const turns = times(random.int(0, 8), () => aside(random));
  const repetitions: number[] = [];
  times(random.int(10, 16), (at) => {
    for (const turn of body(at)) {
      turns.push(turn);
      if (random.chance(noise)) turns.push(aside(random));
    }
    repetitions.push(turns.length - 1);
  });
  return { turns, pollingTools: [], repetitions };
}
