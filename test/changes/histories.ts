import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { HISTORIES, parseHistory, workflowTypeOf } from '../../workers/cli/histories';

/** What matters of a kept history here. */
export interface KeptFacts {
  workflow: string;
  /** Patches that its code asked for and took. */
  patches: string[];
}

/** Kept histories by the name that `record` gave them. */
export type KeptHistories = Readonly<Record<string, KeptFacts>>;

export function readKept(root: string): KeptHistories {
  const folder = join(root, HISTORIES);
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    names.sort().map((name): [string, KeptFacts] => {
      const { history } = parseHistory(name, readFileSync(join(folder, name), 'utf8'));
      const patches = (history.events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) => {
        if (marker?.markerName !== 'core_patch') return [];
        const [payload] = marker.details?.['patch-data']?.payloads ?? [];
        return payload ? [defaultPayloadConverter.fromPayload<{ id: string }>(payload).id] : [];
      });
      return [name.replace(/\.json$/, ''), { workflow: workflowTypeOf(history), patches: [...new Set(patches)] }];
    }),
  );
}
