import { Command, CommanderError } from 'commander';
import { Cli } from './cli';
import { CliError, EXIT, type ExitCode } from './exit';
import { packageVersion } from './version';
import { redactor } from '../monitoring/redact';

type MakeCommand = (cli: Cli) => Command;

/** In the order in which a newcomer meets them. Each is loaded when it is run: all together, with the SDKs that they use, take a second. */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  demo: async () => (await import('./commands/demo.js')).demoCommand,
  up: async () => (await import('./commands/up.js')).upCommand,
  worker: async () => (await import('./commands/worker.js')).workerCommand,
  start: async () => (await import('./commands/start.js')).startCommand,
  pause: async () => (await import('./commands/steer.js')).pauseCommand,
  resume: async () => (await import('./commands/steer.js')).resumeCommand,
  approve: async () => (await import('./commands/steer.js')).approveCommand,
  reject: async () => (await import('./commands/steer.js')).rejectCommand,
  report: async () => (await import('./commands/report.js')).reportCommand,
  search: async () => (await import('./commands/search.js')).searchCommand,
  index: async () => (await import('./commands/index-command.js')).indexCommand,
  history: async () => (await import('./commands/history.js')).historyCommand,
  promote: async () => (await import('./commands/promote.js')).promoteCommand,
  rollback: async () => (await import('./commands/promote.js')).rollbackCommand,
  strategies: async () => (await import('./commands/strategies.js')).strategiesCommand,
  schedules: async () => (await import('./commands/schedules.js')).schedulesCommand,
  deploy: async () => (await import('./commands/deploy.js')).deployCommand,
  examples: async () => (await import('./commands/examples.js')).examplesCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
  codec: async () => (await import('./commands/codec.js')).codecCommand,
  replay: async () => (await import('./commands/replay.js')).replayCommand,
  explain: async () => (await import('./commands/explain.js')).explainCommand,
  diff: async () => (await import('./commands/diff.js')).diffCommand,
  record: async () => (await import('./commands/record.js')).recordCommand,
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** Runs one command line to its end. Never throws and never ends the process: the caller sets the exit code. */
export async function run(
  argv: readonly string[],
  cli = new Cli(process.cwd(), process.env, process.stdout, process.stderr),
): Promise<ExitCode> {
  try {
    const program = await createProgram(cli, argv);
    await program.parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return report(error, cli, argv.includes('--json'));
  }
}

const ASKS_FOR_VERSION = new Set(['-V', '--version']);

/** With the command that is named; with all of them where help is asked for, or nothing is called so. */
async function createProgram(cli: Cli, argv: readonly string[]): Promise<Command> {
  const program = cli.configure(new Command('llm-pack'));
  program
    .description('Durable Temporal workflows for the stages of an LLM system.')
    .version(packageVersion(), '-V, --version')
    .addHelpText(
      'after',
      '\nExample:\n  $ llm-pack demo        everything at once, on the documents under node_modules',
    );
  if (ASKS_FOR_VERSION.has(argv[0] ?? '')) return program;
  const named = Object.entries(COMMANDS).filter(([name]) => name === argv[0]);
  for (const [, load] of named.length > 0 ? named : Object.entries(COMMANDS)) program.addCommand((await load())(cli));
  return program;
}

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
