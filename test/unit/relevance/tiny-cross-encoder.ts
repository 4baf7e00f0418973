import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ELEMENT, OnnxGraph } from '../../../activities/encoder/onnx-proto';
import { tokenizerFile } from '../encoder/tiny-bert';

/** That of the tiny BERT: one word a letter. */
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...'abcdefghijklmnopqrstuvwxyz'];
/** Longest input in tokens. */
export const PAIR_LIMIT = 12;

/**
 * Writes a cross-encoder whose score can be said by heart: how many tokens of the text (the second part) are the letter
 * `q`, less a tenth of how many are `z` in the query (the first part).
 */
export async function writeTinyCrossEncoder(dir: string): Promise<void> {
  const graph = new OnnxGraph('cross-encoder', 20);
  const column = (letter: string, value: number) =>
    Float32Array.from(VOCABULARY, (word) => (word === letter ? value : 0));
  const table = (name: string, data: Float32Array) => graph.floats(name, { shape: [VOCABULARY.length, 1], data });
  const types = graph.node('Unsqueeze', [
    graph.node('Cast', ['token_type_ids'], { to: ELEMENT.float32 }),
    graph.integers('last', [2]),
  ]);
  const first = graph.node('Sub', [graph.floats('one', { shape: [1], data: Float32Array.of(1) }), types]);
  const inText = graph.node('Mul', [graph.node('Gather', [table('q', column('q', 1)), 'input_ids']), types]);
  const inQuery = graph.node('Mul', [graph.node('Gather', [table('z', column('z', -0.1)), 'input_ids']), first]);
  const sum = graph.node('ReduceSum', [graph.node('Add', [inText, inQuery]), graph.integers('tokens', [1])], {
    keepdims: 0,
  });
  graph.output(sum, 'logits');
  const ports = ['input_ids', 'token_type_ids'].map((name) => ({
    name,
    type: 'int64' as const,
    shape: ['batch', 'sequence'],
  }));
  await writeFile(
    join(dir, 'model.onnx'),
    graph.encode(ports, [{ name: 'logits', type: 'float32', shape: ['batch', 1] }]),
  );
  await writeFile(
    join(dir, 'tokenizer.json'),
    JSON.stringify({ ...tokenizerFile(), truncation: { max_length: PAIR_LIMIT } }),
  );
}
