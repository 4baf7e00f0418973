import type { TaskInput } from '../../../schemas/evaluate-model';
import type { ChatMessage, EvaluationCase } from '../../../schemas/evaluation-cases';
import type { Task } from '../interfaces';
import { type AnswerLanguage, exactMatch, tokenF1 } from '../metrics/answers';
import type { TaskParts } from '.';

const INSTRUCTIONS = {
  qa: 'Answer the question, in as few words as it takes. Say only the answer.',
  'extractive-qa':
    'Answer the question with the words of the documents, copied as they stand, and nothing else. Where they do not hold the answer, write nothing.',
};

/** Questions with known answers: exact match, token F1, and how much of an answer its passages support. */
export function questionTask(
  { type, language, instructions }: Extract<TaskInput, { type: 'qa' | 'extractive-qa' }>,
  parts: TaskParts,
): Task {
  const rulesOf = ({ slices }: EvaluationCase): AnswerLanguage =>
    language ?? (slices['language'] === 'zh' ? 'chinese' : 'english');
  return {
    version: 1,
    metrics: ['f1', 'exactMatch', 'grounded'],
    check: ({ passages, answers }) => [
      ...(type === 'extractive-qa' && passages.length === 0
        ? [{ field: 'context', problem: 'is missing: an extractive answer is copied from it' }]
        : []),
      ...(type === 'qa' && answers.length === 0
        ? [{ field: 'expected', problem: 'is missing: a right answer, or a list of them' }]
        : []),
    ],
    ask: ({ input, messages, passages }) => {
      const system: ChatMessage = { role: 'system', content: instructions ?? INSTRUCTIONS[type] };
      return { kind: 'complete', messages: [system, ...(messages ?? [{ role: 'user', content: input }])], passages };
    },
    score: async (one, { text }) => ({
      f1: tokenF1(text, one.answers, rulesOf(one)),
      exactMatch: exactMatch(text, one.answers, rulesOf(one)),
      ...(one.passages.length > 0 ? { grounded: supported(await parts.ground(text, one.passages)) } : {}),
    }),
  };
}

/** Who claims nothing claims nothing that is unsupported. */
const supported = ({ sentences, unsupported }: { sentences: number; unsupported: number }): number =>
  sentences === 0 ? 1 : 1 - unsupported / sentences;
