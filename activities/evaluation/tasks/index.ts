import type { Passage } from '../../../schemas/agent';
import { nameOfTask, type TaskInput } from '../../../schemas/evaluate-model';
import type { Task } from '../interfaces';
import { classificationTask } from './classification';
import { multipleChoiceTask } from './multiple-choice';
import { type OwnMetrics, withOwnMetrics } from './own-metrics';
import { pairwiseTask } from './pairwise';
import { questionTask } from './question';
import { retrievalTask } from './retrieval';

/** What tasks score with, beside the answer itself. */
export interface TaskParts {
  /** Sentences of an answer that claim something, and those of them that no passage supports. */
  ground(answer: string, passages: readonly Passage[]): Promise<{ sentences: number; unsupported: number }>;
  /** Metrics of the project's own; left out where nothing is scored. */
  metrics?: OwnMetrics;
}

/** The task that an input describes. `labels` are those that cases expect, in the order of their code points. */
export const openTask = (input: TaskInput, parts: TaskParts, labels: readonly string[] = []): Task =>
  withOwnMetrics(taskOf(input, parts, labels), input.metrics, parts.metrics ?? {});

function taskOf(input: TaskInput, parts: TaskParts, labels: readonly string[]): Task {
  switch (input.type) {
    case 'classification':
      return classificationTask(input, labels);
    case 'multiple-choice':
      return multipleChoiceTask(input);
    case 'pairwise':
      return pairwiseTask(input);
    case 'retrieval':
      return retrievalTask(input);
    case 'qa':
    case 'extractive-qa':
      return questionTask(input, parts);
  }
}

/** Tasks by their names. @param labels of each task. */
export const openTasks = (
  inputs: readonly TaskInput[],
  parts: TaskParts,
  labels: Readonly<Record<string, readonly string[]>> = {},
): Map<string, Task> => new Map(inputs.map((one) => [nameOfTask(one), openTask(one, parts, labels[nameOfTask(one)])]));
