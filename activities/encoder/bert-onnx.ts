import type { Precision } from '../../schemas/config';
import { ELEMENT, OnnxGraph } from './onnx-proto';
import { quantiseColumns, quantiseRows } from './quantise';
import type { Tensor } from './safetensors';

/** The fields of a BERT config.json that shape the graph. */
export interface BertConfig {
  model_type: string;
  hidden_size: number;
  num_attention_heads: number;
  num_hidden_layers: number;
  hidden_act: string;
  layer_norm_eps: number;
  position_embedding_type?: string;
}

/** What the graph takes and gives: token ids and mask [batch, sequence], one unit vector for each row. */
export const INPUT_IDS = 'input_ids';
export const ATTENTION_MASK = 'attention_mask';
export const SENTENCE_EMBEDDING = 'sentence_embedding';

/**
 * Builds the ONNX model of a BERT sentence encoder (MiniLM, BGE, E5 and their kind) from its weights: the mean of the
 * last layer over a text's tokens, scaled to length 1. Token type 0 is folded into the positions.
 *
 * Of the ways to write it, this was the cheapest on CPU and equal to the plain one to 1.1e-7: one fused attention
 * operator with Q, K and V in one product saves 4% at 192 tokens, while fused SkipLayerNormalization and BiasGelu
 * cost 6% more than what ONNX Runtime makes of the standard operators by itself.
 *
 * With `int8` all weights are rounded to 8 bits, by column, and what they are multiplied with is rounded as it comes, by
 * one scale for all that goes through together: so a text must go through alone, or its vector would depend on its
 * neighbours. Measured for a text of 24 tokens on one core with VNNI: 2.8 ms alone and 2.0 among others, against 4.9 in
 * 32 bits. Scales of blocks (MatMulNBits) come nearer to 32 bits and are no faster; one scale a row, of standard
 * operators, takes three times as long as 32 bits.
 * @param weights tensors by their names in model.safetensors, with or without the prefix `bert.`
 * @throws if the model is of another kind, or a tensor is missing.
 */
export function buildBertEncoder(
  weights: ReadonlyMap<string, Tensor>,
  config: BertConfig,
  precision: Precision = 'fp32',
): Uint8Array {
  if (config.model_type !== 'bert' || config.hidden_act !== 'gelu') {
    throw new Error(`Only BERT with the exact GELU can be built, not ${config.model_type} with ${config.hidden_act}`);
  }
  if ((config.position_embedding_type ?? 'absolute') !== 'absolute') {
    throw new Error(`Only absolute positions can be built, not ${config.position_embedding_type}`);
  }
  return new BertBuilder(weights, config, precision).build();
}

class BertBuilder {
  private readonly graph = new OnnxGraph('sentence-encoder', OPSET);

  constructor(
    private readonly weights: ReadonlyMap<string, Tensor>,
    private readonly config: BertConfig,
    private readonly precision: Precision,
  ) {}

  build(): Uint8Array {
    const { graph } = this;
    // The fused operator wants its mask in 32 bits.
    const mask = graph.node('Cast', [ATTENTION_MASK], { to: ELEMENT.int32 });
    let hidden = this.embeddings();
    for (let layer = 0; layer < this.config.num_hidden_layers; layer++) {
      hidden = this.layer(`encoder.layer.${layer}.`, hidden, mask);
    }
    graph.output(this.pool(hidden), SENTENCE_EMBEDDING);
    return graph.encode(
      [INPUT_IDS, ATTENTION_MASK].map((name) => ({ name, type: 'int64', shape: ['batch', 'sequence'] })),
      [{ name: SENTENCE_EMBEDDING, type: 'float32', shape: ['batch', this.config.hidden_size] }],
    );
  }

  private embeddings(): string {
    const { graph } = this;
    const words = this.words();
    const types = this.tensor('embeddings.token_type_embeddings.weight').data;
    const { shape, data } = this.tensor('embeddings.position_embeddings.weight');
    const positions = data.map((value, i) => value + (types[i % this.config.hidden_size] ?? 0));

    const length = graph.node('Shape', [INPUT_IDS], { start: 1, end: 2 });
    const used = graph.node('Slice', [
      graph.floats('positions', { shape, data: positions }),
      graph.integers('first', [0]),
      length,
    ]);
    const sum = graph.node('Add', [words, used]);
    return this.normalise(sum, 'embeddings.LayerNorm');
  }

  /** The vectors of the words of the texts. */
  private words(): string {
    const { graph } = this;
    const table = this.tensor('embeddings.word_embeddings.weight');
    if (this.precision === 'fp32') return graph.node('Gather', [graph.floats('words', table), INPUT_IDS]);
    const { data, scales } = quantiseRows(table);
    const { shape } = table;
    const rounded = graph.node('Gather', [graph.bytes('words', { shape, data }), INPUT_IDS]);
    const scale = graph.node('Gather', [
      graph.floats('words.scales', { shape: [scales.length, 1], data: scales }),
      INPUT_IDS,
    ]);
    return graph.node('Mul', [graph.node('Cast', [rounded], { to: ELEMENT.float32 }), scale]);
  }

