import type { Command } from 'commander';
import type { Cli } from '../cli';
import { projectSettings } from '../client';
import { checkProject } from '../checks';
import { EXIT, type ExitCode } from '../exit';
import { table, type Output } from '../output';

export function doctorCommand(cli: Cli): Command {
  return cli
    .command(
      'doctor',
      'Say for each part where it was found, its version, whether it answers, and what to do if not.',
      ['llm-pack doctor', 'llm-pack doctor --json'],
    )
    .addHelpText(
      'after',
      '\nStarts nothing. Ends with 0 where all that is needed answers or can be started by "llm-pack up", else with 3.',
    )
    .action(async (options: { json?: boolean }) => {
      cli.exitCode = await doctor(cli, cli.output(options));
    });
}

async function doctor(cli: Cli, out: Output): Promise<ExitCode> {
  const checks = await checkProject(await projectSettings(cli));
  const { good, bad, dim } = out.style;
  const mark = { ok: good('ok'), idle: dim('idle'), missing: bad('MISS') };
  out.print(table(checks.map(({ state, name, version, found }) => [mark[state], name, version ?? '', found])));
  const remedies = checks.flatMap(({ name, remedy }) => (remedy ? [`  ${name}: ${remedy}`] : []));
  if (remedies.length > 0) out.print(`\n${remedies.join('\n')}`);
  const healthy = checks.every(({ state }) => state !== 'missing');
  out.print(
    healthy ? '\nAll that is needed is there or can be started.' : '\nSomething that is needed is missing: see above.',
  );
  out.data({ healthy, checks });
  return healthy ? EXIT.done : EXIT.unreachable;
}
