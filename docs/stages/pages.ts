import { STAGES } from '../../schemas';
import { ANY_STAGE } from './about';
import { errorTable, stagePage } from './page';

/** Every page of docs/stages by its file name. */
export function pages(): Map<string, string> {
  return new Map([
    ['README.md', contents()],
    ...STAGES.map((stage): [string, string] => [`${stage.name}.md`, stagePage(stage)]),
  ]);
}

function contents(): string {
  const rows = STAGES.map(({ name, summary }) => `| [${name}](${name}.md) | ${summary} |`);
  return `${[
    '# The stages',
    '<!-- Made by `npm run docs` from schemas/ and docs/stages/about.ts. -->',
    'One page each: when to use it, an input that works, every field in and out, and what goes wrong. The UI shows the same fields beside its start form.',
    ['| stage | what it does |', '|---|---|', ...rows].join('\n'),
    '## What people can tell a run',
    'Updates, by the UI (More Actions, Send an Update), `llm-pack pause|resume|approve|reject ID`, or a client: `pause`, `resume`, `setConcurrency`, `approve`, `reject`. The query `progress` says how far it is. Cancelling cleans up and leaves nothing half made. Some stages take more; their pages under **More** say which.',
    '## What may stop any stage',
    'A failure is a code, what happened, and what to do. Codes that wait go on by themselves once the cause is gone.',
    errorTable(ANY_STAGE),
  ].join('\n\n')}\n`;
}
