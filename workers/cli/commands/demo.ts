import { once } from 'node:events';
import type { Command } from 'commander';
import { STAGES } from '../../../schemas';
import { duration } from '../../../workflows/kit/progress-text';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { seedExamples, writeExampleDocuments } from '../demo/examples';
import { runDemoJob } from '../demo/job';
import { printDemo } from '../demo/report';
import { demoSource, type DemoSource } from '../demo/source';
import { EXIT, type ExitCode } from '../exit';
import { catchInterrupts } from '../interrupts';
import { startFormLink } from '../links';
import type { Output } from '../output';
import { metricsUrls } from '../run-monitoring';
import { serve, serveError } from '../serve';

interface DemoOptions {
  source?: string;
  once?: boolean;
  json?: boolean;
}

export function demoCommand(cli: Cli): Command {
  return cli
    .command(
      'demo',
      'Start everything, clean and index real documents, answer three questions; then serve until Ctrl-C.',
      [
        'llm-pack demo                   on the Markdown, HTML and text files under node_modules',
        'llm-pack demo --source ./docs --once',
      ],
    )
    .option('--source <dir>', 'folder of documents to read instead of node_modules')
    .option('--once', 'end when the job is done')
    .addHelpText(
      'after',
      `
On a bare machine the first start takes up to 8 minutes: building the Temporal server takes about 4. A later one is ready
in 20 seconds and does nothing twice. Ctrl-C stops all of it and ends with 0 once the job is done; a second Ctrl-C does not wait.`,
    )
    .action(async (options: DemoOptions) => {
      cli.exitCode = await demo(cli, options);
    });
}

async function demo(cli: Cli, options: DemoOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const source = await demoSource(options.source, cli.cwd, await projectSettings(cli));
  const { settings } = source;
  const metrics = metricsUrls(settings);
  const { signal } = catchInterrupts();
  await writeExampleDocuments(settings);
  const serving = await serve({ settings, out, workers: true, signal }).catch((error: unknown) => {
    throw serveError(error);
  });
  try {
    await job(source, out, signal);
    if (metrics.length > 0) out.note(`Metrics of the pools: ${metrics.join(', ')}`);
    if (options.once || !serving.holds) return EXIT.done;
    out.note('\nServing. Ctrl-C stops it.');
    if (!signal.aborted) await once(signal, 'abort');
    return EXIT.done;
  } finally {
    if (serving.holds) out.note('Stopping …');
    await serving.stop();
  }
}

async function job(source: DemoSource, out: Output, signal: AbortSignal): Promise<void> {
  const began = Date.now();
  await withTemporal(source.settings, async (temporal) => {
    const result = await runDemoJob(temporal, source, out, signal);
    await seedExamples(temporal, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      out.note(
        `The start forms will not fill themselves in: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    printDemo(out, temporal, result, source);
    out.data({
      ...result,
      forms: Object.fromEntries(STAGES.map(({ name }) => [name, startFormLink(temporal, name)])),
      seconds: (Date.now() - began) / 1000,
    });
  });
  out.note(`\nDone in ${duration((Date.now() - began) / 1000)}.`);
}
