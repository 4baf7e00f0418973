import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Cli } from '../cli';
import { projectSettings, withTemporal } from '../client';
import { EXIT, type ExitCode } from '../exit';
import { childHistories, oneHistory } from '../one-history';
import { buildStory } from '../story/build-story';
import { printStory } from '../story/print-story';
import type { Story } from '../story/story';
import { storyPage } from '../story/story-page';

interface ExplainOptions {
  out?: string;
  children?: boolean;
  json?: boolean;
}

export function explainCommand(cli: Cli): Command {
  return cli
    .command('explain', 'Tell the history of a run: what it did, waited for and tried again, and what took its time.', [
      'llm-pack explain cleanDataset-demo',
      'llm-pack explain distillModel-small --children --out run.html     a timeline, as a page',
      'llm-pack explain test/histories/run-agent-answered-2026-11-25.json --json',
    ])
    .argument('<history>', 'a file, or the workflow id of a run')
    .option('-o, --out <file>', 'write a page with a timeline there')
    .option('--children', 'tell of its child workflows too; asks the server')
    .action(async (what: string, options: ExplainOptions) => {
      cli.exitCode = await explain(cli, what, options);
    });
}

async function explain(cli: Cli, what: string, options: ExplainOptions): Promise<ExitCode> {
  const out = cli.output(options);
  const settings = await projectSettings(cli);
  const kept = await oneHistory(settings, cli.cwd, what);
  const children = options.children
    ? await withTemporal(settings, ({ client }) => childHistories(settings, client, kept))
    : [];
  const stories: [Story, ...Story[]] = [buildStory(kept), ...children.map(buildStory)];
  if (options.out !== undefined) {
    const file = resolve(cli.cwd, options.out);
    await writeFile(file, storyPage(stories));
    out.print(pathToFileURL(file).href);
  } else {
    const [run, ...others] = stories;
    printStory(out, run);
    for (const child of others) {
      out.print();
      printStory(out, child, '  ');
    }
  }
  out.data(options.children ? { ...stories[0], children: stories.slice(1) } : stories[0]);
  return EXIT.done;
}
