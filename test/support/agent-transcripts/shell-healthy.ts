import type { Turn } from '../../../activities/agent/loops';
import { type Family, healthy, times } from './kit';
import { PLACES, TOPICS, NOUNS, number, VOCABULARY, sentence, article, errand, errands } from './shell-kit';

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
