import type { Grounded, GroundedSentence, GroundingPolicy } from '../../../schemas/grounding';

/** What comes of an answer by a policy. */
export interface Applied {
  /** The answer to give; as it was where it is sent back. */
  text: string;
  /** Sentences that no passage supports. */
  unsupported: number;
  /** What to tell the model; only where the answer is sent back. */
  message?: string;
}

const CJK_SENTENCE = /[\p{Script=Han}][^\p{L}]*$/u;
const MARKS = { en: ' [not supported]', zh: '〔未见依据〕' };

const REASONS: Record<NonNullable<GroundedSentence['reason']>['doubt'], (words: string) => string> = {
  number: (words) => `the passages do not have the number "${words}" there`,
  name: (words) => `the passages do not have the name "${words}" there`,
  negation: (words) => `the passages say the contrary about "${words}": one of the two denies it`,
  opposite: (words) => `the passages say the opposite of "${words}"`,
  words: (words) => (words ? `the passages do not say "${words}"` : 'the passages do not say all of it'),
  foreign: () => 'no passage says anything like it',
};

/** Takes out, marks or sends back what no passage supports. */
export function applyPolicy({ answer, sentences }: Grounded, policy: GroundingPolicy): Applied {
  const wrong = sentences.filter(({ supported }) => !supported);
  if (wrong.length === 0) return { text: answer, unsupported: 0 };
  if (policy === 'return') return { text: answer, unsupported: wrong.length, message: messageOf(wrong) };
  let text = '';
  let at = 0;
  for (const { from, to } of wrong) {
    if (policy === 'remove') {
      text += answer.slice(at, from);
      // The blanks behind it go with it, and a list mark that would stand alone.
      at = to + (/^[^\S\n]*/.exec(answer.slice(to))?.[0].length ?? 0);
    } else {
      text += answer.slice(at, to) + (CJK_SENTENCE.test(answer.slice(from, to)) ? MARKS.zh : MARKS.en);
      at = to;
    }
  }
  text += answer.slice(at);
  const tidy =
    policy === 'remove'
      ? text.replace(/^[ \t]*(?:[-*+]|\d+[.)])?[ \t]*\n(?=\n|[ \t]*(?:[-*+]|\d+[.)]))/gm, '').trim()
      : text;
  return { text: tidy, unsupported: wrong.length };
}

function messageOf(wrong: readonly GroundedSentence[]): string {
  const lines = wrong.map(
    ({ text, reason }) => `- "${text}": ${REASONS[reason?.doubt ?? 'words'](reason?.words ?? '')}.`,
  );
  return [
    'These sentences of your answer are not supported by the passages:',
    ...lines,
    'Answer again. Say only what the passages say, correct or leave out these sentences, and keep the others.',
  ].join('\n');
}
