import type { Turn } from '../../../activities/agent/loops';
import { type Family, healthy, type Random, times, type Transcript } from './kit';

/**
 * Families that the rules were not made with: other tools, other words, other ways to fail, written last and run then for
 * the first time. Whoever changes a rule for one of them moves it to the others and writes a new one here.
 */

const PEOPLE =
  'amara bjorn chidi dalia emeka freya goran hana ivo jun kofi lucia mira nadia omar petra quin rosa sami tove uma viktor wen xenia yara zeno'.split(
    ' ',
  );
const PARTS =
  'valve gasket rotor bearing flange nozzle piston washer coupling spindle bracket manifold impeller bushing shaft clamp'.split(
    ' ',
  );
const WORLD = Array.from({ length: 1_200 }, (_, at) => {
  const [a, b, c] = [at % 10, Math.floor(at / 10) % 12, Math.floor(at / 120)];
  return (
    ['gr', 'pl', 'st', 'm', 'dr', 'fl', 'v', 'kn', 'sh', 't'][a]! +
    ['a', 'o', 'e', 'i', 'u', 'ai', 'ou', 'ea', 'ie', 'oa', 'ee', 'oo'][b]! +
    ['nd', 'rk', 'lm', 'st', 'ver', 'ling', 'dor', 'bel', 'mont', 'wick'][c]!
  );
});
const text = (random: Random, words: number): string =>
  Array.from({ length: words }, () => random.pick(WORLD)).join(' ');

/** Turns of a healthy agent of a warehouse. */
const chore = (random: Random): Turn =>
  random.pick<() => Turn>([
    () => ({
      tool: 'stock_level',
      arguments: { sku: `${random.pick(PARTS)}-${random.int(100, 999)}` },
      result: { units: random.int(0, 500) },
    }),
    () => ({ tool: 'open_document', arguments: { name: `${text(random, 2)}.pdf` }, result: text(random, 50) }),
    () => ({ tool: 'ask_user', arguments: { question: `${text(random, 6)}?` }, result: text(random, 8) }),
    () => ({ tool: 'add_note', arguments: { note: text(random, 10) }, result: 'Note added.' }),
  ])();

function looping(
  random: Random,
  body: (at: number) => Turn[],
  { count = 10, noise = 0.12, pollingTools = [] as string[] } = {},
): Omit<Transcript, 'family' | 'looping'> {
  const turns = times(random.int(0, 20), () => chore(random));
  const repetitions = times(count, (at) => {
    let end = 0;
    for (const turn of body(at)) {
      end = turns.push(turn) - 1;
      if (random.chance(noise)) turns.push(chore(random));
    }
    return end;
  });
  return { turns, pollingTools, repetitions };
}

export const HELD_OUT_LOOPING: Record<string, Family> = {
  'supplier asked again and again': (random) => {
    const part = random.pick(PARTS);
    const forms = [
      `Do you have ${part}s in stock?`,
      `Is the ${part} in stock?`,
      `${part} stock?`,
      `Please tell me whether ${part}s are in stock`,
      `Are ${part}s still in stock, please?`,
    ];
    return looping(random, () => [
      {
        tool: 'ask_supplier',
        arguments: { message: random.pick(forms) },
        result: 'Our office is closed. Please write again.',
      },
    ]);
  },
  'robot against a wall': (random) =>
    looping(
      random,
      () => [{ tool: 'move', arguments: { direction: 'north', steps: 1 }, result: { moved: false, position: [3, 4] } }],
      { noise: 0 },
    ),
  'left, right': (random) =>
    looping(
      random,
      () => [
        { tool: 'move', arguments: { direction: 'left' }, result: { position: [0, 1] } },
        { tool: 'move', arguments: { direction: 'right' }, result: { position: [1, 1] } },
      ],
      { noise: 0.1 },
    ),
  'round the block': (random) =>
    looping(
      random,
      () =>
        ['north', 'east', 'south', 'west'].map((direction, at) => ({
          tool: 'move',
          arguments: { direction },
          result: {
            position: [
              [0, 1],
              [1, 1],
              [1, 0],
              [0, 0],
            ][at],
          },
        })),
      { count: 7, noise: 0 },
    ),
  'login that is refused': (random) => {
    const user = random.pick(PEOPLE);
    return looping(
      random,
      (at) => [{ tool: 'login', arguments: { user, password: `guess${at}` }, error: 'Invalid username or password' }],
      { count: 14, noise: 0 },
    );
  },
  'compile error': (random) => {
    const file = `${random.pick(WORLD)}.rs`;
    const error = `error[E0382]: borrow of moved value: \`${random.pick(WORLD)}\` --> ${file}:${random.int(10, 99)}:${random.int(1, 40)}`;
    return looping(random, () => [
      {
        tool: 'cargo',
        arguments: { args: ['build', ...(random.chance(0.5) ? ['--verbose'] : [])] },
        result: { exit: 101, stderr: error, elapsed: `${random.int(1, 59)}.${random.int(10, 99)}s` },
      },
    ]);
  },
  'thinking aloud': (random) =>
    looping(random, () => [{ tool: null, text: `Hmm. ${text(random, 14)}. I should act now.` }], { noise: 0 }),
  'same plan each turn': (random) => {
    const plan = text(random, 30);
    return looping(random, () => [
      { tool: 'write_plan', arguments: { plan }, result: 'Plan saved.' },
      { tool: 'read_plan', arguments: {}, result: plan },
    ]);
  },
  'translation there and back': (random) => {
    const [a, b] = [text(random, 9), text(random, 9)];
    return looping(random, () => [
      { tool: 'translate', arguments: { text: a, to: 'de' }, result: b },
      { tool: 'translate', arguments: { text: b, to: 'en' }, result: a },
    ]);
  },
  'prompt that grows by itself': (random) => {
    const start = text(random, 6);
    return looping(random, (at) => [
      {
        tool: 'image',
        arguments: { prompt: `${start}${', highly detailed'.repeat(at)}` },
        error: 'The prompt was rejected.',
      },
    ]);
  },
  'export that never ends': (random) =>
    looping(random, () => [{ tool: 'export_state', arguments: { id: 4 }, result: 'still exporting' }], {
      count: 40,
      noise: 0.1,
      pollingTools: ['export_state'],
    }),
  stutter: (random) => {
    const turns: Turn[] = [
      ...times(random.int(0, 5), () => chore(random)),
      { tool: null, text: `${text(random, 12)}. ${`${text(random, 2)} and then `.repeat(80)}` },
    ];
    return { turns, pollingTools: [], repetitions: times(12, () => turns.length - 1) };
  },
};

