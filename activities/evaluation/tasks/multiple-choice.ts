import type { TaskInput } from '../../../schemas/evaluate-model';
import type { Task } from '../interfaces';
import { chosenRight } from '../metrics/multiple-choice';

/** Which of several answers a model finds likeliest to follow the question, as lm-evaluation-harness asks it. */
export function multipleChoiceTask({ prompt, instructions }: Extract<TaskInput, { type: 'multiple-choice' }>): Task {
  return {
    version: 1,
    metrics: ['acc', 'accNorm'],
    check: ({ messages, choices, answers }) => [
      ...(messages ? [{ field: 'messages', problem: 'is no question with choices: give `question`' }] : []),
      ...(choices.length === 0 ? [{ field: 'choices', problem: 'is missing: the answers to choose from' }] : []),
      ...(answers.length !== 1 || !choices.includes(answers[0] ?? '')
        ? [{ field: 'expected', problem: 'is to be one of the `choices`, as it stands there' }]
        : []),
    ],
    ask: ({ input, passages, choices }) => {
      const before = [...(instructions === undefined ? [] : [instructions]), ...passages.map(({ text }) => text)];
      // Not `replace`, which gives a meaning to "$" in what is put in.
      const context = [...before, prompt.split('{input}').join(input)].join('\n\n');
      return { kind: 'choose', context, continuations: choices.map((choice) => ` ${choice}`) };
    },
    score: ({ choices, answers }, { logLikelihoods = [] }) =>
      chosenRight({ choices, logLikelihoods, right: choices.indexOf(answers[0] ?? '') }),
  };
}
