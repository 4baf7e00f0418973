import type { Report } from '../kit/heartbeat';
import { namingFullDisk } from '../stores/disk';
import { cluster, type ClusterTask } from './dedup/cluster';
import { match, type MatchTask } from './dedup/match';
import { filterSlices, type FilterTask } from './filter';
import { applyThresholds, type ApplyTask } from './rethreshold/apply';
import { cutUnit, findPoor, type CutTask } from './spans/cut-unit';
import { findRepeats, type RepeatsTask } from './spans/find-repeats';
import { signSpans, type SignTask } from './spans/sign-unit';

/** What runs in the threads of the cleaning pool: everything that would hold up the event loop. */

export const filterInThread = (task: FilterTask, report: Report) =>
  namingFullDisk(task.dir, () => filterSlices(task, report));

export const matchInThread = (task: MatchTask, report: Report) =>
  namingFullDisk(task.dir, () => Promise.resolve(match(task, report)));

export const clusterInThread = (task: ClusterTask, report: Report) =>
  namingFullDisk(task.dir, () => Promise.resolve(cluster(task, report)));

export const applyInThread = (task: ApplyTask, report: Report) =>
  namingFullDisk(task.dir, () => applyThresholds(task, report));

export const signSpansInThread = (task: SignTask, report: Report) =>
  namingFullDisk(task.dir, () => signSpans(task, report));

export const findRepeatsInThread = (task: RepeatsTask, report: Report) =>
  namingFullDisk(task.dir, () => Promise.resolve(findRepeats(task, report)));

export const findPoorInThread = (task: CutTask, report: Report) =>
  namingFullDisk(task.dir, () => findPoor(task, report));

export const cutUnitInThread = (task: CutTask & { poor: string }, report: Report) =>
  namingFullDisk(task.dir, () => cutUnit(task, report));
