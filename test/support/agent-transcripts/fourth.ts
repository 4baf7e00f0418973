import type { Turn } from '../../../activities/agent/loops';
import { type Family, healthy, type Random, times, type Transcript } from './kit';

/**
 * A fourth set of families, of agents that browse, code, ask databases and people, written after the third was dealt with and
 * run then for the first time: docs/agent-loops.md has that figure.
 */

/** Few words, so that results share many by chance. */
const WORDS =
  'alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra tango uniform victor whiskey yankee zulu amber bronze cobalt denim ebony fawn ginger hazel ivory jade khaki lilac mauve navy ochre pearl rust sage teal umber'.split(
    ' ',
  );
const w = (r: Random, n: number): string => times(n, () => r.pick(WORDS)).join(' ');
/** Something else, and new. */
const fill = (r: Random): Turn =>
  r.pick([
    (): Turn => ({ tool: 'Search', arguments: w(r, 4), result: w(r, 60) }),
    (): Turn => ({
      tool: 'Python',
      arguments: { code: `print(${r.int(1, 9999)} * ${r.int(1, 9999)})` },
      result: String(r.int(1, 1e7)),
    }),
    (): Turn => ({
      tool: 'Browser',
      arguments: { action: 'goto', url: `https://${r.pick(WORDS)}.example/${r.hex(4)}` },
      result: `<html><title>${w(r, 3)}</title>${w(r, 40)}</html>`,
    }),
  ])();
const loop = (r: Random, body: (at: number) => Turn[], noise = 0): Omit<Transcript, 'family' | 'looping'> => {
  const turns = times(r.int(0, 10), () => fill(r));
  const repetitions = times(r.int(10, 14), (at) => {
    for (const turn of body(at)) turns.push(...(r.chance(noise) ? [fill(r)] : []), turn);
    return turns.length - 1;
  });
  return { turns, pollingTools: [], repetitions };
};