export const HELD_OUT_HEALTHY: Record<string, Family> = {
  'walk through a maze': (random) =>
    healthy(
      times(random.int(20, 60), (at) => ({
        tool: 'move',
        arguments: { direction: random.pick(['north', 'south', 'east', 'west']) },
        result: { position: [at, at * 3 + random.int(0, 2)], sees: text(random, 3) },
      })),
    ),
  'stock of each part': (random) =>
    healthy(
      PARTS.map((part) => ({
        tool: 'stock_level',
        arguments: { part },
        result: { units: random.chance(0.5) ? 0 : random.int(1, 40) },
      })),
    ),
  invitations: (random) =>
    healthy(
      random.shuffled(PEOPLE).map((who) => ({
        tool: 'invite',
        arguments: { email: `${who}@example.org`, event: 'Spring review' },
        result: { status: 'invited' },
      })),
    ),
  'customers answered': (random) =>
    healthy(
      times(random.int(6, 15), () => [
        { tool: 'next_ticket', arguments: {}, result: { id: random.int(1_000, 9_999), text: text(random, 20) } },
        { tool: 'reply', arguments: { text: text(random, 18) }, result: 'Sent.' },
      ]).flat(),
    ),
  'backup watched': (random) =>
    healthy(
      times(random.int(10, 25), (): Turn => ({ tool: 'backup_state', arguments: {}, result: 'copying' })).concat([
        { tool: 'backup_state', arguments: {}, result: 'done' },
        chore(random),
      ]),
      ['backup_state'],
    ),
  'compile errors mended': (random) =>
    healthy(
      times(random.int(4, 12), (at) => [
        {
          tool: 'cargo',
          arguments: { args: ['build'] },
          result: { exit: 101, stderr: `error: ${text(random, 6)} --> src/main.rs:${random.int(1, 400)}` },
        },
        {
          tool: 'replace',
          arguments: { file: 'src/main.rs', old: text(random, 5), new: text(random, 5) },
          result: `Replaced 1 occurrence (${at}).`,
        },
      ]).flat(),
    ),
  'reports by month': (random) =>
    healthy(
      times(12, (at) => ({
        tool: 'revenue',
        arguments: { year: 2025, month: at + 1 },
        result: { total: random.int(1_000, 99_999) },
      })),
    ),
  'photos looked at': (random) =>
    healthy(
      times(random.int(10, 30), (at) => ({
        tool: 'describe_image',
        arguments: { file: `IMG_${4_000 + at}.jpg` },
        result: random.chance(0.3) ? 'A person on a beach.' : text(random, 12),
      })),
    ),
  'names that are free': (random) =>
    healthy(
      random
        .some(WORLD, 12)
        .map((name) => ({ tool: 'domain_free', arguments: { domain: `${name}.example` }, result: { free: false } })),
    ),
  'long day': (random) => healthy(times(random.int(50, 150), () => chore(random))),
  'talk with a person': (random) =>
    healthy(
      times(random.int(5, 12), () => [{ tool: null, text: text(random, 30) }, chore(random), chore(random)]).flat(),
    ),
  'server that wakes up': (random) =>
    healthy([
      ...times(random.int(2, 4), (): Turn => ({ tool: 'ping', arguments: { host: 'db1' }, error: 'timeout' })),
      { tool: 'ping', arguments: { host: 'db1' }, result: 'pong' },
      ...times(5, () => chore(random)),
    ]),
  'puzzle tried': (random) =>
    healthy(
      random.some(WORLD, random.int(5, 9)).map((guess) => ({
        tool: 'guess',
        arguments: { word: guess },
        result: times(5, () => random.pick(['green', 'grey', 'yellow'])).join(' '),
      })),
    ),
};
