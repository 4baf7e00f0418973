import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import { inScratch } from '../../cleaning/scratch';
import type { ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { namingFullDisk } from '../../stores/disk';
import { evaluationPage } from './page';
import type { EvaluationReport } from './report';

export const REPORT_FILES = { json: 'report.json', page: 'report.html' } as const;

/** Publishes a report as JSON and as a page. The same report gives the same artifact. */
export const writeReport = (store: ArtifactStore, report: EvaluationReport): Promise<ArtifactRef> =>
  inScratch(store, (dir) =>
    namingFullDisk(dir, async () => {
      await writeFile(path.join(dir, REPORT_FILES.json), `${JSON.stringify(report, null, 2)}\n`);
      await writeFile(path.join(dir, REPORT_FILES.page), evaluationPage(report));
      return publishArtifact(store, 'report', dir, {}, report.candidate.counts.samples);
    }),
  );
