import type { Turn } from '../../../activities/agent/loops';
import { type Family, loopOf, type Random } from './kit';

/** Agents in a shell and on the web. Written after the first families, and held out until they had shown three gaps. */

const PLACES =
  'lisbon oslo nairobi quito hanoi perth tunis lima kyoto gdansk tampere porto zagreb leeds lyon bergen malaga cork turin brno'.split(
    ' ',
  );
const TOPICS = [
  'train strike',
  'opening hours museum',
  'average rent',
  'airport tax',
  'cycling law',
  'water quality',
  'school holidays',
  'parking fees',
];
const NOUNS = 'customer invoice ticket device session order payment warehouse courier branch policy claim'.split(' ');

const number = (random: Random, digits: number): number => random.int(10 ** (digits - 1), 10 ** digits - 1);
const VOCABULARY = Array.from({ length: 900 }, (_, at) =>
  `${'bdfgklmnprstvz'[at % 14]}${'aeiou'[at % 5]}${'lmnrst'[at % 6]}${'aeiou'[Math.floor(at / 7) % 5]}${at % 9 === 0 ? 'th' : 'k'}${at}`.replace(
    /\d+/u,
    (digits) => 'abcdefghij'[Number(digits) % 10]! + 'klmnopqrst'[Number(digits) % 9]!,
  ),
);
const sentence = (random: Random, words: number): string =>
  Array.from({ length: words }, () => random.pick(VOCABULARY)).join(' ') + '.';
const article = (random: Random): string =>
  Array.from({ length: random.int(3, 8) }, () => sentence(random, random.int(6, 14))).join(' ');

