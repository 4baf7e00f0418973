import { toHalves } from './half';
import { ELEMENT, OnnxGraph } from './onnx-proto';
import { quantiseColumns, quantiseInputs, quantiseRows, type Range } from './quantise';
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
/** What a ranker takes besides: 0 for the first text of a pair, 1 for the second. */
export const TOKEN_TYPES = 'token_type_ids';
/** What a ranker or a classifier gives: [batch, labels]. */
export const LOGITS = 'logits';
export const SENTENCE_EMBEDDING = 'sentence_embedding';
/** What a probe gives: the smallest and largest number that goes into each product, [products, 2]. */
export const RANGES = 'ranges';

/** How a model is built. */
export interface BertOptions {
  /** Ranges of the inputs of each product, by name: it computes in 8 bits. */
  ranges?: ReadonlyMap<string, Range> | undefined;
  /** Its layers compute in 16-bit floats, which GPUs are quick with; what comes of them is taken on in 32. */
  half?: boolean;
  /** A linear layer [out, in] on the mean, before it is scaled; it computes in 32 bits. */
  head?: Tensor | undefined;
  /** Numbers of a vector that are kept, the first ones: for models that were trained so (Matryoshka). */
  dimensions?: number | undefined;
}

/**
 * Builds the ONNX model of a BERT sentence encoder (MiniLM, BGE, E5 and their kind) from its weights: the mean of the
 * last layer over a text's tokens, scaled to length 1. Token type 0 is folded into the positions.
 *
 * Of the ways to write it, this was the cheapest on CPU and equal to the plain one to 1.1e-7: one fused attention
 * operator with Q, K and V in one product saves 4% at 192 tokens, while fused SkipLayerNormalization and BiasGelu
 * cost 6% more than what ONNX Runtime makes of the standard operators by itself.
 *
 * With `ranges` it computes in 8 bits: all weights are rounded, by column, and what they are multiplied with is rounded by
 * one constant scale for each product, from the range that the probe of the same weights saw. With a constant, a text's
 * vector does not depend on its neighbours, as it would with a scale taken from what goes through together (which
 * ONNX Runtime calls dynamic, and which comes no nearer to 32 bits). It takes no padding: attention without a mask is its
 * quicker kernel, so only texts of the same length go through together. One rounding of the input serves Q, K and V:
 * cutting their joint product into three costs 3%. Scales of blocks (MatMulNBits) are no faster; one scale a row, of
 * standard operators, takes three times as long as 32 bits.
 * @param weights tensors by their names in model.safetensors, with or without the prefix `bert.`
 * @throws if the model is of another kind, or a tensor is missing.
 */
export function buildBertEncoder(
  weights: ReadonlyMap<string, Tensor>,
  config: BertConfig,
  options: BertOptions = {},
): Uint8Array {
  return new BertBuilder(weights, config, options).build();
}

/**
 * Builds the ONNX model of a BERT that tells the class of one text (`BertForSequenceClassification`): the first token of the last
 * layer through the pooler and the classifier, which compute in 32 bits whatever the layers do. It takes what an encoder takes.
 * @throws as `buildBertEncoder`.
 */
export function buildBertClassifier(
  weights: ReadonlyMap<string, Tensor>,
  config: BertConfig,
  options: Pick<BertOptions, 'ranges' | 'half'> = {},
): Uint8Array {
  return new BertBuilder(weights, config, options).buildClassifier();
}

/** The model in 32 bits with `RANGES` as a second output, and the names of the products that its rows are for. */
export function buildBertProbe(
  weights: ReadonlyMap<string, Tensor>,
  config: BertConfig,
): { model: Uint8Array; products: string[] } {
  const builder = new BertBuilder(weights, config);
  return { model: builder.build({ probe: true }), products: [...builder.inputs.keys()] };
}

/**
 * Builds the ONNX model of a BERT that reads two texts together and scores them (`BertForSequenceClassification`), in 32 bits:
 * the first token of the last layer through the pooler and the classifier.
 * @throws as `buildBertEncoder`.
 */
