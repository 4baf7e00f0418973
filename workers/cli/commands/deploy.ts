import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Cli } from '../cli';
import { projectSettings, settingsVersion, withTemporal } from '../client';
import { type Deployment, describeDeployment, type Place, setRamp } from '../deploy/deployment';
import { route, type RouteOptions, type Routed, wantedDeployment } from '../deploy/route';
import { deploymentStatus, printStatus, type VersionStatus } from '../deploy/status';
import { CliError, EXIT, type ExitCode } from '../exit';
import { timeSpan, wholeNumber } from '../options';
import type { Output } from '../output';
import { plural, span } from '../story/words';

const WAIT_MS = 60_000;
const SINCE_MS = 7 * 86_400_000;
// The server looks every three minutes whether a version is drained.
const LOOK_EVERY_MS = 5_000;

const ABOUT = `
A deployment is named by \`deployment\` in temporal.config.ts or by TEMPORAL_DEPLOYMENT_NAME, a build by TEMPORAL_WORKER_BUILD_ID or else
by its code: run this command where the new workers' code is. docs/deploying.md shows a deployment from start to end.`;

export function deployCommand(cli: Cli): Command {
  const command = cli.command('deploy', 'Bring a new version of the workflow workers into use while runs go on.', [
    'llm-pack deploy status',
    'llm-pack deploy ramp 10                  and then: llm-pack deploy current, or llm-pack deploy rollback',
    'llm-pack deploy drained BUILD --wait 2h',
  ]);
  command.addHelpText('after', ABOUT);
  return command
    .addCommand(statusCommand(cli))
    .addCommand(routing(cli, 'ramp', 'Give a build a share of the new runs, and of the runs that move.', 'ramp 10'))
    .addCommand(routing(cli, 'current', 'Make a build current: new runs and the runs that move go to it.', 'current'))
    .addCommand(rollbackCommand(cli))
    .addCommand(drainedCommand(cli));
}

interface NamedOptions {
  deployment?: string;
  json?: boolean;
}

/** An option that every one of them has; what is read above is handed down. */
const named = (command: Command): Command =>
  command.option('--deployment <name>', 'the deployment; that of the configuration by default');

function statusCommand(cli: Cli): Command {
  const command = cli.command('status', 'Show the versions, their share, and what still runs on each.', [
    'llm-pack deploy status',
  ]);
  return named(command).action(async (_options: unknown, chosen: Command) => {
    const options: NamedOptions = chosen.optsWithGlobals();
    const out = cli.output(options);
    cli.exitCode = await withDeployment(cli, options, async (place, deployment) => {
      const status = await deploymentStatus(place, deployment);
      printStatus(out, status);
      const here = (await settingsVersion(await projectSettings(cli)))?.buildId ?? null;
      if (here !== null) out.print(`The code here is build ${here}.`);
      out.data({ ...status, here });
      return EXIT.done;
    });
  });
}

function routing(cli: Cli, name: 'ramp' | 'current', summary: string, example: string): Command {
  const command = cli.command(name, summary, [
    `llm-pack deploy ${example}`,
    `llm-pack deploy ${example} --dry-run          all checks, and no change`,
  ]);
  if (name === 'ramp') command.argument('<percent>', 'its share in percent, 1 to 99', wholeNumber(1, 99));
  named(command)
    .option('--build-id <id>', 'the build; that of this project by default')
    .option('--wait <span>', 'for a worker of the build to poll: 30s, 5m (default: 1m)', timeSpan)
    .option('--since <span>', 'how far back runs that have ended are replayed (default: 7d)', timeSpan)
    .option('--force', 'go on although histories do not fit')
    .option('--dry-run', 'do the checks, and change nothing')
    .addHelpText(
      'after',
      `
Before anything changes a worker of the build has to poll, and this project's code has to replay every open run that would move to
it, those that ended lately, and the kept histories in test/histories. Runs that are pinned stay with their build.`,
    );
  return command.action(async (...args: unknown[]) => {
    const chosen = args.at(-1) as Command;
    const percent = name === 'ramp' ? (args[0] as number) : 100;
    const options: Partial<RouteOptions> & NamedOptions = chosen.optsWithGlobals();
    const out = cli.output(options);
    const settings = await projectSettings(cli);
    cli.exitCode = await withTemporal(settings, async (place) => {
      const routed = await route(settings, place, percent, { ...options, ...defaults(options) }, out);
      tellRouted(out, routed);
      out.data(routed);
      return EXIT.done;
    });
  });
}

const defaults = ({ wait = WAIT_MS, since = SINCE_MS }: Partial<RouteOptions>) => ({ wait, since });

