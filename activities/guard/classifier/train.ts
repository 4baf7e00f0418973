import { mulberry32 } from '../../kit/random';
import { BUCKETS, CONCEPT_VALUE, RULE_VALUE, type WindowFeatures } from './features';

/** A linear classifier of windows: logistic regression over hashed n-grams, rules and concepts. */
export interface LinearModel {
  weights: Float32Array;
  bias: number;
}

/** A text to learn from: its windows, and whether it is an attack. */
export interface TrainingText {
  windows: readonly WindowFeatures[];
  attack: boolean;
}

export interface TrainOptions {
  epochs?: number;
  /** Step of AdaGrad. */
  rate?: number;
  /** Pull of every weight that is used towards 0. */
  decay?: number;
  seed?: number;
}

/** The log-odds of a window. */
export function logit({ weights, bias }: LinearModel, { grams, rules, concepts }: WindowFeatures): number {
  let sum = 0;
  for (const place of grams) sum += weights[place] ?? 0;
  let ruled = 0;
  for (const place of rules) ruled += weights[place] ?? 0;
  let meant = 0;
  for (const place of concepts) meant += weights[place] ?? 0;
  return bias + sum / Math.sqrt(Math.max(1, grams.length)) + ruled * RULE_VALUE + meant * CONCEPT_VALUE;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

interface Instance {
  window: WindowFeatures;
  target: 0 | 1;
  weight: number;
}

/**
 * Learns from texts of which nobody knows which window holds the attack: first every window of an attack counts, then twice
 * only those that the model itself finds suspicious, and always the worst one (multiple-instance learning by the maximum).
 * Attacks and other texts weigh the same in sum. The same texts, in the same order, give the same weights.
 */
export function trainLinear(texts: readonly TrainingText[], options: TrainOptions = {}): LinearModel {
  const { epochs = 8, rate = 0.5, decay = 1e-3, seed = 1 } = options;
  let model = fit(instancesOf(texts, null), { epochs, rate, decay, seed });
  for (let round = 0; round < 2; round++) model = fit(instancesOf(texts, model), { epochs, rate, decay, seed });
  return model;
}

function instancesOf(texts: readonly TrainingText[], model: LinearModel | null): Instance[] {
  const attacks = texts.filter(({ attack }) => attack).length;
  const others = texts.length - attacks;
  const instances: Instance[] = [];
  for (const { windows, attack } of texts) {
    const scores = windows.map((window) => (model && attack ? logit(model, window) : 0));
    const worst = Math.max(...scores);
    const chosen = windows.filter((_, at) => (scores[at] ?? 0) >= Math.min(0, worst));
    const share = attack ? 0.5 / attacks : 0.5 / others;
    // Each window of a harmless text must be harmless; an attack counts once, however long it is.
    for (const window of chosen) {
      const weight = (texts.length * share) / (attack ? chosen.length : Math.sqrt(chosen.length));
      instances.push({ window, target: attack ? 1 : 0, weight });
    }
  }
  return instances;
}

/** AdaGrad (Duchi, Hazan, Singer 2011) on the logistic loss, in an order that the seed says. */
function fit(instances: Instance[], { epochs, rate, decay, seed }: Required<TrainOptions>): LinearModel {
  const weights = new Float32Array(BUCKETS);
  const squares = new Float32Array(BUCKETS).fill(1e-6);
  const model: LinearModel = { weights, bias: 0 };
  let biasSquare = 1e-6;
  const random = mulberry32(seed);
  const order = Uint32Array.from(instances.keys());
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    for (const at of order) {
      const { window, target, weight } = instances[at] as Instance;
      const error = (sigmoid(logit(model, window)) - target) * weight;
      const gramValue = 1 / Math.sqrt(Math.max(1, window.grams.length));
      for (const [places, value] of [
        [window.grams, gramValue],
        [window.rules, RULE_VALUE],
        [window.concepts, CONCEPT_VALUE],
      ] as const) {
        for (let slot = 0; slot < places.length; slot++) {
          const place = places[slot] ?? 0;
          const gradient = error * value + decay * (weights[place] ?? 0);
          const square = (squares[place] ?? 0) + gradient * gradient;
          squares[place] = square;
          weights[place] = (weights[place] ?? 0) - (rate * gradient) / Math.sqrt(square);
        }
      }
      biasSquare += error * error;
      model.bias -= (0.1 * error) / Math.sqrt(biasSquare);
    }
  }
  return model;
}

function shuffle(order: Uint32Array, random: () => number): void {
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
}
