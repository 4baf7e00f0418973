import type { Turn } from '../../../activities/agent/loops';
import { type Family, FILES, hits, loopOf, NAMES, prose, type Random, SUBJECTS, unrelated, WORDS } from './kit';

const clock = (random: Random): string =>
  `2026-11-${random.int(10, 28)}T${random.int(10, 23)}:${random.int(10, 59)}:${random.int(10, 59)}Z`;

/** One call with its result, always the same. */
function fixedTurn(random: Random): Turn {
  const subject = random.pick(SUBJECTS);
  return random.pick<() => Turn>([
    () => ({ tool: 'search', arguments: { query: subject, limit: 10 }, result: { hits: [] } }),
    () => ({ tool: 'search', arguments: { query: subject }, result: { hits: hits(random, 3) } }),
    () => ({ tool: 'read_file', arguments: { path: random.pick(FILES) }, result: prose(random, 40) }),
    () => ({
      tool: 'run',
      arguments: { command: 'npm test' },
      result: `FAIL ${random.pick(FILES)}: expected ${random.int(1, 9)} to be ${random.int(10, 99)}`,
    }),
    () => ({ tool: 'click', arguments: { selector: `#${random.pick(WORDS)}` }, result: 'Element clicked.' }),
    () => ({
      tool: 'sql',
      arguments: { statement: `select * from ${random.pick(WORDS)} where id = ${random.int(1, 99)}` },
      result: [],
    }),
    () => ({
      tool: 'fetch',
      arguments: { url: `https://example.org/${random.pick(WORDS)}` },
      error: 'HTTP 404: Not Found',
    }),
    () => ({ tool: 'list_files', arguments: {}, result: random.some(FILES, 4).join('\n') }),
  ])();
}

/** Calls that go round, with what each of them always gives. */
const cycle =
  (period: number, noise: number): Family =>
  (random) => {
    const turns: Turn[] = [];
    while (turns.length < period) {
      const turn = fixedTurn(random);
      if (turns.every((one) => JSON.stringify(one) !== JSON.stringify(turn))) turns.push(turn);
    }
    return loopOf(random, () => turns, { noise });
  };

const FRONT = [
  '',
  'find ',
  'search for ',
  'please look up ',
  'what is the ',
  'show me the ',
  'tell me about the ',
  'Find the ',
];
const BACK = ['', ' please', ' info', ' details', ' now', ' again', ' latest information', '?'];

/** The same question in other words: filler, case and order change. */
function rewordedQuery(random: Random, subject: string): string {
  const words = random.chance(0.4) ? random.shuffled(subject.split(' ')) : subject.split(' ');
  const cased = random.chance(0.3) ? words.map((word) => word[0]!.toUpperCase() + word.slice(1)) : words;
  const text = random.pick(FRONT) + cased.join(' ') + random.pick(BACK);
  return random.chance(0.15) ? text.toUpperCase() : text;
}

const rewording: Family = (random) => {
  const subject = `${random.pick(SUBJECTS)} ${random.pick(NAMES)}`;
  const found = random.pick([{ hits: [] }, { hits: hits(random, 4) }, 'No results found.']);
  return loopOf(random, () => [
    { tool: 'search', arguments: { query: rewordedQuery(random, subject) }, result: found },
  ]);
};

const rewordingWithEcho: Family = (random) => {
  const subject = `${random.pick(SUBJECTS)} ${random.pick(NAMES)}`;
  return loopOf(
    random,
    () => {
      const query = rewordedQuery(random, subject);
      return [{ tool: 'search', arguments: { query }, result: `No documents match "${query}".` }];
    },
    { noise: random.pick([0, 0.2]) },
  );
};

const rewordingInChinese: Family = (random) => {
  const subject = random.pick([
    '北京的公积金政策',
    '上海的落户条件',
    '增值税发票的开具',
    '社保的补缴流程',
    '劳动合同的解除',
    '医保的异地报销',
  ]);
  const front = ['', '请查询', '帮我找一下', '关于', '我想了解', '请问'];
  const back = ['', '的信息', '有哪些', '是什么', '的详细内容', '？'];
  return loopOf(random, () => [
    {
      tool: 'search',
      arguments: { query: random.pick(front) + subject + random.pick(back) },
      result: '没有找到相关结果',
    },
  ]);
};