function tellRouted(out: Output, { buildId, share, changed, dryRun, workers, checked }: Routed): void {
  const seen = plural(workers, 'worker');
  out.note(
    `${seen} of it ${workers === 1 ? 'polls' : 'poll'}${checked ? `; ${checked.replayed} histories were replayed` : ''}.`,
  );
  const what = share === 100 ? `${buildId} is current` : `${buildId} gets ${share}% of the runs`;
  if (dryRun) return out.print(`Nothing was changed. Without --dry-run: ${what}.`);
  if (!changed) return out.print(`${what}, as before.`);
  out.print(`${what}.`);
  out.note(
    share === 100
      ? 'Next: "llm-pack deploy status" says when the old build can go.'
      : 'Next: "llm-pack deploy current", or "llm-pack deploy rollback".',
  );
}

function rollbackCommand(cli: Cli): Command {
  const command = cli.command('rollback', 'End the ramp: the current version gets all runs again.', [
    'llm-pack deploy rollback',
  ]);
  named(command).option('--dry-run', 'say what would be, and change nothing');
  return command.action(async (_options: unknown, chosen: Command) => {
    const options: NamedOptions & { dryRun?: boolean } = chosen.optsWithGlobals();
    const out = cli.output(options);
    cli.exitCode = await withDeployment(cli, options, async (place, deployment) => {
      const { ramping, current } = deployment;
      if (!ramping)
        throw new CliError(
          EXIT.wrongUse,
          'Nothing ramps.',
          'To go back from a build that is current: llm-pack deploy current --build-id BUILD',
        );
      const { versions } = await deploymentStatus(place, deployment);
      const { pinned = 0, moving = 0 } = versions.find(({ buildId }) => buildId === ramping.buildId)?.open ?? {};
      if (!options.dryRun) await setRamp(place, deployment, null);
      const goesTo = current ?? 'the workers without a version';
      out.print(`${options.dryRun ? 'Nothing was changed. Without --dry-run: ' : ''}all runs go to ${goesTo}.`);
      if (pinned > 0)
        out.note(`${plural(pinned, 'run')} pinned to ${ramping.buildId} end there: leave its workers on.`);
      if (moving > 0)
        out.note(`${plural(moving, 'open run')} that ${ramping.buildId} had goes on there, and must fit its code.`);
      out.data({ deployment: deployment.name, rolledBack: ramping, pinned, moving, dryRun: options.dryRun === true });
      return EXIT.done;
    });
  });
}

function drainedCommand(cli: Cli): Command {
  const command = cli.command(
    'drained',
    'Say whether the workers of a build can be stopped for good: 0 if so, 1 if not.',
    [
      'llm-pack deploy drained 0.1.0-3f2a9c81d0e4',
      'llm-pack deploy drained 0.1.0-3f2a9c81d0e4 --wait 2h && kubectl scale deployment/llm-old --replicas 0',
    ],
  );
  named(command).argument('<build-id>', 'the build').option('--wait <span>', 'wait until it is: 30m, 2h', timeSpan);
  return command.action(async (buildId: string, _options: unknown, chosen: Command) => {
    const options: NamedOptions & { wait?: number } = chosen.optsWithGlobals();
    const out = cli.output(options);
    const deadline = Date.now() + (options.wait ?? 0);
    cli.exitCode = await withDeployment(cli, options, async (place, first) => {
      for (let deployment: Deployment = first, said = ''; ;) {
        const version = versionOf((await deploymentStatus(place, deployment)).versions, buildId);
        const left = deadline - Date.now();
        const { canGo, because } = version;
        if (canGo || left <= 0) {
          out.print(`${buildId} ${canGo ? 'can go' : 'can not go yet'}: ${because}.`);
          out.data(version);
          return canGo ? EXIT.done : EXIT.failed;
        }
        if (because !== said) out.note(`${because}; waiting for up to ${span(left)} …`);
        said = because;
        await sleep(Math.min(LOOK_EVERY_MS, left));
        deployment = (await describeDeployment(place, deployment.name)) ?? deployment;
      }
    });
  });
}

function versionOf(versions: readonly VersionStatus[], buildId: string): VersionStatus {
  const version = versions.find((one) => one.buildId === buildId);
  if (version) return version;
  throw new CliError(
    EXIT.wrongUse,
    `There is no build ${buildId}.`,
    `There are ${versions.map((one) => one.buildId).join(', ')}.`,
  );
}

/** Runs `use` with the deployment that is meant. @throws CliError (1) where the server has none of that name yet */
async function withDeployment(
  cli: Cli,
  { deployment: wanted }: NamedOptions,
  use: (place: Place, deployment: Deployment) => Promise<ExitCode>,
): Promise<ExitCode> {
  const settings = await projectSettings(cli);
  const name = await wantedDeployment(settings, wanted);
  return withTemporal(settings, async (place) => {
    const deployment = await describeDeployment(place, name);
    if (deployment) return use(place, deployment);
    const own = await settingsVersion(settings);
    throw new CliError(
      EXIT.failed,
      `No worker of a deployment ${name} has polled yet in the namespace ${place.namespace}.`,
      `Start one: "llm-pack worker --pool llm"${own ? '' : ` with TEMPORAL_DEPLOYMENT_NAME=${name}`}.`,
    );
  });
}
