import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGrounding } from '../../../activities/agent/grounding/check';
import { applyPolicy } from '../../../activities/agent/grounding/policy';
import { isNotKnown, wholeSentences } from '../../../activities/agent/grounding/sentences';
import { plantAnswers } from '../../../bench/planted/answers';
import { matchSentences } from '../../../bench/planted/score';
import { PASSAGES, SUPPORTED, UNSUPPORTED } from './grounding-passages';

const DIMENSIONS = 512;

/** How like texts are by three letters in a row: an encoder that knows spelling and no meaning. */
function encodeLetters(texts: readonly string[]): Promise<Float32Array> {
  const vectors = new Float32Array(texts.length * DIMENSIONS);
  for (const [row, text] of texts.entries()) {
    const vector = vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
    for (let at = -1; at < text.length - 1; at += 1) {
      let hash = 7;
      for (let step = 0; step < 3; step += 1) hash = Math.imul(hash, 31) + (text.charCodeAt(at + step) || 0);
      vector[(hash >>> 0) % DIMENSIONS] = (vector[(hash >>> 0) % DIMENSIONS] ?? 0) + 1;
    }
    const norm = Math.hypot(...vector) || 1;
    for (const at of vector.keys()) vector[at] = (vector[at] ?? 0) / norm;
  }
  return Promise.resolve(vectors);
}

const check = (answer: string, passages = PASSAGES) => checkGrounding(answer, passages, { encode: encodeLetters });
const textOf = (id: string) => PASSAGES.find(({ document }) => document === id)?.text ?? '';

describe('a sentence', () => {
  it.each(SUPPORTED)('is supported where a passage says it in other words: %s', async (sentence) => {
    const { supported, sentences } = await check(sentence);
    expect(sentences.map(({ reason }) => reason)).toEqual([undefined]);
    expect(supported).toBe(true);
  });

  it.each(Object.entries(UNSUPPORTED).flatMap(([kind, all]) => all.map((sentence) => [kind, sentence] as const)))(
    'is not supported where it has another %s: %s',
    async (kind, sentence) => {
      const { supported, sentences } = await check(sentence);
      expect(supported).toBe(false);
      expect(sentences[0]?.claim).toBe(true);
      // A swapped word is told as one kind or another; a foreign sentence and a number are not mistaken.
      if (kind === 'number' || kind === 'foreign') expect(sentences[0]?.reason?.doubt).toBe(kind);
    },
  );

  it('of a passage is supported by it, word for word', async () => {
    for (const { document, text } of PASSAGES) {
      const { sentences } = await check(text);
      expect(sentences.every(({ supported }) => supported)).toBe(true);
      for (const { text: sentence, citation } of sentences) {
        expect(citation).toEqual({
          document,
          from: text.indexOf(sentence),
          to: text.indexOf(sentence) + sentence.length,
        });
      }
    }
  });

  it('may rest on two sentences beside each other, and names both', async () => {
    const { sentences } = await check('The tower is 330 metres tall and was the tallest structure for 41 years.');
    const { from = 0, to = 0, document = '' } = sentences[0]?.citation ?? {};
    expect(textOf(document).slice(from, to)).toMatch(
      /^It is 330 metres tall.*Ostrand Building was finished in 1930\.$/,
    );
  });

  it.each([
    'Hello!',
    'According to the documents:',
    'Is there anything else?',
    '# Returns',
    '你好！',
    '以下是结果：',
    '---',
  ])('that claims nothing is no claim: %s', async (sentence) => {
    const { supported, sentences } = await check(sentence);
    expect(supported).toBe(true);
    expect(sentences.every(({ claim }) => !claim)).toBe(true);
  });
});

