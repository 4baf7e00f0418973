import type { Turn } from '../../../activities/agent/loops';
import {
  type Family,
  FILES,
  healthy,
  hits,
  NAMES,
  prelude,
  prose,
  type Random,
  SUBJECTS,
  times,
  unrelated,
  WORDS,
} from './kit';

/** A job that moves on, or waits a while in one state, asked with a tool for it. */
const polling: Family = (random) => {
  const job = random.hex(6);
  const states = ['queued', 'starting', 'running', 'finishing', 'done'];
  const turns = states.flatMap((status) =>
    times(random.int(1, 20), (): Turn => ({ tool: 'job_status', arguments: { job }, result: { status } })),
  );
  return healthy([...prelude(random, 4), ...turns, unrelated(random)], ['job_status']);
};

const pollingWithPercent: Family = (random) => {
  const job = random.hex(6);
  const steps = random.int(8, 40);
  return healthy(
    times(steps, (at) => ({
      tool: 'training_status',
      arguments: { job },
      result: { state: 'RUNNING', step: at * 50, loss: 3 / (at + 1) },
    })),
    ['training_status'],
  );
};

/** The same, by a tool that does not say so; but what it says moves on. */
const watching: Family = (random) => {
  const of = random.int(6, 12);
  const command = 'tail -n 1 train.log';
  return healthy([
    ...prelude(random, 6),
    ...times(of, (at): Turn => ({
      tool: 'run',
      arguments: { command },
      result: `epoch ${at + 1}/${of} loss ${(2 / (at + 2)).toFixed(3)}`,
    })),
  ]);
};

const pages: Family = (random) => {
  const field = random.pick(['page', 'offset', 'cursor', 'from']);
  const query = random.pick(SUBJECTS);
  return healthy(
    times(random.int(5, 25), (at) => ({
      tool: 'search',
      arguments: { query, [field]: field === 'cursor' ? random.hex(12) : field === 'page' ? at + 1 : at * 20 },
      result: { total: 400, hits: hits(random, random.int(2, 10)) },
    })),
  );
};

/** Pages whose records look all alike but for their numbers. */
const records: Family = (random) =>
  healthy(
    times(random.int(6, 25), (at) => ({
      tool: 'list_users',
      arguments: { page: at + 1 },
      result: {
        users: times(random.int(1, 3), (row) => ({ id: 1_000 + at * 3 + row, status: 'active', type: 'member' })),
        has_more: true,
      },
    })),
  );

/** The next page is asked for in the same words each time. */
const nextPage: Family = (random) =>
  healthy(
    times(random.int(6, 18), () =>
      random.chance(0.5)
        ? [{ tool: 'next_page', arguments: {}, result: prose(random, 25) }]
        : [
            { tool: 'click', arguments: { selector: '#next' }, result: 'Element clicked.' },
            { tool: 'read_page', arguments: {}, result: prose(random, 30) },
          ],
    ).flat(),
  );

const partsOfFile: Family = (random) => {
  const path = random.pick(FILES);
  return healthy(
    times(random.int(4, 20), (at) => ({
      tool: 'read_file',
      arguments: { path, start: at * 200, limit: 200 },
      result: prose(random, 60),
    })),
  );
};

/** One thing after another is dealt with, and each time it is done. */
const items: Family = (random) => {
  const kind = random.int(0, 4);
  const list = random
    .shuffled(NAMES.flatMap((name) => WORDS.slice(0, 3).map((word) => `${name}-${word}`)))
    .slice(0, random.int(8, 30));
  const turn = (item: string, at: number): Turn => {
    if (kind === 0) return { tool: 'delete_record', arguments: { id: 100 + at }, result: { ok: true } };
    if (kind === 1)
      return {
        tool: 'send_mail',
        arguments: { to: `${item}@example.org`, subject: 'Your invoice', body: 'Please find your invoice attached.' },
        result: 'sent',
      };
    if (kind === 2) return { tool: 'lint', arguments: { path: `src/${item}.ts` }, result: 'No problems found.' };
    if (kind === 3) return { tool: 'set_tag', arguments: { name: item, tag: 'reviewed' }, result: 'updated' };
    return { tool: 'check_name', arguments: { name: item }, result: 'available' };
  };
  return healthy([...prelude(random, 5), ...list.map(turn)]);
};

/** The same question about one company after another. */
const companies: Family = (random) => {
  const subject = random.pick(SUBJECTS);
  return healthy(
    random.some(NAMES, random.int(6, 18)).map((name) => ({
      tool: 'search',
      arguments: { query: `${subject} of ${name}` },
      result: random.chance(0.2) ? 'No results.' : { hits: hits(random, 3) },
    })),
  );
};

/** Edit, test, edit, test, until it passes; once in a while a test says the same again. */
const editAndTest: Family = (random) => {
  const path = random.pick(FILES);
  let failing = random.int(5, 14);
  const turns: Turn[] = prelude(random, 5);
  while (failing > 0) {
    turns.push({
      tool: 'edit',
      arguments: { path, old: prose(random, 6), new: prose(random, 6) },
      result: `Edited ${path}.`,
    });
    if (random.chance(0.75)) failing -= random.int(1, 3);
    const said = failing > 0 ? `${failing} failed, ${40 - failing} passed` : 'all passed';
    turns.push({ tool: 'run', arguments: { command: 'npm test' }, result: said });
  }
  return healthy(turns);
};

