import { Command, CommanderError } from 'commander';
import { Cli } from './cli';
import { demoCommand } from './commands/demo';
import { codecCommand } from './commands/codec';
import { deployCommand } from './commands/deploy';
import { diffCommand } from './commands/diff';
import { doctorCommand } from './commands/doctor';
import { examplesCommand } from './commands/examples';
import { explainCommand } from './commands/explain';
import { historyCommand } from './commands/history';
import { indexCommand } from './commands/index-command';
import { promoteCommand, rollbackCommand } from './commands/promote';
import { recordCommand } from './commands/record';
import { replayCommand } from './commands/replay';
import { reportCommand } from './commands/report';
import { schedulesCommand } from './commands/schedules';
import { searchCommand } from './commands/search';
import { startCommand } from './commands/start';
import { strategiesCommand } from './commands/strategies';
import { approveCommand, pauseCommand, rejectCommand, resumeCommand } from './commands/steer';
import { upCommand } from './commands/up';
import { workerCommand } from './commands/worker';
import { CliError, EXIT, type ExitCode } from './exit';
import { packageVersion } from './version';
import { redactor } from '../monitoring/redact';

/** Runs one command line to its end. Never throws and never ends the process: the caller sets the exit code. */
export async function run(
  argv: readonly string[],
  cli = new Cli(process.cwd(), process.env, process.stdout, process.stderr),
): Promise<ExitCode> {
  try {
    await createProgram(cli).parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return report(error, cli, argv.includes('--json'));
  }
}

export function createProgram(cli: Cli): Command {
  const program = cli.configure(new Command('llm-pack'));
  program
    .description('Durable Temporal workflows for the stages of an LLM system.')
    .version(packageVersion(), '-V, --version')
    .addHelpText(
      'after',
      '\nExample:\n  $ llm-pack demo        everything at once, on the documents under node_modules',
    );
  for (const make of COMMANDS) program.addCommand(make(cli));
  return program;
}

// In the order in which a newcomer meets them.
const COMMANDS = [
  demoCommand,
  upCommand,
  workerCommand,
  startCommand,
  pauseCommand,
  resumeCommand,
  approveCommand,
  rejectCommand,
  reportCommand,
  searchCommand,
  indexCommand,
  historyCommand,
  promoteCommand,
  rollbackCommand,
  strategiesCommand,
  schedulesCommand,
  deployCommand,
  examplesCommand,
  doctorCommand,
  codecCommand,
  replayCommand,
  explainCommand,
  diffCommand,
  recordCommand,
];

/** Says what went wrong and returns how the command ends. The stack is shown with DEBUG set, or for a defect of ours. */
function report(error: unknown, cli: Cli, json: boolean): ExitCode {
  // Commander has written its own message; help and version arrive here too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  const out = json ? cli.output({ json }) : cli.lastOutput;
  // What we say ourselves holds no secret; what a library says may quote an address with its password.
  const redact = redactor(cli.env);
  const message = redact(error instanceof Error ? error.message : String(error));
  const remedy = error instanceof CliError ? error.remedy : undefined;
  const exitCode = error instanceof CliError ? error.exitCode : EXIT.failed;
  out.note(`Error: ${message}${remedy ? `\nRemedy: ${remedy}` : ''}`);
  if (cli.env['DEBUG'] && error instanceof Error) out.note(redact(error.stack ?? ''));
  out.data({ error: { message, ...(remedy ? { remedy } : {}), exitCode } });
  return exitCode;
}
