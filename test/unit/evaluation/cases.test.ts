import { describe, expect, it } from 'vitest';
import { readCaseLines, readCaseYaml } from '../../../activities/evaluation/cases/read-cases';

describe('files of cases', () => {
  it('reads a list of YAML and lines of JSON as the same cases', async () => {
    const yaml = readCaseYaml('- id: a\n  question: Why?\n  expected: so\n  slices: { topic: 7 }\n', 'cases.yaml');
    const lines = await readCaseLines(
      ['{"id":"a","question":"Why?","expected":"so","slices":{"topic":7}}'],
      'cases.jsonl',
    );
    expect(yaml.map((one) => one.case)).toEqual(lines.map((one) => one.case));
    expect(yaml[0]?.case.slices).toEqual({ topic: '7' });
  });

  it.each([
    ['- id: a\n  input: x\n- id: b\n  imput: y\n', /cases\.yaml, line 4, field "imput": is no field of a case/],
    ['- id: a\n  input: x\n  query: y\n', /line 1, field "query": says it twice, in input and query/],
    ['- id: a\n', /line 1, field "input": says nothing that is asked/],
    ['id: a\n', /is a list: each begins with "- id: …"/],
    ['- id: [a\n', /line \d+: no YAML/],
  ])('names file, line, field and remedy of what is wrong: %j', (text, said) => {
    expect(() => readCaseYaml(text, 'cases.yaml')).toThrow(said);
    expect(() => readCaseYaml(text, 'cases.yaml')).toThrow(/Remedy: Correct the line/);
  });

  it('names the line of JSON that is none', async () => {
    const lines = ['{"id":"a","input":"x"}', '', '{"id":'];
    await expect(readCaseLines(lines, 'cases.jsonl')).rejects.toThrow(/cases\.jsonl, line 3: no JSON/);
  });
});
