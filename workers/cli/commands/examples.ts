import type { Command } from 'commander';
import { STAGES, type StageDefinition } from '../../../schemas';
import { resolveTemporal } from '../../settings';
import type { Cli } from '../cli';
import { projectSettings } from '../client';
import { EXIT } from '../exit';
import { startFormLink } from '../links';
import { findStage, inputSchema } from '../stages';

export function examplesCommand(cli: Cli): Command {
  return cli
    .command('examples', 'Show each workflow with an input that works, its fields and how to start it.', [
      'llm-pack examples',
      'llm-pack examples cleanDataset --json',
    ])
    .argument('[workflow]', 'only this workflow, with its JSON Schema')
    .action(async (workflow: string | undefined, options: { json?: boolean }) => {
      await examples(cli, workflow, options);
      cli.exitCode = EXIT.done;
    });
}

async function examples(cli: Cli, workflow: string | undefined, options: { json?: boolean }): Promise<void> {
  const out = cli.output(options);
  const stages = workflow === undefined ? STAGES : [findStage(workflow)];
  const place = await uiPlace(cli);
  const shown = stages.map((stage) => ({
    workflow: stage.name,
    summary: stage.summary,
    example: stage.example,
    start: startLine(stage),
    form: place && startFormLink(place, stage.name),
    schema: inputSchema(stage),
  }));
  out.data(workflow === undefined ? shown : shown[0]);
  for (const { workflow: name, summary, start, form, schema } of shown) {
    out.print(out.style.bold(name));
    out.print(`  ${summary}`);
    out.print(`  $ ${start}`);
    out.print(`  ${form ?? out.style.dim('its start form: once the UI runs (llm-pack up)')}`);
    if (workflow !== undefined) out.print(`\n${JSON.stringify(schema, null, 2)}`);
    out.print();
  }
}

const startLine = (stage: StageDefinition): string =>
  `llm-pack start ${stage.name} --input '${JSON.stringify(stage.example)}' --wait`;

/** Where the UI is; undefined where no server is configured or running, which is no error here. */
async function uiPlace(cli: Cli) {
  return resolveTemporal(await projectSettings(cli)).catch(() => undefined);
}
