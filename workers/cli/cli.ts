import { Command } from 'commander';
import { EXIT, EXIT_HELP, type ExitCode } from './exit';
import { Output, type Stream } from './output';

/** Where a command line runs: its folder, environment and streams, and how it ends. One object for each call. */
export class Cli {
  exitCode: ExitCode = EXIT.done;
  private current: Output | undefined;

  constructor(
    readonly cwd: string,
    readonly env: NodeJS.ProcessEnv,
    private readonly stdout: Stream,
    private readonly stderr: Stream,
  ) {}

  /** The output of the command that runs, as its `--json` flag wants it. */
  output(options: { json?: boolean }): Output {
    return (this.current = new Output(options.json === true, this.stdout, this.stderr, this.env));
  }

  /** For errors before any command has begun. */
  get lastOutput(): Output {
    return this.current ?? new Output(false, this.stdout, this.stderr, this.env);
  }

  /** A command in the house's form: `--json`, and help with examples and exit codes. */
  command(name: string, summary: string, examples: readonly string[]): Command {
    const command = this.configure(new Command(name)).description(summary);
    command.option('--json', 'write the result as JSON on stdout, and nothing else there');
    command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}\n\n${EXIT_HELP}`);
    return command;
  }

  /** Keeps commander from ending the process or writing past our streams. */
  configure(command: Command): Command {
    return command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void this.stdout.write(text),
        writeErr: (text) => void this.stderr.write(text),
      })
      .showHelpAfterError('(add --help for the options and an example)');
  }
}
