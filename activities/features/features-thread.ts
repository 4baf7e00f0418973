import type { Report } from '../kit/heartbeat';
import { namingFullDisk } from '../stores/disk';
import { packUnit, type PackTask } from './pack-unit';
import { readUnit, type ReadTask } from './read/read-unit';
import { trainTokenizer, type TrainTask } from './tokenizer/train-tokenizer';
import { transformUnit, type TransformTask } from './transform-unit';

/** What runs in the threads of the features' pool: everything that would hold up the event loop. */

export const readInThread = (task: ReadTask, report: Report) => namingFullDisk(task.dir, () => readUnit(task, report));

export const trainInThread = (task: TrainTask, report: Report) =>
  namingFullDisk(task.dir, () => Promise.resolve(trainTokenizer(task, report)));

export const transformInThread = (task: TransformTask, report: Report) =>
  namingFullDisk(task.dir, () => transformUnit(task, report));

export const packInThread = (task: PackTask, report: Report) => namingFullDisk(task.dir, () => packUnit(task, report));
