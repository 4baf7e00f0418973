import type { Report } from '../kit/heartbeat';
import { namingFullDisk } from '../stores/disk';
import { cluster, type ClusterTask } from './dedup/cluster';
import { match, type MatchTask } from './dedup/match';
import { filterSlices, type FilterTask } from './filter';
import { applyThresholds, type ApplyTask } from './rethreshold/apply';

/** What runs in the threads of the cleaning pool: everything that would hold up the event loop. */

export const filterInThread = (task: FilterTask, report: Report) =>
  namingFullDisk(task.dir, () => filterSlices(task, report));

export const matchInThread = (task: MatchTask, report: Report) =>
  namingFullDisk(task.dir, () => Promise.resolve(match(task, report)));

export const clusterInThread = (task: ClusterTask, report: Report) =>
  namingFullDisk(task.dir, () => Promise.resolve(cluster(task, report)));

export const applyInThread = (task: ApplyTask, report: Report) =>
  namingFullDisk(task.dir, () => applyThresholds(task, report));
