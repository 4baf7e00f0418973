import { describe, expect, it } from 'vitest';
import { extractiveModel } from '../../../activities/agent/models/extractive/extractive-model';
import { SentenceCutter } from '../../../activities/agent/models/extractive/sentences';
import { termsOf } from '../../../activities/agent/models/extractive/word-overlap';
import type { Message } from '../../../activities/agent/models/model';
import { type Passage, toolSpec } from '../../../schemas/agent';
import { type ExtractiveModelConfig, modelConfig } from '../../../schemas/agent-config';

const search = toolSpec.parse({ name: 'search', description: 'Searches.', parameters: {}, effect: 'read' });

/** Vectors of the words of each text, hashed into 64 dimensions: enough to tell texts apart by what they share. */
const encoder = () =>
  Promise.resolve({
    encode: (texts: readonly string[]) => {
      const vectors = new Float32Array(texts.length * 64);
      texts.forEach((text, row) => {
        const vector = vectors.subarray(row * 64, (row + 1) * 64);
        for (const term of termsOf(text)) {
          const at = [...term].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) % 64, 7);
          vector[at] = (vector[at] ?? 0) + 1;
        }
        const length = Math.hypot(...vector) || 1;
        vector.forEach((value, at) => (vector[at] = value / length));
      });
      return Promise.resolve(vectors);
    },
  });

const passages: Passage[] = [
  {
    document: 'house.md',
    title: 'The house',
    text: 'The house was built in 1902 by Dr. Meier. Its front door is painted blue. The garden has two old pear trees.',
  },
  { document: 'garage.md', title: 'The garage', text: 'The garage has a grey gate. Nobody knows who owns the car.' },
];
const question = (content: string): Message => ({ role: 'user', content });
const call: Message = { role: 'assistant', content: '', toolCalls: [{ id: 'c', tool: 'search', arguments: '{}' }] };
const result = (found: Passage[]): Message => ({
  role: 'tool',
  tool: 'search',
  callId: 'c',
  content: '…',
  passages: found,
});

const complete = (messages: Message[], config: Partial<ExtractiveModelConfig> = {}) =>
  extractiveModel(modelConfig.parse({ provider: 'extractive', ...config }) as ExtractiveModelConfig, encoder).complete({
    ...{ messages, tools: [search], maxTokens: 100, temperature: 0, signal: new AbortController().signal },
  });

describe('an answerer without a model', () => {
  it('first searches for the question, and spends nothing', async () => {
    expect(
      await complete([{ role: 'system', content: 'Be brief.' }, question('What colour is the front door?')]),
    ).toEqual({
      ...{ text: '', finish: 'tool-calls', cost: 0, provider: { name: 'extractive', model: 'none' } },
      toolCalls: [{ id: 'call_search', tool: 'search', arguments: '{"query":"What colour is the front door?"}' }],
      usage: { inputTokens: 0, outputTokens: 0, estimated: false },
    });
  });

  it('then quotes the sentences that fit best with where they stand, and says that no model was used', async () => {
    const messages = [question('What colour is the front door painted?'), call, result(passages)];
    const { text, quotes, finish } = await complete(messages, { sentences: 1 });
    expect(finish).toBe('stop');
    expect(text).toBe(
      'No model was used. These sentences of the documents fit the question best:\n\n' +
        'Its front door is painted blue. [house.md]',
    );
    expect(quotes).toHaveLength(1);
    const [quote] = quotes ?? [];
    expect(passages[0]?.text.slice(quote?.from, quote?.to)).toBe('Its front door is painted blue.');
    expect(await complete(messages, { sentences: 1 })).toEqual(await complete(messages, { sentences: 1 }));
  });

  it('says that it does not know where nothing that was found fits', async () => {
    for (const found of [passages, []]) {
      const { text, quotes } = await complete([question('When does the ferry to Oslo leave?'), call, result(found)]);
      expect(text).toMatch(/^I do not know/);
      expect(quotes).toEqual([]);
    }
  });

  it('answers in Chinese what was asked in Chinese', async () => {
    const found = { document: '房子', title: '', text: '这座房子建于一九零二年。前门被漆成了蓝色。花园里有两棵梨树。' };
    const messages = [question('前门漆成了什么颜色？'), call, result([found])];
    const { text, quotes } = await complete(messages, { sentences: 1 });
    expect(text).toBe('没有使用模型。以下是文档中与问题最相符的句子：\n\n前门被漆成了蓝色。 [房子]');
    expect(quotes?.[0]).toMatchObject({ from: 12, to: 21 });
    expect((await complete([question('渡轮几点开往奥斯陆？'), call, result([found])])).text).toMatch(/^我不知道/);
  });

  it('takes each question of a conversation by itself, and advice on the way for no question', async () => {
    const first = [question('What colour is the front door?'), call, result(passages)];
    const nudged = await complete([...first, question('You are repeating yourself.')], { sentences: 1 });
    expect(nudged.text).toContain('painted blue');
    const answered: Message[] = [...first, { role: 'assistant', content: 'Blue.' }, question('Who built the house?')];
    expect((await complete(answered)).toolCalls[0]?.arguments).toBe('{"query":"Who built the house?"}');
    const second = await complete([...answered, call, result(passages)], { sentences: 1 });
    expect(second.text).toContain('The house was built in 1902 by Dr. Meier.');
  });

  it('does not search again for what it has searched for, nor without its tool', async () => {
    const failed: Message = { role: 'tool', tool: 'search', callId: 'c', content: 'The query is blank.' };
    expect(await complete([question('What?'), call, failed])).toMatchObject({ toolCalls: [], finish: 'stop' });
    expect(await complete([question('What?')], { tool: 'other' })).toMatchObject({ toolCalls: [], finish: 'stop' });
  });
});

describe('sentences', () => {
  it('stand where they stand in the text, and end at paragraphs, lists and headings', () => {
    const text =
      '# Of doors\n\nOne is blue. Another, by Dr. Meier,\nis red!\n- first item\n- second item\n\n三扇门。都很旧。';
    const sentences = new SentenceCutter().cut(text);
    for (const { from, to, text: sentence } of sentences) expect(text.slice(from, to)).toBe(sentence);
    expect(sentences.map(({ text: sentence }) => sentence)).toEqual([
      '# Of doors',
      'One is blue.',
      'Another, by Dr. Meier,\nis red!',
      ...['- first item', '- second item', '三扇门。都很旧。'],
    ]);
  });
});
