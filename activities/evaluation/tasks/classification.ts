import type { TaskInput } from '../../../schemas/evaluate-model';
import type { ScoredSample, Task } from '../interfaces';
import { classify } from '../metrics/classification';

/** Told labels against true ones: accuracy by case, macro F1 over all. */
export function classificationTask(
  { labels, instructions }: Extract<TaskInput, { type: 'classification' }>,
  expected: readonly string[],
): Task {
  const known = labels ?? [...expected];
  return {
    version: 1,
    metrics: ['accuracy', 'macroF1'],
    check: ({ answers }) => {
      const [label, ...others] = answers;
      if (label === undefined || others.length > 0) return [{ field: 'expected', problem: 'is to be one label' }];
      if (!labels || labels.includes(label)) return [];
      return [{ field: 'expected', problem: `"${label}" is none of the task's labels: ${labels.join(', ')}` }];
    },
    ask: ({ input }) => ({ kind: 'classify', text: input, labels: known, instructions: instructions ?? null }),
    score: ({ answers }, { text }) => ({ accuracy: Number(text === answers[0]) }),
    statistics: { macroF1 },
  };
}

/** A sample without an answer has told no label, which is none that is right. */
function macroF1(samples: readonly ScoredSample[]): number {
  const truth = samples.map(({ case: { answers } }) => answers[0] ?? '');
  return classify(
    truth,
    samples.map(({ sample }) => sample.answer?.text ?? ''),
  ).macro.f1;
}
