import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCaseYaml } from '../../../activities/evaluation/cases/read-cases';
import { evaluateModelStage } from '../../../schemas/evaluate-model';
import { loadConfig } from '../../../workers/config';

const page = () => readFile(path.join(__dirname, '../../../docs/evaluation.md'), 'utf8');
const block = (text: string, language: string): string =>
  new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(text)?.[1] ?? '';

describe('what docs/evaluation.md shows', () => {
  it('is an input that the stage takes', async () => {
    const input = evaluateModelStage.input.parse(JSON.parse(block(await page(), 'json')));
    expect(input.tasks[0]?.gate).toMatchObject({ margin: 0.02, slices: ['language'] });
  });

  it('is a configuration with a metric, whose examples hold', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-documented-'));
    try {
      await writeFile(path.join(dir, 'temporal.config.ts'), block(await page(), 'ts'));
      const { config } = await loadConfig(dir);
      expect(Object.keys(config.evaluation.metrics)).toEqual(['names-ticket']);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('is a file of cases', async () => {
    const cases = readCaseYaml(block(await page(), 'yaml'), 'cases.yaml');
    expect(cases.map((one) => one.case.id)).toEqual(['refund-1', 'ticket-7', 'find-3']);
  });
});
