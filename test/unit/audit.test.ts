import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, it } from 'vitest';

interface Audit {
  NOT_CHECKED: number;
  judge: (report: unknown, allowed: readonly object[], today: string) => { code: number; lines: string[] };
}
let audit: Audit;
beforeAll(async () => {
  audit = (await import(pathToFileURL(join(__dirname, '..', '..', '.ci', 'audit.mjs')).href)) as Audit;
});
const judge: Audit['judge'] = (...given) => audit.judge(...given);

const via = {
  source: 1,
  name: 'left',
  title: 'Reads too far',
  severity: 'high',
  range: '<2',
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
};
const found = {
  auditReportVersion: 2,
  vulnerabilities: {
    left: { via: [via] },
    right: { via: ['left'] },
    mild: { via: [{ ...via, severity: 'moderate' }] },
  },
};
const leave = { advisory: 'GHSA-aaaa-bbbb-cccc', reason: 'only its writer is used', until: '2027-01-31' };
const DAY = '2026-11-26';

it('fails for a severe advisory that nobody has allowed, and for none below', () => {
  const { code, lines } = judge(found, [], DAY);
  expect(code).toBe(1);
  expect(lines[0]).toContain('high GHSA-aaaa-bbbb-cccc left <2: Reads too far (not allowed)');
  expect(lines.at(-1)).toBe('1 severe advisories');
  expect(judge({ auditReportVersion: 2, vulnerabilities: { mild: found.vulnerabilities.mild } }, [], DAY).code).toBe(0);
});

it('takes one that is allowed with a reason, until its day', () => {
  expect(judge(found, [leave], DAY).code).toBe(0);
  expect(judge(found, [leave], leave.until).code).toBe(0);
  expect(judge(found, [leave], '2027-02-01').code).toBe(1);
  expect(judge(found, [{ ...leave, reason: '' }], DAY).code).toBe(1);
});

it('says which leave is over', () => {
  const { code, lines } = judge({ auditReportVersion: 2, vulnerabilities: {} }, [leave], DAY);
  expect(code).toBe(0);
  expect(lines[0]).toContain('take it out');
});

it.each([
  [{ message: '405 Method Not Allowed', error: { summary: '' } }, '405 Method Not Allowed'],
  [{ error: { code: 'ENOTFOUND' } }, 'ENOTFOUND'],
  [{}, 'no report'],
  [undefined, 'no report'],
])('a registry that can not be asked is neither a failure nor a pass: %j', (report, why) => {
  expect(judge(report, [], DAY)).toEqual({ code: audit.NOT_CHECKED, lines: [`not checked: ${why}`] });
});