/** Something else that a shell agent does. */
function errand(random: Random): Turn {
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
const errands = (random: Random, most: number): Turn[] =>
  Array.from({ length: random.int(0, most) }, () => errand(random));
const loop = (random: Random, body: (at: number) => Turn[], noise = 0, times = random.int(9, 13)) => {
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

/** A browser agent clicks on what does not react and looks at the same page. */
const deadButton: Family = (random) => {
  const page = article(random);
  const id = random.int(1, 60);
  return loop(random, () => [
    {
      tool: 'browser_click',
      arguments: { element: `Submit button [${id}]`, ref: `e${id}` },
      result: `Clicked. Page snapshot: ${page}`,
    },
    ...(id % 2 === 0 ? [{ tool: 'browser_snapshot', arguments: {}, result: `Page snapshot: ${page}` }] : []),
  ]);
};

/** The same SQL in other layouts. */
const sqlLayouts: Family = (random) => {
  const noun = random.pick(NOUNS);
  const forms = [
    `SELECT * FROM ${noun} WHERE status = 'open'`,
    `select * from ${noun} where status='open'`,
    `SELECT *\nFROM ${noun}\nWHERE status = 'open';`,
    `SELECT * FROM ${noun} WHERE (status = 'open')`,
    `SELECT  *  FROM  ${noun}  WHERE  status = 'open' ;`,
  ];
  return loop(
    random,
    () => [{ tool: 'run_query', arguments: { query: random.pick(forms) }, result: '0 rows returned.' }],
    0.15,
  );
};

/** Two agents hand a task to one another. */
const pingPong: Family = (random) => {
  const task = sentence(random, 8);
  return loop(
    random,
    () => [
      {
        tool: 'delegate',
        arguments: { to: 'researcher', task },
        result: 'The researcher says: this is a question for the writer.',
      },
      {
        tool: 'delegate',
        arguments: { to: 'writer', task },
        result: 'The writer says: I need the researcher to go first.',
      },
    ],
    0.1,
  );
};

const apologies: Family = (random) => {
  const forms = [
    'I apologize for the mistake, let me try again.',
    'Sorry about that. I will try once more.',
    'Apologies, trying again now.',
    'My mistake! I am going to retry.',
    'Let me correct this.',
  ];
  return loop(random, () => [{ text: random.pick(forms) }]);
};

const installFails: Family = (random) => {
  const name = random.pick(VOCABULARY);
  const ways = [
    `pip install ${name}`,
    `pip3 install ${name}`,
    `python -m pip install ${name}`,
    `pip install ${name} --user`,
    `pip install --upgrade ${name}`,
  ];
  return loop(
    random,
    () => [
      {
        tool: 'bash',
        arguments: { command: random.pick(ways) },
        error: `ERROR: No matching distribution found for ${name}`,
      },
    ],
    0.2,
  );
};

const synonyms: Family = (random) => {
  const [place, topic] = [random.pick(PLACES), random.pick(TOPICS)];
  const forms = [
    `${topic} ${place}`,
    `${topic} in ${place}`,
    `${place} ${topic} 2025`.replace(' 2025', ''),
    `current ${topic} ${place}`,
    `${place}: ${topic}?`,
    `information on ${topic} for ${place}`,
    `${topic.toUpperCase()} ${place.toUpperCase()}`,
  ];
  const results = [
    `1. ${sentence(random, 8)} 2. ${sentence(random, 9)} 3. ${sentence(random, 7)}`,
    'Your search did not match any documents.',
  ];
  const result = random.pick(results);
  return loop(random, () => [{ tool: 'google', arguments: { q: random.pick(forms) }, result }], 0.1);
};

/** A file is read in ever larger parts that hold the same. */
const largerParts: Family = (random) => {
  const text = article(random);
  const path = `${random.pick(VOCABULARY)}.log`;
  return loop(random, (at) => [{ tool: 'tail', arguments: { path, count: 50 * (at + 1) }, result: text }]);
};

const longerPrompt: Family = (random) => {
  const start = sentence(random, 7);
  const more = [
    'Please be precise.',
    'Think step by step.',
    'Give sources.',
    'Do not guess.',
    'Answer in one line.',
    'Check twice.',
  ];
  const said = 'The requested information is not available.';
  return loop(random, (at) => [
    {
      tool: 'ask_model',
      arguments: { prompt: [start, ...Array.from({ length: at }, (_, i) => more[i % more.length])].join(' ') },
      result: said,
    },
  ]);
};

/** Three services are asked in turn, and each answers with the time of day. */
const healthRound: Family = (random) => {
  const names = random.some(PLACES, random.int(2, 4));
  return loop(
    random,
    () =>
      names.map((name) => ({
        tool: 'http_get',
        arguments: { url: `https://${name}.example.net/health` },
        result: {
          ok: false,
          reason: 'db unreachable',
          time: new Date(random.int(1_750_000_000, 1_760_000_000) * 1_000).toISOString(),
        },
      })),
    0.15,
    8,
  );
};

/** Writes a file, finds the test failing, writes it back nearly as it was. */
const smallEdits: Family = (random) => {
  const body = article(random);
  const path = `${random.pick(VOCABULARY)}.py`;
  const failing = `AssertionError: ${sentence(random, 6)}`;
  return loop(
    random,
    (at) => [
      { tool: 'write', arguments: { path, content: `${body}${at % 2 === 0 ? ' ' : '\n'}` }, result: `Wrote ${path}` },
      { tool: 'bash', arguments: { command: 'pytest -x' }, result: failing },
    ],
    0.1,
  );
};

const stuckInChinese: Family = (random) => {
  const place = random.pick(['杭州', '成都', '西安', '南京', '武汉']);
  const forms = [
    `${place}地铁末班车时间`,
    `${place}地铁的末班车是几点`,
    `查一下${place}地铁末班车时间`,
    `${place} 地铁 末班车 时间`,
  ];
  return loop(random, () => [{ tool: 'sousuo', arguments: { wenti: random.pick(forms) }, result: '抱歉，没有结果。' }]);
};

const babble: Family = (random) => {
  const unit = random.pick([
    `${sentence(random, 5)} `,
    `${random.pick(VOCABULARY)}, ${random.pick(VOCABULARY)}, `,
    '我们继续检查，然后再检查一次。',
  ]);
  const turns: Turn[] = [
    ...errands(random, 5),
    { text: sentence(random, 10) + unit.repeat(Math.ceil(1_200 / unit.length)) },
  ];
  return { turns, pollingTools: [], repetitions: Array.from({ length: 12 }, () => turns.length - 1) };
};

/** A status that never changes, of a tool for it, for ever. */
const deployNeverDone: Family = (random) => ({
  ...loop(
    random,
    () => [
      {
        tool: 'deployment_state',
        arguments: { id: 'd-17' },
        result: `rollout 2 of 5 (checked after ${random.int(1, 59)} s)`,
      },
    ],
    0.05,
    50,
  ),
  pollingTools: ['deployment_state'],
});

const paramsAtRandom: Family = (random) =>
  loop(
    random,
    () => [
      {
        tool: 'create_event',
        arguments: {
          title: 'Sync',
          when: `${random.pick(['next', 'this', 'coming'])} ${random.pick(['Monday', 'Friday'])}`,
        },
        error: 'Field "when" must be an ISO 8601 date',
      },
    ],
    0.1,
    16,
  );

/** Ever more days are looked at, and none is free: missed when it was run first. */
const neverFree: Family = (random) =>
  loop(random, (at) => [
    {
      tool: 'find_slot',
      arguments: { person: random.pick(['nadia']), minutes: 30, days: 7 + 7 * at },
      result: { slots: [], message: 'No free slots found' },
    },
  ]);

export const SHELL_LOOPING: Record<string, Family> = {
  'dead button': deadButton,
  'SQL in other layouts': sqlLayouts,
  'agents hand over to one another': pingPong,
  apologies,
  'installs that fail': installFails,
  'synonyms of filler': synonyms,
  'larger parts': largerParts,
  'longer prompt': longerPrompt,
  'round of services': healthRound,
  'edits of no effect': smallEdits,
  'stuck in Chinese': stuckInChinese,
  babble,
  'deployment never done': deployNeverDone,
  'guessed dates': paramsAtRandom,
  'calendar never free': neverFree,
};

const healthy = (turns: Turn[], pollingTools: string[] = []) => ({ turns, pollingTools, repetitions: [] });
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));

