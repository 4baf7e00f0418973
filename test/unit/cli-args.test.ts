import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STAGES } from '../../schemas';
import { distance } from '../../schemas/close-names';
import { Cli } from '../../workers/cli/cli';
import { readPools } from '../../workers/cli/commands/worker';
import { EXIT } from '../../workers/cli/exit';
import { COMMAND_NAMES, run } from '../../workers/cli/run';
import { fieldsMarkdown, findStage } from '../../workers/cli/stages';

/** Runs a command line in this process, with buffers for streams. */
async function cli(...argv: string[]) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    write(text: string) {
      written[name] += text;
      return true;
    },
  });
  const env = { LLM_PACK_STATE: '/nonexistent/state', PATH: process.env['PATH'] };
  const code = await run(argv, new Cli(__dirname, env, stream('stdout'), stream('stderr')));
  return { code, ...written };
}

describe('every command', () => {
  it.each(COMMAND_NAMES)('%s explains itself with an example and its exit codes', async (name) => {
    const { code, stdout } = await cli(name, '--help');
    expect(code).toBe(EXIT.done);
    expect(stdout).toMatch(/Examples:\n {2}\$ .*llm-pack /);
    expect(stdout).toMatch(/Exit codes:[\s\S]*130 {2}interrupted/);
    expect(stdout).toContain('--json');
  });

  it.each(COMMAND_NAMES)('%s refuses an unknown option as wrong usage', async (name) => {
    const { code, stderr, stdout } = await cli(name, '--no-such-option');
    expect(code).toBe(EXIT.wrongUse);
    expect(stderr).toContain('--no-such-option');
    expect(stdout).toBe('');
  });
});

describe('a command line that is wrong', () => {
  it('suggests the command that was meant', async () => {
    const { code, stderr } = await cli('serach', 'x');
    expect(code).toBe(EXIT.wrongUse);
    expect(stderr).toContain('Did you mean search?');
  });

  it('lists the workflows and suggests one', async () => {
    const { code, stderr } = await cli('start', 'cleanDatset');
    expect(code).toBe(EXIT.wrongUse);
    expect(stderr).toContain('Did you mean cleanDataset?');
    for (const { name } of STAGES) expect(stderr).toContain(name);
  });

  it('names every wrong field of an input and shows one that works, before it seeks a server', async () => {
    const { code, stderr } = await cli('start', 'cleanDataset', '--input', '{"sorce": "docs", "concurrency": 0}');
    expect(code).toBe(EXIT.wrongUse);
    for (const path of ['sorce', 'source', 'concurrency']) expect(stderr).toContain(`  ${path}: `);
    expect(stderr).toContain('{"source":"docs"');
  });

  it.each([
    ['that is not JSON', '{source: 1}', 'not JSON'],
    ['that is no object', '[1]', 'one JSON object'],
    ['in a file that is not there', '@nowhere.json', 'There is no file'],
  ])('explains an input %s', async (_, input, words) => {
    const { code, stderr } = await cli('start', 'cleanDataset', '--input', input);
    expect(code).toBe(EXIT.wrongUse);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('puts the error on stdout as JSON where JSON was asked for', async () => {
    const { stdout } = await cli('start', 'nothing', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { exitCode: EXIT.wrongUse, message: expect.stringContaining('nothing') as string },
    });
  });
});

describe('without a server', () => {
  it.each([
    ['start', 'cleanDataset', '--input', '{"source":"docs"}'],
    ['search', 'x'],
    ['history'],
    ['schedules', 'diff'],
    ['worker', '--pool', 'llm'],
  ])('%s says which address is missing and ends with 3', async (...argv) => {
    const { code, stderr } = await cli(...argv);
    expect(code).toBe(EXIT.unreachable);
    expect(stderr).toMatch(/No address for (Temporal|Elasticsearch|PostgreSQL)[\s\S]*llm-pack up/);
  });
});

describe('examples', () => {
  it('gives an input of every workflow that its own schema accepts, and its JSON Schema', async () => {
    const { code, stdout } = await cli('examples', '--json');
    expect(code).toBe(EXIT.done);
    const shown = JSON.parse(stdout) as { workflow: string; example: unknown; schema: { properties: object } }[];
    expect(shown.map(({ workflow }) => workflow)).toEqual(STAGES.map(({ name }) => name));
    for (const { workflow, example } of shown) expect(findStage(workflow).input.safeParse(example).success).toBe(true);
  });

  it('explains every field of every input in Markdown that Temporal accepts', () => {
    for (const stage of STAGES) {
      const details = fieldsMarkdown(stage);
      for (const field of Object.keys(stage.input.shape)) expect(details).toContain(`| \`${field}\` |`);
      // The server refuses longer details.
      expect(Buffer.byteLength(details)).toBeLessThan(20_000);
    }
  });
});

describe('pools', () => {
  it('takes each once, all as every one', () => {
    expect(readPools(['gpu', 'cpu', 'gpu'])).toEqual(['cpu', 'gpu']);
    expect(readPools(['all', 'cpu'])).toEqual(['llm', 'cpu', 'gpu']);
  });

  it.each([[undefined], [['tpu']]])('refuses %j', (pools) => expect(() => readPools(pools)).toThrow(/pool/));
});

describe('distance of words', () => {
  const word = fc.string({ maxLength: 12 });
  it('is a metric', () => {
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, a)).toBe(0);
        expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c));
      }),
    );
  });
});
