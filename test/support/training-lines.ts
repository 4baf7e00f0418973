import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metricLine, type MetricLine } from '../../schemas/training';

/** Lines of metrics of the jobs in a folder of jobs whose names begin so, as far as they are whole. */
export async function readJobLines(dir: string, prefix: string): Promise<MetricLine[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.startsWith(prefix));
  const texts = await Promise.all(
    names.map((name) => readFile(join(dir, name, 'metrics.jsonl'), 'utf8').catch(() => '')),
  );
  return texts
    .join('')
    .split('\n')
    .flatMap((text) => {
      try {
        return [metricLine.parse(JSON.parse(text))];
      } catch {
        return [];
      }
    });
}
