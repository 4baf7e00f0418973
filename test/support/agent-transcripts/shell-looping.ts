import type { Turn } from '../../../activities/agent/loops';
import { type Family } from './kit';
import { PLACES, TOPICS, NOUNS, VOCABULARY, sentence, article, errands, loop } from './shell-kit';

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