export function buildBertRanker(weights: ReadonlyMap<string, Tensor>, config: BertConfig): Uint8Array {
  return new BertBuilder(weights, config).buildRanker();
}

class BertBuilder {
  /** What goes into each product with weights, by the product's name. */
  readonly inputs = new Map<string, string>();
  private readonly graph = new OnnxGraph('sentence-encoder', OPSET);
  private readonly ranges: BertOptions['ranges'];
  private readonly half: boolean;
  private readonly head: Tensor | undefined;
  private readonly dimensions: number | undefined;

  constructor(
    private readonly weights: ReadonlyMap<string, Tensor>,
    private readonly config: BertConfig,
    { ranges, half = false, head, dimensions }: BertOptions = {},
  ) {
    this.ranges = ranges;
    this.half = half;
    this.head = head;
    this.dimensions = dimensions;
    if (ranges && half) throw new Error('A model computes in 8 bits or in 16, not in both');
    if (config.model_type !== 'bert' || config.hidden_act !== 'gelu') {
      throw new Error(`Only BERT with the exact GELU can be built, not ${config.model_type} with ${config.hidden_act}`);
    }
    if ((config.position_embedding_type ?? 'absolute') !== 'absolute') {
      throw new Error(`Only absolute positions can be built, not ${config.position_embedding_type}`);
    }
  }

  build({ probe = false } = {}): Uint8Array {
    const { graph } = this;
    const hidden = this.layers(() => this.embeddings());
    graph.output(this.pool(hidden), SENTENCE_EMBEDDING);
    if (probe) graph.output(this.extremes(), RANGES);
    const outputs = [
      {
        name: SENTENCE_EMBEDDING,
        shape: ['batch', this.dimensions ?? this.head?.shape[0] ?? this.config.hidden_size],
      },
      ...(probe ? [{ name: RANGES, shape: [this.inputs.size, 2] }] : []),
    ];
    return graph.encode(
      [INPUT_IDS, ATTENTION_MASK].map((name) => ({ name, type: 'int64', shape: ['batch', 'sequence'] })),
      outputs.map((output) => ({ ...output, type: 'float32' })),
    );
  }

  buildRanker(): Uint8Array {
    const { graph } = this;
    const hidden = this.layers(() => this.embeddings(TOKEN_TYPES));
    const place = graph.integers('first token', [0]);
    const token = graph.node('Gather', [hidden, place], { axis: 1 });
    const first = graph.node('Squeeze', [token, graph.integers('sequence', [1])]);
    const pooled = graph.node('Tanh', [this.dense(first, 'pooler.dense')]);
    graph.output(this.dense(pooled, 'classifier'), LOGITS);
    const labels = this.tensor('classifier.bias').shape[0] ?? 1;
    return graph.encode(
      [INPUT_IDS, ATTENTION_MASK, TOKEN_TYPES].map((name) => ({ name, type: 'int64', shape: ['batch', 'sequence'] })),
      [{ name: LOGITS, type: 'float32', shape: ['batch', labels] }],
    );
  }

  buildClassifier(): Uint8Array {
    const { graph } = this;
    const hidden = this.in32Bits(this.layers(() => this.embeddings()));
    const token = graph.node('Gather', [hidden, graph.integers('first token', [0])], { axis: 1 });
    const first = graph.node('Squeeze', [token, graph.integers('sequence', [1])]);
    const pooled = graph.node('Tanh', [this.plainDense(first, 'pooler.dense')]);
    graph.output(this.plainDense(pooled, 'classifier'), LOGITS);
    return graph.encode(
      [INPUT_IDS, ATTENTION_MASK].map((name) => ({ name, type: 'int64', shape: ['batch', 'sequence'] })),
      [{ name: LOGITS, type: 'float32', shape: ['batch', this.tensor('classifier.bias').shape[0] ?? 1] }],
    );
  }

