import type { Turn } from '../../../activities/agent/loops';
import { loopOf, type Random } from './kit';

/** Agents in a shell and on the web. Written after the first families, and held out until they had shown three gaps. */

export const PLACES =
  'lisbon oslo nairobi quito hanoi perth tunis lima kyoto gdansk tampere porto zagreb leeds lyon bergen malaga cork turin brno'.split(
    ' ',
  );
export const TOPICS = [
  'train strike',
  'opening hours museum',
  'average rent',
  'airport tax',
  'cycling law',
  'water quality',
  'school holidays',
  'parking fees',
];
export const NOUNS = 'customer invoice ticket device session order payment warehouse courier branch policy claim'.split(
  ' ',
);

export const number = (random: Random, digits: number): number => random.int(10 ** (digits - 1), 10 ** digits - 1);
export const VOCABULARY = Array.from({ length: 900 }, (_, at) =>
  `${'bdfgklmnprstvz'[at % 14]}${'aeiou'[at % 5]}${'lmnrst'[at % 6]}${'aeiou'[Math.floor(at / 7) % 5]}${at % 9 === 0 ? 'th' : 'k'}${at}`.replace(
    /\d+/u,
    (digits) => 'abcdefghij'[Number(digits) % 10]! + 'klmnopqrst'[Number(digits) % 9]!,
  ),
);
export const sentence = (random: Random, words: number): string =>
  Array.from({ length: words }, () => random.pick(VOCABULARY)).join(' ') + '.';
export const article = (random: Random): string =>
  Array.from({ length: random.int(3, 8) }, () => sentence(random, random.int(6, 14))).join(' ');

/** Something else that a shell agent does. */
export function errand(random: Random): Turn {
  return random.pick<() => Turn>([
    () => ({
      tool: 'bash',
      arguments: { command: `sed -n '${random.int(1, 90)},${random.int(91, 300)}p' ${random.pick(VOCABULARY)}.py` },
      result: article(random),
    }),
    () => ({ tool: 'bash', arguments: { command: `ls -la ${random.pick(VOCABULARY)}/` }, result: article(random) }),
    () => ({
      tool: 'python',
      arguments: { code: `print(${number(random, 4)} % ${number(random, 2)})` },
      result: `${random.int(0, 98)}`,
    }),
    () => ({
      tool: 'get_time',
      arguments: {},
      result: `${random.int(10, 23)}:${random.int(10, 59)}:${random.int(10, 59)}`,
    }),
    () => ({
      tool: 'wiki',
      arguments: { title: `${random.pick(VOCABULARY)} ${random.pick(PLACES)}` },
      result: article(random),
    }),
  ])();
}
export const errands = (random: Random, most: number): Turn[] =>
  Array.from({ length: random.int(0, most) }, () => errand(random));
export const loop = (random: Random, body: (at: number) => Turn[], noise = 0, times = random.int(9, 13)) => {
  const made = loopOf(random, body, { times, noise: 0, before: 0 });
  // Errands of its own kind are strewn in, and come first.
  const turns: Turn[] = errands(random, 15);
  const ends = new Set(made.repetitions);
  const repetitions: number[] = [];
  made.turns.forEach((turn, at) => {
    turns.push(turn);
    if (ends.has(at)) repetitions.push(turns.length - 1);
    if (random.chance(noise)) turns.push(errand(random));
  });
  return { turns, pollingTools: [] as string[], repetitions };
};
