import type { Turn } from '../../../activities/agent/loops';
import type { Family, Random, Transcript } from './kit';

/**
 * A third set of families, written when the rules stood and run then for the first time, without a change for it:
 * docs/agent-loops.md has that figure, and what was changed afterwards. The next set is to be another one again.
 */

const CITIES = 'oslo lyon porto krakow bergen turin malaga ghent graz bilbao'.split(' ');
const THINGS = 'kettle lamp jacket scooter keyboard tent guitar backpack mirror blender'.split(' ');
const PEOPLE = 'ada bo cem dora eli finn gina hugo ines jonas kira leo maya nils olga pia raul sven tara ugo'.split(
  ' ',
);
const TOPICS = 'invoices permissions exports webhooks retention quotas backups sharding caching logging'.split(' ');

const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const line = (random: Random, words: number): string =>
  random.some([...CITIES, ...THINGS, ...PEOPLE, ...TOPICS], words).join(' ');

/** Something else that an agent does, and that is new. */
const aside = (random: Random): Turn =>
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

function loop(random: Random, body: (at: number) => Turn[], noise = 0): Omit<Transcript, 'family' | 'looping'> {
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

const healthy = (turns: Turn[], pollingTools: string[] = []) => ({ turns, pollingTools, repetitions: [] });

const CHEAP = [
  'cheap flights to',
  'low cost airfare',
  'inexpensive plane tickets to',
  'budget airline deals',
  'best price flying to',
  'discount air travel to',
];
const CHEAP_ZH = ['便宜机票', '低价航班', '打折飞机票', '特价机票预订', '廉价航空票价', '最低价机票'];
const SORRY = [
  'I apologise for the confusion. Let me try that again.',
  'Sorry about that, I will try once more.',
  'My apologies, let me have another go at it.',
  'I am sorry, I should try this again.',
];

export const SECOND_SIGHT_LOOPING: Record<string, Family> = {
  'synonyms, nothing found': (random) => {
    const city = random.pick(CITIES);
    return loop(random, () => [
      { tool: 'search', arguments: { q: `${random.pick(CHEAP)} ${city}` }, result: 'No results found.' },
    ]);
  },
  'synonyms, the same page': (random) => {
    const [city, page] = [random.pick(CITIES), line(random, 30)];
    return loop(random, () => [{ tool: 'search', arguments: { q: `${random.pick(CHEAP)} ${city}` }, result: page }]);
  },
  'synonyms in Chinese': (random) =>
    loop(random, () => [
      { tool: '搜索', arguments: { 关键词: `奥斯陆${random.pick(CHEAP_ZH)}` }, result: '没有找到结果' },
    ]),
  'number against the cache': (random) => {
    const [query, page] = [line(random, 3), line(random, 24)];
    return loop(random, () => [
      {
        tool: 'http_get',
        arguments: {
          url: `https://api.example.org/items?q=${encodeURIComponent(query)}`,
          cache_bust: random.int(1, 1e6),
        },
        result: page,
      },
    ]);
  },
  'query in other letters': (random) => {
    const [thing, rows] = [random.pick(THINGS), random.int(0, 3)];
    const forms = [
      `select * from stock where name = '${thing}'`,
      `SELECT * FROM stock WHERE name='${thing}'`,
      `select s.* from stock s where s.name = '${thing}'`,
      `SELECT *\nFROM stock\nWHERE name = '${thing}';`,
    ];
    return loop(random, () => [
      {
        tool: 'sql',
        arguments: { query: random.pick(forms) },
        result: { rows: times(rows, (at) => ({ id: at, name: thing })) },
      },
    ]);
  },
  'code that grows, one error': (random) => {
    const thing = random.pick(THINGS);
    return loop(random, (at) => [
      {
        tool: 'python',
        arguments: {
          code: [
            'import stock',
            ...times(at, (line) => `# step ${line}: make sure the ${thing} is loaded`),
            `print(stock.load("${thing}"))`,
          ].join('\n'),
        },
        error: `Traceback (most recent call last):\n  File "<stdin>", line ${at + 2}, in <module>\nAttributeError: module 'stock' has no attribute 'load'`,
      },
    ]);
  },
  'deeper and deeper': (random) => {
    const root = random.pick(TOPICS);
    return loop(random, (at) => [
      {
        tool: 'list_dir',
        arguments: { path: times(at + 1, () => root).join('/') },
        error: 'No such file or directory',
      },
    ]);
  },
  'list of ids that grows': (random) =>
    loop(random, (at) => [
      {
        tool: 'fetch_orders',
        arguments: { ids: times(at + 1, (id) => id + 1) },
        error: 'Invalid parameter: "ids" must be a comma separated text',
      },
    ]),
  thermostat: (random) => {
    const low = random.int(15, 20);
    return loop(
      random,
      () => [
        { tool: 'set_temperature', arguments: { celsius: low }, result: 'Temperature set' },
        { tool: 'set_temperature', arguments: { celsius: low + 3 }, result: 'Temperature set' },
      ],
      0.1,
    );
  },
  'edit, test, revert, test': (random) => {
    const [file, topic] = [`src/${random.pick(TOPICS)}.py`, random.pick(TOPICS)];
    const fails = {
      tool: 'run_tests',
      arguments: {},
      result: `1 failed, ${random.int(3, 60)} passed: test_${topic} expected 3 got 4`,
    };
    return loop(random, () => [
      { tool: 'edit', arguments: { file, find: 'return n + 1', replace: 'return n' }, result: 'ok' },
      { ...fails },
      { tool: 'edit', arguments: { file, find: 'return n', replace: 'return n + 1' }, result: 'ok' },
      { ...fails },
    ]);
  },
  'list, open, test': (random) => {
    const file = `src/${random.pick(TOPICS)}.py`;
    const [listing, content] = [line(random, 12), line(random, 30)];
    return loop(
      random,
      () => [
        { tool: 'list_files', arguments: { dir: 'src' }, result: listing },
        { tool: 'open_file', arguments: { file }, result: content },
        { tool: 'run_tests', arguments: {}, result: '2 failed, 40 passed' },
      ],
      0.15,
    );
  },
  'the same question to the person': (random) => {
    const ask = [
      'Which account do you mean?',
      'Could you tell me which account you mean?',
      'Please say which account is meant.',
      'What account are you referring to?',
    ];
    return loop(random, () => [
      { tool: 'ask_user', arguments: { question: random.pick(ask) }, result: 'I do not know.' },
    ]);
  },
  apologies: (random) => loop(random, () => [{ tool: null, text: random.pick(SORRY) }]),
  'error with a number of its own': (random) => {
    const query = line(random, 3);
    return loop(
      random,
      () => [
        {
          tool: 'crm_lookup',
          arguments: { query },
          error: `Request req_${random.hex(12)} failed at ${random.int(10, 23)}:${random.int(10, 59)}:${random.int(10, 59)}: permission denied (incident #${random.int(1e5, 1e6)})`,
        },
      ],
      0.2,
    );
  },
  'clicks beside the button': (random) => {
    const [x, y] = [random.int(100, 900), random.int(100, 600)];
    return loop(random, () => [
      {
        tool: 'click',
        arguments: { x: x + random.int(-4, 4), y: y + random.int(-4, 4) },
        result: 'The page did not change.',
      },
    ]);
  },
  'a task that comes back': (random) => {
    const task = { task: `Write about ${random.pick(TOPICS)}`, id: random.int(1, 99) };
    return loop(
      random,
      () => [
        { tool: 'next_task', arguments: {}, result: task },
        { tool: 'finish_task', arguments: { id: task.id }, error: 'The task is locked by another worker' },
      ],
      0.1,
    );
  },
  'handed to a helper': (random) => {
    const [topic, answer] = [random.pick(TOPICS), line(random, 40)];
    const orders = [
      'Summarise what the handbook says of',
      'Read the handbook and give a summary of the part on',
      'I need a short summary of the chapter about',
      'Please produce an overview, from the handbook, of',
    ];
    return loop(
      random,
      () => [
        {
          tool: 'delegate',
          arguments: { to: 'researcher', instruction: `${random.pick(orders)} ${topic}.` },
          result: answer,
        },
      ],
      0.15,
    );
  },
  'the same mail once more': (random) => {
    const mail = {
      to: `${random.pick(PEOPLE)}@example.org`,
      subject: `About ${random.pick(TOPICS)}`,
      body: line(random, 20),
    };
    return loop(random, () => [
      { tool: 'send_mail', arguments: mail, result: `Message queued as <${random.hex(16)}@mail>` },
    ]);
  },
  'a thought before each call': (random) => {
    const [query, page] = [line(random, 2), line(random, 18)];
    return loop(random, () => [
      { tool: null, text: `I have to find out about ${query}; ${line(random, 4)} may help.` },
      { tool: 'search', arguments: { query }, result: page },
    ]);
  },
  'half of it noise': (random) => {
    const [query, page] = [line(random, 2), line(random, 18)];
    return loop(random, () => [{ tool: 'search', arguments: { query }, result: page }], 0.5);
  },
};

export const SECOND_SIGHT_HEALTHY: Record<string, Family> = {
  'scrolled down a long page': (random) =>
    healthy(times(random.int(22, 45), () => ({ tool: 'scroll_down', arguments: {}, result: line(random, 22) }))),
  'walks on': (random) =>
    healthy(
      times(random.int(22, 40), (at) => ({
        tool: 'step',
        arguments: { direction: 'forward' },
        result: `You are at ${at + 1}, ${random.pick(CITIES)} gate. You see a ${random.pick(THINGS)} and ${random.pick(PEOPLE)}.`,
      })),
    ),
  'next of the queue': (random) =>
    healthy(
      times(random.int(12, 30), () => {
        const ticket = random.int(1_000, 99_999);
        return [
          { tool: 'next_ticket', arguments: {}, result: { ticket, from: random.pick(PEOPLE), text: line(random, 8) } },
          {
            tool: 'reply',
            arguments: { ticket, text: 'Thank you, this is mended with the next release.' },
            result: 'Reply sent',
          },
        ];
      }).flat(),
    ),
  bisection: (random) => {
    const wanted = random.int(1, 4_096);
    let [low, high] = [1, 4_096];
    const turns: Turn[] = [];
    while (low < high) {
      const guess = (low + high) >> 1;
      turns.push({ tool: 'build_and_test', arguments: { revision: guess }, result: guess >= wanted ? 'bad' : 'good' });
      if (guess >= wanted) high = guess;
      else low = guess + 1;
    }
    return healthy(turns);
  },
  'waits between looks': (random) =>
    healthy(
      times(random.int(8, 16), (at) => [
        { tool: 'sleep', arguments: { seconds: 60 }, result: 'Slept 60 seconds' },
        {
          tool: 'build_status',
          arguments: { id: 77 },
          result: { state: 'running', step: `${random.pick(TOPICS)} ${at}/${16}` },
        },
      ]).flat(),
    ),
  'edit, status, commit': (random) =>
    healthy(
      times(random.int(8, 15), () => [
        {
          tool: 'edit',
          arguments: { file: `src/${random.pick(TOPICS)}/${random.pick(PEOPLE)}.ts`, text: line(random, 10) },
          result: 'File saved',
        },
        {
          tool: 'bash',
          arguments: { command: `git commit -am "${line(random, 4)}"` },
          result: `[main ${random.hex(7)}] 1 file changed`,
        },
        { tool: 'bash', arguments: { command: 'git status --short' }, result: '' },
      ]).flat(),
    ),
  'edits until the test passes': (random) =>
    healthy([
      ...times(random.int(2, 3), () => [
        { tool: 'edit', arguments: { file: 'src/parse.ts', text: line(random, 12) }, result: 'File saved' },
        { tool: 'bash', arguments: { command: 'npm test' }, result: '1 failed, 40 passed: parse > reads a list' },
      ]).flat(),
      { tool: 'edit', arguments: { file: 'src/parse.ts', text: line(random, 12) }, result: 'File saved' },
      { tool: 'bash', arguments: { command: 'npm test' }, result: '41 passed' },
      ...times(6, () => aside(random)),
    ]),
  'failing tests grow fewer': (random) => {
    const all = random.int(8, 20);
    return healthy(
      times(all, (at) => [
        {
          tool: 'edit',
          arguments: { file: `src/${random.pick(TOPICS)}.ts`, text: line(random, 12) },
          result: 'File saved',
        },
        { tool: 'run_tests', arguments: {}, result: `${all - at - 1} failed, ${200 + at} passed` },
      ]).flat(),
    );
  },
  'service away for a moment': (random) =>
    healthy([
      ...times(random.int(1, 3), () => ({
        tool: 'crm_lookup',
        arguments: { name: 'kira' },
        error: 'HTTP 503: service unavailable, try later',
      })),
      { tool: 'crm_lookup', arguments: { name: 'kira' }, result: line(random, 12) },
      ...times(8, () => aside(random)),
    ]),
  'ticks off a list': (random) =>
    healthy(times(random.int(10, 25), (at) => ({ tool: 'mark_done', arguments: { item: 40 + at }, result: 'ok' }))),
  'asks for leave each time': (random) =>
    healthy(
      random.some(PEOPLE, random.int(8, 15)).flatMap((person) => [
        {
          tool: 'ask_person',
          arguments: { question: `May I pay ${random.int(20, 900)} euro to ${person}?` },
          result: 'yes',
        },
        { tool: 'pay', arguments: { to: person, amount: random.int(20, 900) }, result: 'Payment accepted' },
      ]),
    ),
  'sensor by the minute': (random) =>
    healthy(
      times(random.int(10, 18), () => ({
        tool: 'read_sensor',
        arguments: { name: 'boiler' },
        result: `${random.int(400, 900) / 10} C`,
      })),
    ),
  'cursor to cursor': (random) => {
    let cursor = '';
    return healthy(
      times(random.int(10, 25), () => {
        const turn = {
          tool: 'list_events',
          arguments: cursor ? { cursor } : {},
          result: {
            events: times(3, () => ({ who: random.pick(PEOPLE), what: `opened ${random.pick(THINGS)}` })),
            next: (cursor = random.hex(10)),
          },
        };
        return turn;
      }),
    );
  },
  'empty folders': (random) =>
    healthy(
      random
        .some([...CITIES, ...PEOPLE, ...THINGS], random.int(10, 25))
        .map((name) => ({ tool: 'list_dir', arguments: { path: `archive/${name}` }, result: '[]' })),
    ),
  'same look at other files': (random) =>
    healthy(
      random
        .some([...CITIES, ...PEOPLE, ...THINGS], random.int(10, 20))
        .map((name) => ({ tool: 'bash', arguments: { command: `grep -c TODO src/${name}.ts` }, result: '0' })),
    ),
  'game of moves': (random) =>
    healthy(
      times(random.int(15, 40), (at) => ({
        tool: 'play',
        arguments: {
          move: `${random.pick(['N', 'B', 'Q', 'R', ''])}${random.pick([...'abcdefgh'])}${random.int(1, 8)}`,
        },
        result: `Your move ${at + 1} is legal. Black plays ${random.pick([...'abcdefgh'])}${random.int(1, 8)}.`,
      })),
    ),
  'sentences translated': (random) =>
    healthy(
      times(random.int(12, 25), () => ({
        tool: 'translate',
        arguments: { to: 'fr', text: line(random, 8) },
        result: line(random, 8),
      })),
    ),
  'declared as a poll': (random) =>
    healthy(
      [
        ...times(random.int(8, 20), () => ({ tool: 'job', arguments: { id: 5 }, result: { state: 'queued' } })),
        { tool: 'job', arguments: { id: 5 }, result: { state: 'done' } },
      ],
      ['job'],
    ),
  'thinks between its calls': (random) =>
    healthy(
      times(random.int(8, 16), () => [
        { tool: null, text: `Now the ${random.pick(THINGS)}: ${line(random, 6)}.` },
        { tool: 'open_url', arguments: { url: `https://example.org/${random.hex(5)}` }, result: line(random, 20) },
      ]).flat(),
    ),
  'names on no list': (random) =>
    healthy(
      times(random.int(10, 25), () => ({
        tool: 'sanctions_search',
        arguments: { name: `${line(random, 1)} ${random.hex(3)}son ${line(random, 1)}`.replace(/[0-9]/g, 'o') },
        result: 'No match.',
      })),
    ),
  'a plan kept beside the work': (random) =>
    healthy(
      times(random.int(8, 14), (at) => [
        {
          tool: 'todo_write',
          arguments: {
            todos: times(at + 3, (item) => ({ text: `${PEOPLE[item % 20]} ${TOPICS[item % 9]}`, done: item < at })),
          },
          result:
            'The list has been stored. Keep using the list to follow your progress, and go on with the task that is marked as current, if there is one.',
        },
        aside(random),
        aside(random),
      ]).flat(),
    ),
  'files written, the same long word of thanks': (random) =>
    healthy(
      times(random.int(8, 16), () => ({
        tool: 'write_file',
        arguments: { path: `pages/${random.pick(TOPICS)}/${random.pick(PEOPLE)}.md`, content: line(random, 25) },
        result:
          'The file was saved, formatted by the rules of the project, and looked through by the linter, which has found no problems and no warnings at all.',
      })),
    ),
  'compares prices': (random) =>
    healthy(
      random.some(THINGS, random.int(6, 10)).flatMap((thing) =>
        random.some(CITIES, 2).map((city) => ({
          tool: 'search',
          arguments: { q: `price of a ${thing} in ${city}` },
          result: `${random.int(10, 300)} euro`,
        })),
      ),
    ),
};