  private layer(prefix: string, input: string, mask: string): string {
    const { graph } = this;
    const attention = this.attention(prefix, input, mask);
    const projected = this.dense(attention, `${prefix}attention.output.dense`);
    const attended = this.normalise(graph.node('Add', [projected, input]), `${prefix}attention.output.LayerNorm`);

    const wide = graph.node('Gelu', [this.dense(attended, `${prefix}intermediate.dense`)]);
    const narrow = this.dense(wide, `${prefix}output.dense`);
    return this.normalise(graph.node('Add', [narrow, attended]), `${prefix}output.LayerNorm`);
  }

  private attention(prefix: string, input: string, mask: string): string {
    const { graph, config } = this;
    const self = ['query', 'key', 'value'].map((part) => `${prefix}attention.self.${part}`);
    const weight = sideBySide(self.map((name) => transpose(this.tensor(`${name}.weight`))));
    const bias = sideBySide(self.map((name) => this.tensor(`${name}.bias`)));
    const heads = { num_heads: config.num_attention_heads };
    if (this.precision === 'fp32') {
      const constants = [graph.floats(`${prefix}qkv.weight`, weight), graph.floats(`${prefix}qkv.bias`, bias)];
      return graph.node('com.microsoft::Attention', [input, ...constants, mask], heads);
    }
    const joined = this.roundedProduct(input, `${prefix}qkv`, weight, bias);
    const axis = graph.integers(`${prefix}qkv.axis`, [-1]);
    const parts = self.map((name, part) => {
      const [from, to] = [part, part + 1].map((border) => border * config.hidden_size) as [number, number];
      return graph.node('Slice', [
        joined,
        graph.integers(`${name}.from`, [from]),
        graph.integers(`${name}.to`, [to]),
        axis,
      ]);
    });
    return graph.node('com.microsoft::MultiHeadAttention', [...parts, '', mask], heads);
  }

  /** Input × weight + bias in 8 bits: what comes is rounded by one scale for all of it. */
  private roundedProduct(input: string, name: string, weight: Tensor, bias: Tensor): string {
    const { graph } = this;
    const { data, scales } = quantiseColumns(weight);
    return graph.node('com.microsoft::DynamicQuantizeMatMul', [
      input,
      graph.bytes(`${name}.weight`, { shape: weight.shape, data }),
      graph.floats(`${name}.scales`, { shape: [scales.length], data: scales }),
      '',
      graph.floats(`${name}.bias`, bias),
    ]);
  }

  /**
   * The mean over the tokens, scaled to length 1. The scaling makes the mean's division needless; the sum is written as
   * a product with the mask, because ReduceSum adds in another order when a batch has one row, and a text's vector must
   * not depend on its neighbours.
   */
  private pool(hidden: string): string {
    const { graph } = this;
    const axis = graph.integers('row', [1]);
    const mask = graph.node('Unsqueeze', [graph.node('Cast', [ATTENTION_MASK], { to: ELEMENT.float32 }), axis]);
    const sum = graph.node('Squeeze', [graph.node('MatMul', [mask, hidden]), axis]);
    return graph.node('LpNormalization', [sum], { axis: -1, p: 2 });
  }

  private dense(input: string, name: string): string {
    if (this.precision === 'int8') {
      return this.roundedProduct(input, name, transpose(this.tensor(`${name}.weight`)), this.tensor(`${name}.bias`));
    }
    const product = this.graph.node('MatMul', [input, this.constant(`${name}.weight`, transpose)]);
    return this.graph.node('Add', [product, this.constant(`${name}.bias`)]);
  }

  private normalise(input: string, name: string): string {
    return this.graph.node(
      'LayerNormalization',
      [input, this.constant(`${name}.weight`), this.constant(`${name}.bias`)],
      { axis: -1, epsilon: { float: this.config.layer_norm_eps } },
    );
  }

  private constant(name: string, change: (tensor: Tensor) => Tensor = (tensor) => tensor): string {
    return this.graph.floats(name, change(this.tensor(name)));
  }

  private tensor(name: string): Tensor {
    const tensor = this.weights.get(name) ?? this.weights.get(`bert.${name}`);
    if (!tensor) throw new Error(`The weights have no 32-bit float tensor ${name}`);
    return tensor;
  }
}

const OPSET = 20; // the first with Gelu

/** PyTorch keeps a layer's weights as [out, in]; ONNX multiplies by [in, out]. */
function transpose({ shape, data }: Tensor): Tensor {
  const [rows = 0, columns = 0] = shape;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = data[row * columns + column] ?? 0;
  }
  return { shape: [columns, rows], data: out };
}

/** Joins tensors of the same shape along their last axis. */
function sideBySide(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (!first) throw new Error('Nothing to join');
  const width = first.shape.at(-1) ?? 0;
  const rows = first.data.length / width;
  const joined = new Float32Array(first.data.length * parts.length);
  parts.forEach(({ data }, part) => {
    for (let row = 0; row < rows; row++) {
      joined.set(data.subarray(row * width, (row + 1) * width), (row * parts.length + part) * width);
    }
  });
  return { shape: [...first.shape.slice(0, -1), width * parts.length], data: joined };
}
