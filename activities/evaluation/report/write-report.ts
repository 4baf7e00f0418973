import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { evaluationPage } from './page';
import type { EvaluationReport } from './report';

export const REPORT_FILES = { json: 'report.json', page: 'report.html' } as const;

/** Writes a report, as JSON and as a page, beside the samples of its artifact. The same report gives the same bytes. */
export async function writeReport(dir: string, report: EvaluationReport): Promise<void> {
  await writeFile(path.join(dir, REPORT_FILES.json), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(path.join(dir, REPORT_FILES.page), evaluationPage(report));
}