/** A crawl, with pages that are gone among them. */
const crawl: Family = (random) =>
  healthy(
    times(random.int(15, 50), () => {
      const call = {
        tool: 'get_page',
        arguments: {
          url: `https://${random.pick(PLACES)}.example.com/${random.pick(VOCABULARY)}/${number(random, 3)}`,
        },
      };
      return random.chance(0.2) ? { ...call, error: '404 Not Found' } : { ...call, result: article(random) };
    }),
  );

const bisect: Family = (random) =>
  healthy([
    ...errands(random, 4),
    ...times(random.int(6, 9), (): Turn[] => {
      const commit = times(7, () => random.int(0, 15).toString(16)).join('');
      return [
        {
          tool: 'bash',
          arguments: { command: `git checkout ${commit}` },
          result: `HEAD is now at ${commit} ${sentence(random, 4)}`,
        },
        {
          tool: 'bash',
          arguments: { command: 'make test' },
          result: random.chance(0.5) ? 'ok' : `FAIL ${random.pick(VOCABULARY)}`,
        },
      ];
    }).flat(),
  ]);

const columns: Family = (random) =>
  healthy(
    random.some(NOUNS, 12).flatMap((noun): Turn[] => [
      {
        tool: 'run_query',
        arguments: { query: `SELECT count(*) FROM ${noun} WHERE created_at IS NULL` },
        result: random.chance(0.6) ? '0' : String(number(random, 3)),
      },
      ...(random.chance(0.3)
        ? [
            {
              tool: 'run_query',
              arguments: { query: `SELECT min(id), max(id) FROM ${noun}` },
              result: `${number(random, 3)}, ${number(random, 5)}`,
            },
          ]
        : []),
    ]),
  );

const form: Family = (random) =>
  healthy([
    ...NOUNS.map((noun, at) => ({
      tool: 'browser_type',
      arguments: { ref: `e${20 + at}`, text: `${noun} ${number(random, 4)}` },
      result: 'Typed.',
    })),
    { tool: 'browser_click', arguments: { ref: 'e99' }, result: article(random) },
  ]);

const calculations: Family = (random) =>
  healthy(
    times(random.int(10, 40), () => ({
      tool: 'python',
      arguments: { code: `round(${number(random, 5)} * 1.${number(random, 2)}, 2)` },
      result: `${number(random, 6)}.${number(random, 2)}`,
    })),
  );

