import { describe, expect, it } from 'vitest';
import { textUnits } from '../../../activities/evaluation/contamination/contamination-activities';
import {
  settleCases,
  tellContamination,
  type TrainingRecord,
} from '../../../activities/evaluation/contamination/settle';
import type { PlannedCase } from '../../../activities/evaluation/plan';
import { contaminationSection } from '../../../activities/evaluation/report/contamination';
import { contamination } from '../../../schemas/evaluation-contamination';

const cases = ['a', 'b', 'c', 'd'].map((id, at): PlannedCase => ({
  case: {
    ...{ id, task: 'qa', input: id, messages: null, passages: [], choices: [], answers: [], gains: {} },
    slices: { topic: at < 2 ? 'refunds' : 'other' },
  },
  repeats: false,
}));
const file = (name: string, source: string, bytes = 10) => ({
  key: 'dataset/x',
  name,
  bytes,
  format: 'jsonl' as const,
  source,
});
const training: TrainingRecord[] = [
  { subject: 'bot@2', files: [file('a', 'dataset faq@1'), file('b', 'dataset chat@3')], unknown: [] },
  { subject: 'bot@1', files: [file('a', 'dataset faq@1')], unknown: ['what base@1 was trained on is not on record'] },
];
const search = {
  found: [
    { at: 1, source: 'dataset chat@3', words: '<how> long' },
    { at: 0, source: 'dataset faq@1', words: 'may i' },
    { at: 1, source: 'dataset faq@1', words: 'how long' },
  ],
  ...{ texts: 1_000, tooShort: 1 },
};

describe('cases that stand in what a subject was trained on', () => {
  it('are left out for both sides, whichever has learnt them, and counted by subject, source and slice', () => {
    const { kept, contamination: told } = settleCases(cases, training, search, 'exclude');
    expect(kept.map(({ case: { id } }) => id)).toEqual(['c', 'd']);
    expect(contamination.parse(told)).toMatchObject({
      cases: { given: 4, found: 2, excluded: 2, evaluated: 2 },
      subjects: [
        { name: 'bot@2', found: 2 },
        { name: 'bot@1', found: 2, sources: ['dataset faq@1'] },
      ],
      slices: [{ name: 'topic refunds', cases: 2, found: 2 }],
    });
    expect(told.examples.map((one) => [one.case, one.source])).toEqual([
      ['a', 'dataset faq@1'],
      ['b', 'dataset chat@3'],
    ]);
    expect(tellContamination(told)).toContain(
      '2 of 4 cases stand in training texts (bot@2: 2, of dataset faq@1, dataset chat@3',
    );
  });

  it('are asked all the same where a run only wants to be told', () => {
    const { kept, contamination: told } = settleCases(cases, training, search, 'warn');
    expect(kept).toEqual(cases);
    expect(told.cases).toEqual({ given: 4, found: 2, excluded: 0, evaluated: 4 });
    expect(tellContamination(told)).toContain('were asked all the same: 2 of 2 in topic refunds');
  });

  it('are not spoken of where there are none', () => {
    const { contamination: told } = settleCases(cases, training, { ...search, found: [] }, 'exclude');
    expect(tellContamination(told)).toBeNull();
    expect(contaminationSection(told)).toContain('Of 4 cases 0 stand');
  });

  it('stand on the page of the report with what was found, escaped', () => {
    const page = contaminationSection(settleCases(cases, training, search, 'exclude').contamination);
    expect(page).toContain('left out for both sides; 2 were asked');
    expect(page).toContain('&#60;how&#62; long');
    expect(page).toContain('what base@1 was trained on is not on record');
    expect(contaminationSection(undefined)).toBe('');
  });
});

describe('training texts', () => {
  it('are cut into units of whole files, each file once', () => {
    const large = 20 * 2 ** 20;
    const files = ['a', 'b', 'c'].map((name) => file(name, 'dataset faq@1', large));
    const both = ['bot@1', 'bot@2'].map((subject) => ({ subject, files, unknown: [] }));
    expect(textUnits({ training: both }).map((unit) => unit.map(({ name }) => name))).toEqual([['a'], ['b'], ['c']]);
    expect(textUnits({ training: [{ subject: 'bot@1', files: files.slice(0, 1), unknown: [] }] })).toHaveLength(1);
    expect(textUnits({})).toEqual([]);
  });
});
