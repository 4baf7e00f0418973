import { setFlagsFromString } from 'node:v8';
import { extname, join } from 'node:path';
import { type DataConverter } from '@temporalio/common';
import { type InjectedSinks, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { makeBundle } from '../../bundle';
import type { HistoryEvent, KeptHistory } from '../histories';
import type { TraceSinks } from './interceptors';

/** A command that workflow code made, and where: one line a frame, the pack's own alone, the innermost first. */
export interface MadeCommand {
  command: string;
  stack: string[];
}

/** Code that tells of each command as it is made. */
export interface TracedCode {
  workflowBundle: WorkflowBundleOption;
  dataConverter?: DataConverter;
}

const FRAMES = 40;
const INTERCEPTORS = join(__dirname, `interceptors${extname(__filename)}`);

/** A bundle for `commandAt`; made on the spot, since it is needed for mismatches alone. Workflows of the pack by default. */
export const tracedBundle = (failureConverterPath?: string, workflowsPath?: string): Promise<{ code: string }> =>
  makeBundle(workflowsPath, failureConverterPath, [INTERCEPTORS]);

/**
 * The command that the code makes where the history has that event: commands and their events stand in the same order. Undefined
 * where it makes none there, or one that no interceptor sees (a marker, a search attribute, the end of the run).
 */
export async function commandAt(
  code: TracedCode,
  { history, workflowId }: KeptHistory,
  eventId: number,
): Promise<MadeCommand | undefined> {
  const made: MadeCommand[] = [];
  const sinks: InjectedSinks<TraceSinks> = {
    trace: {
      made: {
        callDuringReplay: true,
        fn: (_, command, stack) => void made.push({ command, stack: ownFrames(stack) }),
      },
    },
  };
  // Contexts that are made from now on: the SDK freezes the limit within them, and its own frames are half of ten.
  setFlagsFromString(`--stack-trace-limit=${FRAMES}`);
  // That it does not fit is known; how far it came is what is asked for.
  await Worker.runReplayHistory({ ...code, sinks }, history, workflowId).catch(() => undefined);
  const before = (history.events ?? []).filter((event) => Number(event.eventId) < eventId && isTraced(event)).length;
  return made[before];
}

const isTraced = (event: HistoryEvent): boolean =>
  Boolean(
    event.activityTaskScheduledEventAttributes ??
    event.timerStartedEventAttributes ??
    event.startChildWorkflowExecutionInitiatedEventAttributes ??
    event.signalExternalWorkflowExecutionInitiatedEventAttributes ??
    event.workflowExecutionContinuedAsNewEventAttributes,
  );

/** Frames of the project: neither the SDK's, nor the interceptor's own. */
const ownFrames = (stack: string): string[] =>
  stack
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter(
      (line) =>
        line.startsWith('at ') && !/node_modules|\/traced\/interceptors|\/kit\/trace-interceptors|node:/.test(line),
    );