export const FOURTH_LOOPING: Record<string, Family> = {
  'ReAct string argument, same': (r) => {
    const q = w(r, 3),
      a = w(r, 50);
    return loop(r, () => [{ tool: 'Search', arguments: q, result: a }]);
  },
  'ReAct string, case and punctuation': (r) => {
    const q = w(r, 3),
      a = w(r, 50);
    return loop(r, () => [
      { tool: 'Search', arguments: r.pick([q, q.toUpperCase(), `"${q}"`, `${q}?`, `${q}.`]), result: a },
    ]);
  },
  'lookup says could not find, similar list': (r) => {
    const q = w(r, 3);
    return loop(r, () => [
      {
        tool: 'Search',
        arguments: q + r.pick(['', ' history', ' biography', ' wiki', ' (person)']),
        result: `Could not find [${q}]. Similar: ${r.some(WORDS, 5).join(', ')}`,
      },
    ]);
  },
  'long result with a changing advert': (r) => {
    const q = w(r, 3),
      a = w(r, 200);
    return loop(r, () => [
      {
        tool: 'Browser',
        arguments: { action: 'goto', url: `https://${q.replaceAll(' ', '-')}.example` },
        result: `<html>${a}<aside>${w(r, 8)}</aside></html>`,
      },
    ]);
  },
  'search, then open first hit': (r) => {
    const q = w(r, 3),
      a = w(r, 60),
      p = w(r, 80);
    return loop(
      r,
      () => [
        { tool: 'Search', arguments: q, result: a },
        { tool: 'Open', arguments: '1', result: p },
      ],
      0.1,
    );
  },
  'error in the result': (r) => {
    const f = r.pick(WORDS);
    return loop(r, () => [
      {
        tool: 'Python',
        arguments: { code: `import ${f}\n${f}.run(${r.pick(['', 'None', 'True', '0'])})` },
        result: `ModuleNotFoundError: No module named '${f}'`,
      },
    ]);
  },
  'pip and import by turns': (r) => {
    const f = r.pick(WORDS);
    return loop(r, () => [
      {
        tool: 'Shell',
        arguments: { cmd: `pip install ${f}` },
        result: `ERROR: Could not find a version that satisfies the requirement ${f}`,
      },
      { tool: 'Python', arguments: { code: `import ${f}` }, result: `ModuleNotFoundError: No module named '${f}'` },
    ]);
  },
  'sql that fails by another column': (r) => {
    const t = r.pick(WORDS);
    return loop(r, () => [
      {
        tool: 'SQL',
        arguments: { query: `SELECT ${r.some(WORDS, 2).join(', ')} FROM ${t}_orders WHERE year = 2024` },
        error: `relation "${t}_orders" does not exist`,
      },
    ]);
  },
  'plan, plan, plan': (r) => {
    const q = w(r, 4);
    return loop(r, (i) => [
      {
        tool: null,
        text: `Step ${i + 1}: I will ${r.pick(['first', 'now', 'next', 'then'])} gather information about ${q} before acting.`,
      },
    ]);
  },
  'tool of thought': (r) => {
    const q = w(r, 4);
    return loop(r, () => [
      {
        tool: 'think',
        arguments: {
          thought: `I ${r.pick(['should', 'need to', 'must', 'have to'])} consider ${q} ${r.pick(['carefully', 'again', 'in depth', 'once more'])}.`,
        },
        result: 'Thought recorded.',
      },
    ]);
  },
  'widening dates': (r) => {
    const q = w(r, 2);
    return loop(r, (i) => [
      {
        tool: 'events',
        arguments: { topic: q, from: `20${24 - i < 10 ? '0' : ''}${24 - i}-01-01`, to: '2024-12-31' },
        result: { events: [], total: 0 },
      },
    ]);
  },
  'cart that stays empty': (r) => {
    const s = r.int(1000, 9999);
    return loop(
      r,
      () => [
        { tool: 'add_to_cart', arguments: { sku: s, quantity: 1 }, result: { ok: true } },
        { tool: 'view_cart', arguments: {}, result: { items: [], total: 0 } },
      ],
      0.1,
    );
  },
  'period 4 in a browser': (r) => {
    const u = r.pick(WORDS),
      p = w(r, 40),
      z = w(r, 40);
    return loop(
      r,
      () => [
        { tool: 'goto', arguments: { url: `https://${u}.example/login` }, result: p },
        { tool: 'type', arguments: { selector: '#user', text: 'me' }, result: 'ok' },
        { tool: 'click', arguments: { selector: '#submit' }, result: 'ok' },
        { tool: 'read', arguments: {}, result: `Wrong password. ${z}` },
      ],
      0.1,
    );
  },
  'Chinese, worded anew': (r) => {
    const c = r.pick(['上海', '北京', '广州']);
    const v = ['明天天气怎么样', '明日天气预报', '明天的天气情况', '查一下明天天气', '明天会下雨吗'];
    return loop(r, () => [{ tool: '天气', arguments: { 问题: c + r.pick(v) }, result: '服务暂时没有数据' }]);
  },
  'wrong field, same refusal': (r) =>
    loop(r, () => [
      {
        tool: 'create_ticket',
        arguments: { title: w(r, 5), severity: r.pick(['high', 'urgent', 'P1', 'critical']) },
        error: 'validation failed: "priority" is required',
      },
    ]),
  'reads the same file in parts again': (r) => {
    const f = `src/${r.pick(WORDS)}.ts`;
    const parts = times(3, () => w(r, 60));
    return loop(r, () =>
      parts.map((p, i) => ({ tool: 'read', arguments: { path: f, from: i * 100, to: i * 100 + 100 }, result: p })),
    );
  },
  'undo, redo': (r) =>
    loop(r, () => [
      { tool: 'editor', arguments: { action: 'undo' }, result: 'Undone.' },
      { tool: 'editor', arguments: { action: 'redo' }, result: 'Redone.' },
    ]),
  'asks for help in a circle': (r) => {
    const q = w(r, 3);
    return loop(r, () => [
      { tool: 'ask_expert', arguments: { q: `how do I ${q}` }, result: 'Ask the manager.' },
      { tool: 'ask_manager', arguments: { q: `how do I ${q}` }, result: 'Ask the expert.' },
    ]);
  },
};

