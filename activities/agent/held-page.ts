import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import { escape, section } from '../cleaning/output/page/html';
import { STYLE } from '../cleaning/output/page/style';
import { inScratch } from '../cleaning/scratch';
import type { ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import type { ToolCall } from './models/model';
import type { Held } from './transcript';

/** Publishes what a tool has returned and the guard has quarantined as a page for the person who decides on it; all of it is shown as text. */
export const publishHeld = (store: ArtifactStore, call: ToolCall, held: Held): Promise<ArtifactRef> =>
  inScratch(store, async (dir) => {
    await writeFile(path.join(dir, 'report.html'), heldPage(call, held));
    await writeFile(path.join(dir, 'report.json'), `${JSON.stringify({ call, ...held }, null, 2)}\n`);
    return publishArtifact(store, 'report', dir, {}, 1);
  });

function heldPage(call: ToolCall, { hash, text, passages, rule, why }: Held): string {
  const title = `What ${call.tool} returned, and the guard keeps back`;
  const whole = (content: string) => `<pre style="white-space:pre-wrap">${escape(content)}</pre>`;
  const unseen = passages.filter((passage) => !text.includes(passage.text));
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title><meta name="viewport" content="width=device-width"><style>${STYLE}</style></head><body>`,
    `<h1>${escape(title)}</h1><p class="sub">${escape(`${rule}: ${why}`)}</p>`,
    `<p>Called with <code>${escape(call.arguments)}</code>. A decision names the hash <code>${hash}</code>.</p>`,
    section('The text', whole(text)),
    section('What else an answer would rest on', unseen.map((passage) => whole(passage.text)).join('')),
    '</body></html>\n',
  ].join('');
}
