import { OnnxGraph } from '../../encoder/onnx-proto';
import { BUCKETS } from './features';
import type { LinearModel } from './train';

/** What the graph takes, [windows, slots], and gives, [windows]. A slot that is not needed has the value 0. */
export const PORTS = { buckets: 'buckets', values: 'values', score: 'score' } as const;

const OPSET = 20;

/**
 * The ONNX model of a linear classifier: weights of the buckets times their values, summed, and made a probability. With
 * `threshold`, a log-odds, subtracted, so that what is to be stopped scores 0.5 and more.
 */
export function buildClassifier({ weights, bias }: LinearModel, threshold: number): Uint8Array {
  const graph = new OnnxGraph('guard', OPSET);
  const table = graph.floats('weights', { shape: [BUCKETS], data: weights });
  const weighed = graph.node('Mul', [graph.node('Gather', [table, PORTS.buckets]), PORTS.values]);
  const sum = graph.node('ReduceSum', [weighed, graph.integers('slots', [1])], { keepdims: 0 });
  const shift = graph.floats('bias', { shape: [1], data: Float32Array.of(bias - threshold) });
  graph.output(graph.node('Sigmoid', [graph.node('Add', [sum, shift])]), PORTS.score);
  const shape = ['windows', 'slots'];
  return graph.encode(
    [
      { name: PORTS.buckets, type: 'int32', shape },
      { name: PORTS.values, type: 'float32', shape },
    ],
    [{ name: PORTS.score, type: 'float32', shape: ['windows'] }],
  );
}
