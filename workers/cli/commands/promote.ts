import type { Command } from 'commander';
import { promoteVersionStage, type PromoteVersionOutput } from '../../../schemas/promote-version';
import type { StageDefinition } from '../../../schemas/stage';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { CliError, EXIT, type ExitCode } from '../exit';
import { catchInterrupts } from '../interrupts';
import { runLink } from '../links';
import { ProgressLine, progressText } from '../progress-line';
import { startStage, waitForRun } from '../runs';

interface MoveOptions {
  guard?: boolean;
  reason: string;
  by: string;
  hold?: boolean;
  withoutVerdict?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

const shared = (command: Command): Command =>
  command
    .option('--guard', 'the name is that of a guard')
    .requiredOption('--reason <text>', 'why; on record with the move')
    .option('--by <name>', 'who decides; on record with the move', process.env['USER'] ?? 'unnamed')
    .option('--dry-run', 'only say what would be moved, and what speaks against it');

export function promoteCommand(cli: Cli): Command {
  const command = cli.command('promote', 'Make a version of a model or a guard the live one of its name.', [
    'llm-pack promote support-bot@4 --reason "better on refunds"',
    'llm-pack promote shield@2 --guard --reason "fewer false alarms" --hold',
  ]);
  return shared(command)
    .argument('<name@version>', 'version to make live')
    .option('--hold', 'where no verdict says that it may, wait for a person to approve the run')
    .option('--without-verdict', 'promote it although no verdict says that it may')
    .addHelpText(
      'after',
      '\nStarts promoteVersion. Without a verdict, and neither option, nothing is moved. Indexes go live by rebuildIndex.',
    )
    .action(async (reference: string, options: MoveOptions) => {
      const [, name, version] = /^([^@]+)@([1-9][0-9]*)$/.exec(reference) ?? [];
      if (name === undefined)
        throw new CliError(
          EXIT.wrongUse,
          `"${reference}" is no version.`,
          'Name it as name@version, such as support-bot@4.',
        );
      const onUnproven = options.withoutVerdict ? 'promote' : options.hold ? 'hold' : 'fail';
      cli.exitCode = await move(cli, { name, version: Number(version), onUnproven }, options);
    });
}

export function rollbackCommand(cli: Cli): Command {
  const command = cli.command('rollback', 'Make the version of a model or a guard live again that was live before.', [
    'llm-pack rollback support-bot --reason "answers in the wrong language"',
  ]);
  return shared(command)
    .argument('<name>', 'name of the model or the guard')
    .addHelpText(
      'after',
      '\nStarts promoteVersion. A second rollback takes the first one back. Indexes: llm-pack index rollback NAME.',
    )
    .action(async (name: string, options: MoveOptions) => {
      cli.exitCode = await move(cli, { name, version: 'previous', onUnproven: 'fail' }, options);
    });
}

interface Move {
  name: string;
  version: number | 'previous';
  onUnproven: 'hold' | 'fail' | 'promote';
}

async function move(cli: Cli, wanted: Move, options: MoveOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const { reason, by, guard, dryRun } = options;
  const input = { ...wanted, kind: guard ? 'guard' : 'model', reason, by, ...(dryRun ? { dryRun } : {}) };
  return withTemporal(await projectSettings(cli), async (temporal) => {
    const stage = promoteVersionStage as unknown as StageDefinition;
    const run = await startStage(temporal.client, { stage, input });
    // Whoever attaches would be told of another's move as of his own.
    if (run.attached)
      throw new CliError(EXIT.failed, `${run.workflowId} is running already.`, runLink(temporal, run) ?? '');
    const line = new ProgressLine(out.stderr);
    const interrupts = catchInterrupts();
    try {
      const result = (await waitForRun(temporal.client, run, {
        onProgress: (progress, trouble) => line.show(progressText(progress, trouble)),
        onSilence: () => line.show(`${run.workflowId} waits for a worker: "llm-pack worker --pool all" starts one`),
        signal: interrupts.signal,
      })) as PromoteVersionOutput;
      const { name, previous, version, outcome } = result;
      const words = { published: 'is live', reused: 'was live already', 'dry-run': 'would go live' }[outcome];
      out.print(`${name} ${previous ?? 'nothing'} → ${version}: version ${version} ${words}.`);
      out.data({ workflowId: run.workflowId, result });
      return EXIT.done;
    } finally {
      line.end();
      interrupts.release();
    }
  });
}
