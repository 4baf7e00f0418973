// What the registry knows of weaknesses in the packages that users install. Ends with 1 for a severe one that audit-allowed.json
// does not name with a reason and a date, with 75 (try again later) where the registry can not be asked: that is no failure, and no pass.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const SEVERE = ['high', 'critical'];
export const NOT_CHECKED = 75;

/**
 * Judges a report of `npm audit --json`.
 * @param allowed advisories that are known: `[{ "advisory": "GHSA-…", "reason": "…", "until": "2027-01-31" }]`.
 * @param today as `YYYY-MM-DD`: an entry counts up to and on its day.
 * @returns lines to print and the exit code.
 */
export function judge(report, allowed, today) {
  if (report?.vulnerabilities === undefined || report.auditReportVersion !== 2) {
    const why = report?.message ?? report?.error?.summary ?? report?.error?.code ?? 'no report';
    return { code: NOT_CHECKED, lines: [`not checked: ${why}`] };
  }
  const advisories = new Map();
  for (const { via } of Object.values(report.vulnerabilities)) {
    for (const each of via) {
      // A string names the package that has brought it; its own entry tells of the advisory.
      if (typeof each === 'string' || !SEVERE.includes(each.severity)) continue;
      advisories.set(/GHSA-[\w-]+/.exec(each.url ?? '')?.[0] ?? String(each.source), each);
    }
  }
  const known = new Map(allowed.map((entry) => [entry.advisory, entry]));
  const lines = [];
  let code = 0;
  for (const [id, { severity, name, title, range }] of advisories) {
    const entry = known.get(id);
    const isKnown = entry !== undefined && entry.reason && entry.until >= today;
    if (!isKnown) code = 1;
    const what = isKnown
      ? `allowed until ${entry.until}: ${entry.reason}`
      : entry
        ? `its leave ended on ${entry.until}`
        : 'not allowed';
    lines.push(`${severity} ${id} ${name} ${range}: ${title} (${what})`);
  }
  for (const { advisory } of allowed) {
    if (!advisories.has(advisory)) lines.push(`${advisory} is over: take it out of audit-allowed.json`);
  }
  lines.push(`${advisories.size} severe advisories`);
  return { code, lines };
}

function audit() {
  return new Promise((resolve) => {
    // It ends with 1 where it finds anything: what it says counts.
    execFile(
      'npm',
      ['audit', '--omit=dev', '--json'],
      { maxBuffer: 64 * 2 ** 20, timeout: 60_000 },
      (error, stdout) => {
        try {
          resolve(JSON.parse(stdout));
        } catch {
          resolve({ message: error?.killed ? 'npm audit did not answer within a minute' : 'npm audit gave no report' });
        }
      },
    );
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const allowed = JSON.parse(readFileSync(new URL('audit-allowed.json', import.meta.url), 'utf8'));
  const { code, lines } = judge(await audit(), allowed, new Date().toISOString().slice(0, 10));
  console.log(lines.join('\n'));
  process.exitCode = code;
}