/** A query that gets a word more each time, or a list an item. */
const growing: Family = (random) => {
  const subject = `${random.pick(SUBJECTS)} ${random.pick(NAMES)}`;
  const more = random.some(
    ['overview', 'summary', 'history', 'official', 'complete', 'update', 'background', 'statement', ...WORDS],
    14,
  );
  const found = random.pick([{ hits: [] }, { hits: hits(random, 3) }, 'Nothing found']);
  const asList = random.chance(0.3);
  return loopOf(random, (at) => [
    asList
      ? { tool: 'lookup', arguments: { terms: [...subject.split(' '), ...more.slice(0, at)] }, result: found }
      : { tool: 'search', arguments: { query: [subject, ...more.slice(0, at)].join(' ') }, result: found },
  ]);
};

const growingText: Family = (random) => {
  const start = prose(random, 6);
  return loopOf(random, (at) => [
    {
      tool: 'ask_expert',
      arguments: { question: start + ' I still need to know this.'.repeat(at) },
      result: 'I cannot answer that.',
    },
  ]);
};

/** The same question for more results, or with more patience. */
const moreOfIt: Family = (random) => {
  const field = random.pick(['limit', 'max_results', 'top_k', 'timeout', 'page', 'offset']);
  const query = random.pick(SUBJECTS);
  const found = random.pick<Partial<Turn>>([
    { result: [] },
    { error: 'Timed out after 30 s' },
    { result: { hits: [] } },
  ]);
  return loopOf(random, (at) => [{ tool: 'search', arguments: { query, [field]: 10 * (at + 1) }, ...found }]);
};

const keysInAnyOrder: Family = (random) => {
  const fields = Object.entries({ query: random.pick(SUBJECTS), language: 'en', limit: 5, exact: true });
  const found = { hits: hits(random, 3) };
  return loopOf(random, () => [
    { tool: 'search', arguments: Object.fromEntries(random.shuffled(fields)), result: found },
  ]);
};

/** The answer says when it was made, and under which number. */
const answersWithClock: Family = (random) => {
  const call = { tool: 'get_status', arguments: { service: random.pick(NAMES) } };
  const shape = random.int(0, 2);
  return loopOf(random, () => {
    const [when, id] = [clock(random), random.hex(32)];
    if (shape === 0) return [{ ...call, result: { status: 'degraded', checked: 4, timestamp: when, request_id: id } }];
    if (shape === 1) return [{ ...call, result: `[${when}] service degraded, took ${random.int(3, 900)} ms` }];
    return [{ ...call, error: `503 from upstream at ${when} (request ${id})` }];
  });
};

const hitsInAnyOrder: Family = (random) => {
  const found = hits(random, 5);
  const query = random.pick(SUBJECTS);
  return loopOf(random, () => [
    { tool: 'search', arguments: { query: rewordedQuery(random, query) }, result: random.shuffled(found) },
  ]);
};

const sameError: Family = (random) => {
  const error = random.pick([
    'EACCES: permission denied',
    'Invalid argument "date": expected YYYY-MM-DD',
    'Connection refused',
    'Unknown column "total"',
  ]);
  const changes = random.chance(0.5);
  return loopOf(
    random,
    (at) => [
      {
        tool: 'query',
        arguments: {
          statement: `select total from ${'orders'}${changes ? ' '.repeat(at) : ''}`,
          ...(changes ? { timeout: at } : {}),
        },
        error,
      },
    ],
    { noise: random.pick([0, 0.25]) },
  );
};

/** A guess at a path after the other, none of them there. */
const guesses: Family = (random) =>
  loopOf(random, () => {
    const path = `${random.pick(WORDS)}/${random.pick(WORDS)}.json`;
    return [{ tool: 'read_file', arguments: { path }, error: `ENOENT: no such file or directory, open '${path}'` }];
  });

const monologue: Family = (random) =>
  loopOf(random, () => [
    {
      tool: null,
      text:
        random.pick(['I will now look into it. ', 'Let me think about this. ', 'Next I should search. ']) +
        prose(random, 12),
    },
  ]);

const sameWords: Family = (random) => {
  const text = `I apologise for the confusion. ${prose(random, 10)}`;
  return loopOf(random, () => [{ tool: null, text }], { noise: 0.2 });
};

/** One text that gets stuck in a sentence. */
const chanting: Family = (random) => {
  const sentence = random.pick([
    `I need to check the ${random.pick(WORDS)} again before I go on. `,
    `The ${random.pick(WORDS)} is the ${random.pick(WORDS)} of the ${random.pick(WORDS)}, and `,
    '我需要再次确认这个问题的答案，然后继续下一步的处理工作。',
    'no ',
  ]);
  const text = prose(random, 20) + sentence.repeat(Math.ceil(900 / sentence.length) + 12);
  const turns = [
    ...Array.from({ length: random.int(0, 6) }, () => unrelated(random)),
    { tool: 'search', arguments: { query: prose(random, 3) }, result: hits(random, 2), text },
  ];
  return { turns, pollingTools: [], repetitions: Array.from({ length: 12 }, () => turns.length - 1) };
};