  /** The last layer. What is built in another order gets other names, and an encoder with other names another fingerprint. */
  private layers(embed: () => string): string {
    // The fused operator of 32 bits wants its mask in 32 bits; the other one takes none.
    const mask = this.ranges ? '' : this.graph.node('Cast', [ATTENTION_MASK], { to: ELEMENT.int32 });
    let hidden = embed();
    for (let layer = 0; layer < this.config.num_hidden_layers; layer++) {
      hidden = this.layer(`encoder.layer.${layer}.`, hidden, mask);
    }
    return hidden;
  }

  /** @param tokenTypes input with the type of each token; all are of type 0 where there is none. */
  private embeddings(tokenTypes?: string): string {
    const { graph } = this;
    const wordsOf = this.words();
    const types = this.tensor('embeddings.token_type_embeddings.weight');
    const { shape, data } = this.tensor('embeddings.position_embeddings.weight');
    const positions = tokenTypes
      ? data
      : data.map((value, i) => value + (types.data[i % this.config.hidden_size] ?? 0));

    const length = graph.node('Shape', [INPUT_IDS], { start: 1, end: 2 });
    const used = graph.node('Slice', [
      this.floats('positions', { shape, data: positions }),
      graph.integers('first', [0]),
      length,
    ]);
    const sum = graph.node('Add', [wordsOf(INPUT_IDS), used]);
    const typed = tokenTypes
      ? graph.node('Add', [sum, graph.node('Gather', [graph.floats('types', types), tokenTypes])])
      : sum;
    return this.normalise(typed, 'embeddings.LayerNorm');
  }

  /** Adds the table of words; what it returns looks words up in it, by their numbers. */
  private words(): (ids: string) => string {
    const { graph } = this;
    const table = this.tensor('embeddings.word_embeddings.weight');
    if (!this.ranges) {
      const words = this.floats('words', table);
      return (ids) => graph.node('Gather', [words, ids]);
    }
    const { data, scales } = quantiseRows(table);
    const words = graph.bytes('words', { shape: table.shape, data });
    const scale = graph.floats('words.scales', { shape: [scales.length, 1], data: scales });
    return (ids) => {
      const rounded = graph.node('Cast', [graph.node('Gather', [words, ids])], { to: ELEMENT.float32 });
      return graph.node('Mul', [rounded, graph.node('Gather', [scale, ids])]);
    };
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
    const heads = { num_heads: config.num_attention_heads };
    if (this.ranges) {
      const rounded = this.rounded(input, `${prefix}attention.self`);
      const parts = self.map((name) => this.roundedProduct(rounded, name));
      return graph.node('com.microsoft::MultiHeadAttention', parts, heads);
    }
    this.inputs.set(`${prefix}attention.self`, input);
    const weight = sideBySide(self.map((name) => transpose(this.tensor(`${name}.weight`))));
    const bias = sideBySide(self.map((name) => this.tensor(`${name}.bias`)));
    const constants = [this.floats(`${prefix}qkv.weight`, weight), this.floats(`${prefix}qkv.bias`, bias)];
    return graph.node('com.microsoft::Attention', [input, ...constants, mask], heads);
  }

  /** What goes into a product, in 8 bits. */
  private rounded(input: string, product: string): Rounded {
    const { graph } = this;
    const range = this.ranges?.get(product);
    if (!range) throw new Error(`The range of what goes into ${product} is not known`);
    const { scale, zero } = quantiseInputs(range);
    const constants = {
      scale: graph.floats(`${product}.scale`, { shape: [], data: Float32Array.of(scale) }),
      zero: graph.bytes(`${product}.zero`, { shape: [], data: Uint8Array.of(zero) }),
    };
    return { value: graph.node('QuantizeLinear', [input, constants.scale, constants.zero]), ...constants };
  }

