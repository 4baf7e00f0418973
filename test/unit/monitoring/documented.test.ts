import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../schemas/metrics';
import { readPromql } from '../../support/promql';
import { alertExpressions, alertNames, dashboardExpressions } from '../../support/watch-files';

const page = readFileSync(path.join(__dirname, '../../../docs/monitoring.md'), 'utf8');
/** The cells of each row of the page's tables. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '').trim()));

describe('docs/monitoring.md', () => {
  it('lists every metric of the pack with its type and its labels, and no other', () => {
    const listed = rows.filter(([name = '']) => name.startsWith('`llm_pack_'));
    const defined = Object.entries(METRICS).map(([name, { type, labels }]) => [
      ...[`\`${name}\``, type],
      labels.map((label) => `\`${label}\``).join(', '),
    ]);
    expect(listed.map((cells) => cells.slice(0, 3))).toEqual(defined);
  });

  it('says of every alert what to look at, and of no other', () => {
    const listed = rows.map(([name = '']) => name.replaceAll('`', '')).filter((name) => name.startsWith('LlmPack'));
    expect(listed).toEqual(alertNames());
  });
});

describe('the dashboard and the alerts', () => {
  it.each([...dashboardExpressions(), ...alertExpressions()])(
    '$where is PromQL that asks for a metric',
    ({ promql }) => {
      expect(readPromql(promql).metrics.size).toBeGreaterThan(0);
    },
  );

  it('ask only for labels that the pack defines, of metrics that it defines', () => {
    for (const { where, promql } of [...dashboardExpressions(), ...alertExpressions()]) {
      for (const [name, labels] of readPromql(promql).metrics) {
        if (!name.startsWith('llm_pack_')) continue;
        const known: readonly string[] = METRICS[name as keyof typeof METRICS]?.labels ?? [];
        expect(
          [...labels].filter((label) => !known.includes(label)),
          `${where}, ${name}`,
        ).toEqual([]);
      }
    }
  });

  it.each(['rate(a[5m', 'sum by (x) (', 'a{b=}'])('would be refused as %s', (promql) => {
    expect(() => readPromql(promql)).toThrow(/is no PromQL/);
  });
});
