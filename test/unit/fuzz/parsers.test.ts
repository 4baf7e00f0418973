import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE, textsLike } from '../../support/fuzz/hostile';
import { PARSERS, type Parser } from './parsers';

/** For one text, on a machine that does other things too: what is slower grows faster than its input. */
const SECONDS = 5;
/** Draws of each parser; PROPERTY_RUNS gives others. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 60);

async function tried({ read, throws }: Parser, text: string): Promise<void> {
  try {
    await read(text);
  } catch (error) {
    if (!throws?.(error)) throw error;
  }
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
}

describe.each(PARSERS)('$name', (parser) => {
  it('takes what is right', async () => {
    for (const text of parser.right) await parser.read(text);
  });

  it.each(HOSTILE)('%s: is read or refused as documented, soon', async (_name, text) => {
    // Of this process, which waits for others on a loaded machine.
    const began = process.cpuUsage();
    await tried(parser, text);
    const { user, system } = process.cpuUsage(began);
    expect((user + system) / 1e6).toBeLessThan(SECONDS);
  });

  it('whatever is drawn is read or refused as documented', async () => {
    await fc.assert(
      fc.asyncProperty(textsLike(parser.right), (text) => tried(parser, text)),
      { numRuns: Math.ceil(RUNS * (parser.share ?? 1)) },
    );
  });
});
