import { type Family, times } from './kit';
import { CITIES, line, loop, PEOPLE, THINGS, TOPICS } from './third-kit';

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

export const THIRD_LOOPING: Record<string, Family> = {
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