const twoMonitors: Family = (random) =>
  healthy(
    times(random.int(10, 28), (at): Turn[] => [
      { tool: 'build_state', arguments: { build: 7 }, result: at < 9 ? 'compiling' : 'testing' },
      { tool: 'queue_length', arguments: {}, result: random.int(0, 40) },
    ]).flat(),
    ['build_state', 'queue_length'],
  );

/** A question to each of many people, in the same words. */
const survey: Family = (random) =>
  healthy(
    random.shuffled(PLACES).map((place) => ({
      tool: 'send_message',
      arguments: { channel: `team-${place}`, text: 'Please fill in the survey by Friday.' },
      result: { delivered: true },
    })),
  );

const weather: Family = (random) =>
  healthy(
    random
      .shuffled(PLACES)
      .slice(0, random.int(8, 20))
      .map((city) => ({
        tool: 'weather',
        arguments: { city, units: 'metric' },
        result: { condition: random.pick(['rain', 'sun', 'cloudy']), degrees: random.int(-5, 30) },
      })),
  );

const chat: Family = (random) =>
  healthy(
    times(random.int(6, 16), () => [
      { text: article(random) },
      errand(random),
      ...(random.chance(0.3) ? [{ text: sentence(random, 12) }] : []),
      errand(random),
    ]).flat(),
  );

const translations: Family = (random) =>
  healthy(
    times(random.int(8, 25), () => ({
      tool: 'translate',
      arguments: { text: sentence(random, 9), to: 'fr' },
      result: sentence(random, 10),
    })),
  );

/** Comes back now and then to see whether anything is new; it mostly is not. */
const inbox: Family = (random) =>
  healthy(
    times(random.int(5, 9), () => [
      { tool: 'check_inbox', arguments: {}, result: random.chance(0.6) ? 'No new messages.' : article(random) },
      ...times(random.int(2, 6), () => errand(random)),
    ]).flat(),
  );

const flakyTests: Family = (random) =>
  healthy(
    times(random.int(4, 9), (): Turn[] => [
      { tool: 'bash', arguments: { command: `python fix_${random.pick(VOCABULARY)}.py` }, result: sentence(random, 5) },
      ...times(random.int(1, 3), () => ({
        tool: 'bash',
        arguments: { command: 'npm run e2e' },
        result: `${number(random, 2)} passed, ${random.int(0, 9)} failed (${sentence(random, 3)})`,
      })),
    ]).flat(),
  );

const longShell: Family = (random) => healthy(times(random.int(60, 160), () => errand(random)));

const research: Family = (random) =>
  healthy(
    times(random.int(6, 14), (): Turn[] => {
      const place = random.pick(PLACES);
      return [
        {
          tool: 'google',
          arguments: { q: `${random.pick(TOPICS)} ${place}` },
          result: times(3, () => sentence(random, 8)),
        },
        {
          tool: 'get_page',
          arguments: { url: `https://${place}.example.org/${random.pick(VOCABULARY)}` },
          result: article(random),
        },
      ];
    }).flat(),
  );

/** Page after page is written to a file, and each time it is done. */
const exported: Family = (random) =>
  healthy(
    times(random.int(6, 20), (at) => ({
      tool: 'export_page',
      arguments: { page: at + 1, format: 'csv' },
      result: 'ok',
    })),
  );

/** Month after month without an event. */
const quietMonths: Family = (random) =>
  healthy(
    times(random.int(6, 12), (at) => ({
      tool: 'events',
      arguments: { after: `2025-${String(at + 1).padStart(2, '0')}-01`, limit: 50 },
      result: [],
    })),
  );

export const SHELL_HEALTHY: Record<string, Family> = {
  'pages exported': exported,
  'months without an event': quietMonths,
  crawl,
  bisect,
  'counts of each table': columns,
  'a form filled in': form,
  calculations,
  'two monitors': twoMonitors,
  survey,
  'weather of each town': weather,
  chat,
  translations,
  'inbox now and then': inbox,
  'fixes and flaky tests': flakyTests,
  'long work in a shell': longShell,
  research,
};
