import type { Turn } from '../../../activities/agent/loops';
import { type Family, healthy, times } from './kit';
import { aside, CITIES, line, PEOPLE, THINGS, TOPICS } from './third-kit';

export const THIRD_HEALTHY: Record<string, Family> = {
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