/** Long work of all kinds; now and then something is looked at again. */
const longWork: Family = (random) => {
  const status = { tool: 'run', arguments: { command: 'git status --short' } };
  const turns: Turn[] = [];
  for (let at = random.int(40, 140); at > 0; at -= 1) {
    const kind = random.int(0, 9);
    if (kind === 0)
      turns.push({ ...status, result: random.chance(0.4) ? '' : `M ${random.some(FILES, 2).join('\nM ')}` });
    else if (kind === 1 && turns.length > 6) turns.push(turns[random.int(turns.length - 6, turns.length - 1)]!);
    else if (kind === 2)
      turns.push({
        tool: 'update_plan',
        arguments: { steps: random.some(WORDS, 5), done: at },
        result: 'Plan updated.',
      });
    else if (kind === 3) turns.push({ tool: null, text: prose(random, 30) });
    else turns.push(unrelated(random));
  }
  return healthy(turns);
};

/** A few failures of the same call, then it works. */
const retries: Family = (random) =>
  healthy(
    times(random.int(2, 6), (): Turn[] => {
      const call = { tool: 'fetch', arguments: { url: `https://example.org/${random.hex(6)}` } };
      const error = random.pick(['HTTP 503: Service Unavailable', 'socket hang up', 'HTTP 429: Too Many Requests']);
      return [
        ...times(random.int(1, 4), () => ({ ...call, error })),
        { ...call, result: prose(random, 20) },
        ...prelude(random, 3),
      ];
    }).flat(),
  );

/** Arguments are mended after each error until they are right. */
const mended: Family = (random) => {
  const column = random.some(WORDS, 4);
  return healthy([
    ...prelude(random, 4),
    ...column.map((name) => ({
      tool: 'sql',
      arguments: { statement: `select ${name} from orders` },
      error: `column "${name}" does not exist`,
    })),
    { tool: 'sql', arguments: { statement: 'select * from information_schema.columns' }, result: prose(random, 30) },
    { tool: 'sql', arguments: { statement: `select ${random.pick(WORDS)} from orders` }, result: prose(random, 20) },
  ]);
};

/** A question that gets more exact, and finds other things each time. */
const refining: Family = (random) => {
  const words = random.some(WORDS, random.int(4, 8));
  return healthy(
    words.flatMap((_, at): Turn[] => [
      {
        tool: 'search',
        arguments: { query: [random.pick(SUBJECTS), ...words.slice(0, at)].join(' ') },
        result: { hits: hits(random, 5) },
      },
      ...(random.chance(0.4)
        ? [{ tool: 'open', arguments: { id: `doc-${random.int(1, 9_999)}` }, result: prose(random, 60) }]
        : []),
    ]),
  );
};

/** Two tools by turns, about one thing after another. */
const byTurns: Family = (random) =>
  healthy(
    random.some(NAMES, random.int(5, 14)).flatMap((name): Turn[] => [
      { tool: 'find_company', arguments: { name }, result: { id: random.int(1, 9_999) } },
      { tool: 'get_revenue', arguments: { id: random.int(1, 9_999), year: 2025 }, result: random.int(1, 900) * 1_000 },
    ]),
  );

/** Names that are looked for and are not there, and then one that is. */
const notThere: Family = (random) =>
  healthy([
    ...prelude(random, 6),
    ...random
      .some(WORDS, random.int(4, 7))
      .map((word) => ({ tool: 'grep', arguments: { pattern: word }, result: 'No matches found' })),
    { tool: 'grep', arguments: { pattern: random.pick(NAMES) }, result: prose(random, 12) },
  ]);

/** Before it says that it is done it reads all again that it wrote. */
const review: Family = (random) => {
  const written = random.some(FILES, random.int(4, 7)).map((path) => ({ path, content: prose(random, 40) }));
  return healthy([
    ...written.map(({ path, content }) => ({
      tool: 'write_file',
      arguments: { path, content },
      result: 'File written.',
    })),
    ...written.map(({ path, content }) => ({ tool: 'read_file', arguments: { path }, result: content })),
    unrelated(random),
    ...written.map(({ path, content }) => ({ tool: 'read_file', arguments: { path }, result: content })),
  ]);
};

/** What a page may hold that repeats by its form: tables, lists, code. */
function structured(random: Random): string {
  const rows = times(30, (at) => `| ${random.pick(WORDS)} | ${at} | ok |`).join('\n');
  const list = times(20, () => `- ${random.pick(WORDS)}: done`).join('\n');
  const code = '```\n' + 'expect(result.status).toBe(200); // as it was before\n'.repeat(14) + '```';
  return `${prose(random, 30)}\n\n| name | n | state |\n|---|---|---|\n${rows}\n\n${list}\n\n${code}\n\n${prose(random, 40)}`;
}

const writer: Family = (random) =>
  healthy(
    times(random.int(3, 8), () => [
      { tool: null, text: structured(random) },
      unrelated(random),
      unrelated(random),
    ]).flat(),
  );

/** A list of things to do is kept, and grows, beside the work. */
const plan: Family = (random) => {
  const done: string[] = [];
  return healthy(
    times(random.int(8, 20), (): Turn[] => {
      done.push(random.pick(WORDS));
      return [
        { tool: 'todo', arguments: { items: [...done] }, result: 'Saved.' },
        ...times(random.int(1, 3), () => unrelated(random)),
      ];
    }).flat(),
  );
};

export const HEALTHY: Record<string, Family> = {
  polling,
  'polling with a percentage': pollingWithPercent,
  'watching a log': watching,
  pages,
  'pages of like records': records,
  'next page': nextPage,
  'parts of a file': partsOfFile,
  items,
  'one company after another': companies,
  'edit and test': editAndTest,
  'long work': longWork,
  'retries that succeed': retries,
  'arguments mended': mended,
  refining,
  'two tools by turns': byTurns,
  'not there': notThere,
  review,
  'tables, lists, code': writer,
  'a plan beside the work': plan,
};