  /** Input × weight + bias, multiplied in 8 bits and added up in 32. */
  private roundedProduct({ value, scale, zero }: Rounded, name: string): string {
    const { graph } = this;
    const weight = transpose(this.tensor(`${name}.weight`));
    const { data, scales } = quantiseColumns(weight);
    return graph.node('com.microsoft::MatMulIntegerToFloat', [
      value,
      graph.bytes(`${name}.weight`, { shape: weight.shape, data }),
      scale,
      graph.floats(`${name}.scales`, { shape: [scales.length], data: scales }),
      zero,
      '', // the weights' own zero is 0
      this.constant(`${name}.bias`),
    ]);
  }

  /** The smallest and largest number that goes into each product. */
  private extremes(): string {
    const { graph } = this;
    const flat = graph.integers('flat', [1]);
    const ends = [...this.inputs.values()].flatMap((input) =>
      ['ReduceMin', 'ReduceMax'].map((end) => graph.node('Reshape', [graph.node(end, [input]), flat])),
    );
    return graph.node('Reshape', [graph.node('Concat', ends, { axis: 0 }), graph.integers('pairs', [-1, 2])]);
  }

  /**
   * The mean over the tokens, scaled to length 1. The scaling makes the mean's division needless; the sum is written as
   * a product with the mask, because ReduceSum adds in another order when a batch has one row, and a text's vector must
   * not depend on its neighbours.
   */
  private pool(layers: string): string {
    const { graph } = this;
    const hidden = this.in32Bits(layers);
    const axis = graph.integers('row', [1]);
    const mask = graph.node('Unsqueeze', [graph.node('Cast', [ATTENTION_MASK], { to: ELEMENT.float32 }), axis]);
    const sum = graph.node('Squeeze', [graph.node('MatMul', [mask, hidden]), axis]);
    const mapped = this.head ? graph.node('MatMul', [sum, graph.floats('head', transpose(this.head))]) : sum;
    const kept = this.dimensions === undefined ? mapped : this.firstNumbers(mapped, this.dimensions);
    return graph.node('LpNormalization', [kept], { axis: -1, p: 2 });
  }

  private firstNumbers(vectors: string, count: number): string {
    const { graph } = this;
    const [from, to, along] = (
      [
        ['kept from', 0],
        ['kept to', count],
        ['kept along', 1],
      ] as const
    ).map(([name, value]) => graph.integers(name, [value]));
    return graph.node('Slice', [vectors, from ?? '', to ?? '', along ?? '']);
  }

  private in32Bits(value: string): string {
    return this.half ? this.graph.node('Cast', [value], { to: ELEMENT.float32 }) : value;
  }

  /** Input × weight + bias in 32 bits, whatever the layers compute in. */
  private plainDense(input: string, name: string): string {
    const { graph } = this;
    const product = graph.node('MatMul', [
      input,
      graph.floats(`${name}.weight`, transpose(this.tensor(`${name}.weight`))),
    ]);
    return graph.node('Add', [product, graph.floats(`${name}.bias`, this.tensor(`${name}.bias`))]);
  }

  private dense(input: string, name: string): string {
    if (this.ranges) return this.roundedProduct(this.rounded(input, name), name);
    this.inputs.set(name, input);
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
    return this.floats(name, change(this.tensor(name)));
  }

  /** A constant in what the layers compute in. */
  private floats(name: string, tensor: Tensor): string {
    if (!this.half) return this.graph.floats(name, tensor);
    return this.graph.halves(name, { shape: tensor.shape, data: toHalves(tensor.data) });
  }

  private tensor(name: string): Tensor {
    const tensor = this.weights.get(name) ?? this.weights.get(`bert.${name}`);
    if (!tensor) throw new Error(`The weights have no 32-bit float tensor ${name}`);
    return tensor;
  }
}

const OPSET = 20; // the first with Gelu

/** A value in 8 bits, and the names of its scale and its zero. */
interface Rounded {
  value: string;
  scale: string;
  zero: string;
}

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