/** A job that never moves, asked for ever. */
const deadJob: Family = (random) => {
  const result = { status: random.pick(['queued', 'pending', 'running']), progress: random.int(0, 99) };
  const call = { tool: 'job_status', arguments: { job: random.hex(6) }, result };
  return loopOf(random, () => [call], {
    times: 45,
    noise: random.pick([0, 0.1]),
    before: 5,
    pollingTools: ['job_status'],
  });
};

/** An edit, a test that fails, the edit undone, the test again. */
const undoing: Family = (random) => {
  const path = random.pick(FILES);
  const [a, b] = [prose(random, 8), prose(random, 8)];
  const failing = `1 failed: ${prose(random, 10)}`;
  const test = { tool: 'run', arguments: { command: 'pytest -q' }, result: failing };
  const edit = (from: string, to: string) => ({
    tool: 'edit',
    arguments: { path, old: from, new: to },
    result: `Edited ${path}`,
  });
  return loopOf(random, () => [edit(a, b), test, edit(b, a), { ...test, result: `2 failed: ${failing}` }], {
    times: 8,
    noise: random.pick([0, 0.15]),
  });
};

/** From the first page to the last, and again. */
const pagesAgain: Family = (random) => {
  const pages = Array.from({ length: random.int(2, 4) }, () => hits(random, 4));
  return loopOf(
    random,
    () => pages.map((page, at) => ({ tool: 'list_orders', arguments: { page: at + 1 }, result: page })),
    { times: 8 },
  );
};

/** A few things that are known already, in any order: what repeats is that a turn tells nothing new. */
const known: Family = (random) => {
  const turns = Array.from({ length: random.int(5, 7) }, () => fixedTurn(random));
  const loop = loopOf(random, () => [random.pick(turns)], { times: 60, noise: 0.05 });
  const before = (turn: Turn, end: number) => loop.turns.slice(0, end).includes(turn);
  return { ...loop, repetitions: loop.repetitions.filter((end) => before(loop.turns[end]!, end)), minimum: 10 };
};

/** A call that tells two things by turns, neither new. */
const flapping: Family = (random) => {
  const call = { tool: 'check_lock', arguments: { name: random.pick(WORDS) } };
  const says = [`held by ${random.pick(NAMES)}`, `held by ${random.pick(NAMES)} and waiting`];
  return loopOf(random, () => says.map((result) => ({ ...call, result })), { times: 12 });
};

/** A question that the passages do not answer, asked with ever new thoughts: what a small model does. */
const unanswerable: Family = (random) => {
  const query = `${random.pick(SUBJECTS)} of ${random.pick(NAMES)}`;
  const found = hits(random, 3);
  return loopOf(random, () => [
    { tool: 'search', arguments: { query, thought: prose(random, 9) }, result: found, text: prose(random, 15) },
  ]);
};

/** As a healthy call after each repetition used to reset the count of others. */
const healthyBetween: Family = (random) => {
  const turn = fixedTurn(random);
  return loopOf(random, (at) => (at % 2 === 1 ? [unrelated(random), turn] : [turn]), { times: 16 });
};

const lateLoop: Family = (random) => {
  const turn = fixedTurn(random);
  return loopOf(random, () => [turn], { before: 90, noise: 0.1 });
};

export const LOOPING: Record<string, Family> = {
  'period 1': cycle(1, 0),
  'period 2': cycle(2, 0),
  'period 3': cycle(3, 0),
  'period 4': cycle(4, 0),
  'period 1, noise': cycle(1, 0.3),
  'period 2, noise': cycle(2, 0.25),
  'period 3, noise': cycle(3, 0.2),
  'period 4, noise': cycle(4, 0.2),
  'a healthy call in between': healthyBetween,
  'after long work': lateLoop,
  'keys in any order': keysInAnyOrder,
  'answers with a clock': answersWithClock,
  reworded: rewording,
  'reworded, echoed': rewordingWithEcho,
  'reworded, Chinese': rewordingInChinese,
  'reworded, hits in any order': hitsInAnyOrder,
  growing,
  'growing text': growingText,
  'more of the same': moreOfIt,
  'same error': sameError,
  guesses,
  monologue,
  'same words': sameWords,
  chanting,
  'dead job': deadJob,
  undoing,
  'pages again': pagesAgain,
  'known things': known,
  flapping,
  unanswerable,
};
