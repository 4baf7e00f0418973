/** What an estimate of memory stands on. */
export interface MemoryTask {
  /** Parameters of the model that is trained, and of those that are only asked. */
  parameters: number;
  frozenParameters: number;
  /** Share of the parameters that learn: 1, or what adapters add. */
  learning: number;
  /** Ranks of a node, and of the whole job. */
  processesPerNode: number;
  worldSize: number;
  /** Whether parameters and state are spread over the ranks. */
  isSharded: boolean;
  /** Tokens that a rank takes at once. */
  tokens: number;
}

// Python with PyTorch and transformers, before any model: 0.45 GB were measured of a rank on a CPU.
const PROCESS_BYTES = 450e6;
const WEIGHT_BYTES = 4;
/** Gradient, and the two moments of Adam, each as large as what learns. */
const LEARNING_BYTES = 12;

/** Parameters of a new decoder by its measures; 0 of what has none. */
export function parametersOf(architecture: unknown): number {
  const { hidden, intermediate, layers, vocabulary } = {
    ...NO_MEASURES,
    ...(architecture as Partial<typeof NO_MEASURES>),
  };
  return layers * (4 * hidden * hidden + 3 * hidden * intermediate) + vocabulary * hidden;
}

const NO_MEASURES = { hidden: 0, intermediate: 0, layers: 0, vocabulary: 0 };

/**
 * The least memory of a node that a job can do with, in bytes: weights, gradients and the optimiser's state, and the
 * activations of one layer after the other. Rough on purpose, and on the low side: it refuses what can not work, and lets pass
 * what may.
 */
export function leastMemory(task: MemoryTask): number {
  const learning = task.parameters * task.learning;
  const state = task.parameters * WEIGHT_BYTES + learning * LEARNING_BYTES;
  const ofRank = task.isSharded ? state / task.worldSize : state;
  // A model of p parameters has a width of about the cube root of p / 1000; each token keeps some 16 numbers of that width.
  const width = Math.cbrt(task.parameters / 1_000);
  const activations = task.tokens * width * 16 * WEIGHT_BYTES;
  return task.processesPerNode * (PROCESS_BYTES + ofRank + task.frozenParameters * WEIGHT_BYTES + activations);
}