export const FOURTH_HEALTHY: Record<string, Family> = {
  'many facts by string': (r) =>
    healthy(times(r.int(8, 30), () => ({ tool: 'Search', arguments: w(r, 3), result: w(r, 40) }))),
  'one subject from many sides': (r) => {
    const q = w(r, 2);
    return healthy(times(r.int(6, 14), () => ({ tool: 'Search', arguments: `${q} ${w(r, 2)}`, result: w(r, 40) })));
  },
  'table by table': (r) =>
    healthy(
      r.some(WORDS, r.int(8, 20)).map((t) => ({
        tool: 'SQL',
        arguments: { query: `SELECT count(*) FROM ${t}` },
        result: `[{"count": ${r.int(0, 3)}}]`,
      })),
    ),
  'schema, sample, count of each': (r) =>
    healthy(
      r.some(WORDS, r.int(5, 10)).flatMap((t) => [
        { tool: 'SQL', arguments: { query: `DESCRIBE ${t}` }, result: w(r, 10) },
        { tool: 'SQL', arguments: { query: `SELECT * FROM ${t} LIMIT 5` }, result: w(r, 20) },
      ]),
    ),
  'page by page, click next': (r) =>
    healthy(
      times(r.int(10, 30), () => [
        { tool: 'click', arguments: { selector: 'a.next' }, result: 'ok' },
        { tool: 'read', arguments: {}, result: w(r, 50) },
      ]).flat(),
    ),
  'fill and submit for each row': (r) =>
    healthy(
      times(r.int(6, 15), () => [
        { tool: 'type', arguments: { selector: '#name', text: w(r, 2) }, result: 'ok' },
        { tool: 'type', arguments: { selector: '#sum', text: String(r.int(1, 999)) }, result: 'ok' },
        { tool: 'click', arguments: { selector: '#save' }, result: 'ok' },
      ]).flat(),
    ),
  'compile, fix another error': (r) =>
    healthy(
      times(r.int(5, 12), () => [
        { tool: 'edit', arguments: { path: `src/${r.pick(WORDS)}.c`, old: w(r, 5), new: w(r, 5) }, result: 'ok' },
        { tool: 'shell', arguments: { cmd: 'make' }, error: `${r.pick(WORDS)}.c:${r.int(1, 400)}: error: ${w(r, 3)}` },
      ]).flat(),
    ),
  'temperature every hour': (r) =>
    healthy(
      times(r.int(10, 18), (i) => ({
        tool: 'log_reading',
        arguments: { hour: i, celsius: r.int(10, 30) },
        result: 'ok',
      })),
    ),
  'watches a deploy, undeclared': (r) =>
    healthy(
      times(r.int(6, 15), (i) => ({
        tool: 'deploy_status',
        arguments: { id: 'd1' },
        result: { ready: `${i}/15`, message: `${r.pick(WORDS)} is starting` },
      })),
    ),
  'short answers of a person': (r) =>
    healthy(
      times(r.int(6, 14), () => ({
        tool: 'ask_user',
        arguments: { question: `Do you want ${w(r, 4)}?` },
        result: r.pick(['yes', 'no']),
      })),
    ),
  'think between': (r) =>
    healthy(
      times(r.int(6, 12), () => [
        { tool: 'think', arguments: { thought: w(r, 20) }, result: 'Thought recorded.' },
        fill(r),
      ]).flat(),
    ),
  'grep for one thing in many places': (r) => {
    const q = r.pick(WORDS);
    return healthy(
      r
        .some(WORDS, r.int(8, 16))
        .map((d) => ({ tool: 'shell', arguments: { cmd: `grep -rn ${q} packages/${d}` }, result: '' })),
    );
  },
  'Chinese cities': (r) =>
    healthy(
      r
        .some(['上海', '北京', '广州', '深圳', '成都', '杭州', '南京', '武汉', '西安', '重庆'], r.int(6, 10))
        .map((c) => ({
          tool: '天气',
          arguments: { 问题: `${c}明天天气怎么样` },
          result: `${r.pick(['晴', '多云', '小雨'])}`,
        })),
    ),
  'tries of a password reset': (r) =>
    healthy([
      ...times(2, () => ({ tool: 'reset', arguments: { user: 'kim' }, error: 'timeout' })),
      { tool: 'reset', arguments: { user: 'kim' }, result: 'done' },
      ...times(6, () => fill(r)),
    ]),
  'queue drained': (r) =>
    healthy(
      times(r.int(22, 40), () => ({
        tool: 'pop',
        arguments: {},
        result: { job: r.hex(8), kind: r.pick(['mail', 'sms']) },
      })),
    ),
  dice: (r) =>
    healthy(times(r.int(10, 19), () => ({ tool: 'roll', arguments: { sides: 20 }, result: String(r.int(1, 20)) }))),
  'long plan in words then work': (r) =>
    healthy([{ tool: null, text: w(r, 40) }, { tool: null, text: w(r, 40) }, ...times(12, () => fill(r))]),
  'backs up each folder': (r) =>
    healthy(
      r
        .some(WORDS, r.int(8, 16))
        .map((d) => ({ tool: 'shell', arguments: { cmd: `tar czf /b/${d}.tgz /d/${d}` }, result: '' })),
    ),
  'status of each server': (r) =>
    healthy(r.some(WORDS, r.int(8, 16)).map((d) => ({ tool: 'ping', arguments: { host: d }, result: 'alive' }))),
  'rereads after each write': (r) =>
    healthy(
      times(r.int(6, 12), () => [
        { tool: 'write', arguments: { path: 'report.md', text: w(r, 30) }, result: 'ok' },
        { tool: 'read', arguments: { path: 'report.md' }, result: w(r, 30) },
      ]).flat(),
    ),
};