describe('an answer', () => {
  it('is cut into sentences that cover it, by their offsets', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (answer) => {
        const { sentences } = await check(answer);
        let end = 0;
        for (const { from, to, text } of sentences) {
          expect(answer.slice(from, to)).toBe(text);
          expect(from).toBeGreaterThanOrEqual(end);
          expect(answer.slice(end, from).trim()).toBe('');
          end = to;
        }
        expect(answer.slice(end).trim()).toBe('');
      }),
    );
  });

  it('without any passage has no support', async () => {
    const { supported, sentences } = await check('The mill grinds wheat.', []);
    expect(supported).toBe(false);
    expect(sentences[0]).toMatchObject({ score: 0, reason: { doubt: 'foreign' } });
  });

  it.each([
    ['english', PASSAGES.slice(0, 5)],
    ['chinese', PASSAGES.slice(5)],
  ] as const)('with planted sentences is told from its passages: %s', async (language, documents) => {
    const answers = plantAnswers(
      documents.map(({ document, ...rest }) => ({ id: document, ...rest })),
      { language, seed: 5, answers: 80, passages: 2, share: 0.4 },
    );
    let [right, flagged, planted] = [0, 0, 0];
    for (const answer of answers) {
      for (const outcome of matchSentences(answer, (await check(answer.text, answer.passages)).sentences)) {
        const wrong = outcome.sentence.planted !== undefined;
        if (wrong) planted += 1;
        if (outcome.flagged) flagged += 1;
        if (wrong && outcome.flagged) right += 1;
      }
    }
    expect(planted).toBeGreaterThan(40);
    expect(right / flagged).toBeGreaterThan(0.85);
    expect(right / planted).toBeGreaterThan(0.85);
  });
});

describe('a policy', () => {
  const ANSWER =
    'The tower is 330 metres tall. It was named after Thomas Arden. About 5.9 million people visited it in 2022.';

  it('removes what is not supported', async () => {
    expect(applyPolicy(await check(ANSWER), 'remove')).toEqual({
      text: 'The tower is 330 metres tall. About 5.9 million people visited it in 2022.',
      unsupported: 1,
    });
  });

  it('removes the mark of a list item with it', async () => {
    const answer = '- The tower is 330 metres tall.\n- It was named after Thomas Arden.\n- 特价商品支持退货。';
    expect(applyPolicy(await check(answer), 'remove').text).toBe('- The tower is 330 metres tall.');
  });

  it('marks it in its own language', async () => {
    const answer = 'It was named after Thomas Arden.\n\n特价商品支持退货。';
    expect(applyPolicy(await check(answer), 'mark').text).toBe(
      'It was named after Thomas Arden. [not supported]\n\n特价商品支持退货。〔未见依据〕',
    );
  });

  it('sends it back with what is wrong', async () => {
    const { text, message } = applyPolicy(await check(ANSWER), 'return');
    expect(text).toBe(ANSWER);
    expect(message).toContain('- "It was named after Thomas Arden."');
    expect(message).toContain('Thomas');
    expect(message).not.toContain('330');
  });

  it('leaves a supported answer as it is', async () => {
    const answer = 'The tower is 330 metres tall.';
    for (const policy of ['remove', 'mark', 'return'] as const) {
      expect(applyPolicy(await check(answer), policy)).toEqual({ text: answer, unsupported: 0 });
    }
  });
});

describe('an answer that it is not known', () => {
  it.each([
    'I do not know: nothing that was found answers this. (No model was used.)',
    '我不知道：没有找到能回答这个问题的内容。（没有使用模型。）',
    'Unfortunately, the documentation does not mention this.',
    'I’m sorry, but I couldn’t find it.',
    'Based on the passages, I cannot say who it was.',
    'None of the passages mentions it. The search found nothing.',
    'The answer is not given in the documents.',
    '抱歉，文档中没有提到这一点。',
  ])('claims nothing: %s', (answer) => expect(isNotKnown(answer)).toBe(true));

  it.each([
    'The cause of the disease is not known.',
    'The documents do not say it, but it is 5 dollars.',
    'I do not know. It was made in 1902.',
    '文档中没有提到，但价格是五元。',
    'Send the update pause.',
    'Hello!',
  ])('is another where it claims something, or says nothing of that: %s', (answer) =>
    expect(isNotKnown(answer)).toBe(false),
  );
});

it('a text that breaks off is cut to its whole sentences', () => {
  expect(wholeSentences('One is it. Two is th')).toBe('One is it.');
  expect(wholeSentences('甲是乙。丙是')).toBe('甲是乙。');
  expect(wholeSentences('nothing whole')).toBe('');
});
