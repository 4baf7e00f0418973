import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';

/** Told of each command as the code makes it, with the stack that it is made from. Bundled for a traced replay alone. */
export interface TraceSinks extends Sinks {
  trace: { made(command: string, stack: string): void };
}

const { trace } = proxySinks<TraceSinks>();

const made = (command: string): void => trace.made(command, new Error().stack ?? '');

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        made(`activity ${input.activityType}`);
        return next(input);
      },
      startTimer(input, next) {
        made('timer');
        return next(input);
      },
      startChildWorkflowExecution(input, next) {
        made(`child workflow ${input.workflowType}`);
        return next(input);
      },
      signalWorkflow(input, next) {
        made(`signal ${input.signalName}`);
        return next(input);
      },
      continueAsNew(input, next) {
        made('continue as new');
        return next(input);
      },
    },
  ],
});
