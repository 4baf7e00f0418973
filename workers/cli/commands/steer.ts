import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Command } from 'commander';
import { MESSAGES } from '../../../schemas/names';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode, FIND_RUNS } from '../exit';
import { updateRefusal } from '../update-refusal';

interface DecisionOptions {
  by: string;
  note?: string;
  hash?: string;
  only?: string[];
  except?: string[];
  json?: boolean;
}

// A run answers within a task of its workflow, milliseconds where a worker polls; nothing is kept of an update that no worker took.
const PATIENCE_MS = 15_000;

export function pauseCommand(cli: Cli): Command {
  return steerCommand(cli, 'pause', 'Let a run start nothing further; what is in flight finishes.', [
    'llm-pack pause cleanDataset-documents',
  ]);
}

export function resumeCommand(cli: Cli): Command {
  return steerCommand(cli, 'resume', 'Let a run that is paused go on.', ['llm-pack resume cleanDataset-documents']);
}

export function approveCommand(cli: Cli): Command {
  return decisionCommand(cli, 'approve', 'Let a run that waits for a person go on.', [
    'llm-pack approve cleanDataset-documents --note "a known export"',
  ]);
}

export function rejectCommand(cli: Cli): Command {
  return decisionCommand(cli, 'reject', 'End a run that waits for a person; nothing of it goes live.', [
    'llm-pack reject cleanDataset-documents --note "the export is broken"',
  ]);
}

const steerCommand = (cli: Cli, name: 'pause' | 'resume', summary: string, examples: readonly string[]): Command =>
  cli
    .command(name, summary, examples)
    .argument('<workflow-id>', 'the run, as the UI and "llm-pack start" name it')
    .action(async (workflowId: string, options: { json?: boolean }) => {
      cli.exitCode = await tell(cli, workflowId, MESSAGES[name], undefined, options);
    });

const decisionCommand = (cli: Cli, name: 'approve' | 'reject', summary: string, examples: readonly string[]): Command =>
  cli
    .command(name, summary, examples)
    .argument('<workflow-id>', 'the run, as the UI and "llm-pack start" name it')
    .option('--by <name>', 'who decides; on record with the run', cli.env['USER'] ?? 'unnamed')
    .option('--note <text>', 'why; on record with the run')
    .option('--hash <hash>', 'what is decided on, where the run asks for it')
    .option('--only <id...>', 'of several things, these alone')
    .option('--except <id...>', 'of several things, all but these')
    .action(async (workflowId: string, { json, ...decision }: DecisionOptions) => {
      cli.exitCode = await tell(cli, workflowId, MESSAGES[name], decision, json === undefined ? {} : { json });
    });

/** Sends an update and prints what the run says to it. @throws CliError (1) where there is no such run, or it refuses. */
async function tell(
  cli: Cli,
  workflowId: string,
  message: string,
  decision: Omit<DecisionOptions, 'json'> | undefined,
  options: { json?: boolean },
): Promise<ExitCode> {
  const out = cli.output(options);
  const said = await withTemporal(await projectSettings(cli), ({ client }) =>
    client.withDeadline(Date.now() + PATIENCE_MS, () =>
      client.workflow
        .getHandle(workflowId)
        .executeUpdate<string, [typeof decision]>(message, { args: [decision] })
        .catch((error: unknown) => {
          throw refusal(workflowId, error);
        }),
    ),
  );
  out.print(said);
  out.data({ workflowId, said });
  return EXIT.done;
}

function refusal(workflowId: string, error: unknown): unknown {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return new CliError(
      EXIT.failed,
      `${workflowId} has not answered in ${PATIENCE_MS / 1000} s.`,
      'A worker of the pool llm must poll: "llm-pack doctor" shows whether one does.',
      { cause: error },
    );
  const gone = new CliError(EXIT.failed, `There is no open run "${workflowId}".`, FIND_RUNS);
  return updateRefusal(error, gone);
}
