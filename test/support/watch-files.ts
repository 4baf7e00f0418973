import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const FOLDER = path.join(__dirname, '..', '..', 'docs', 'monitoring');
const read = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');

/** An expression of PromQL, and where it stands. */
export interface Expression {
  where: string;
  promql: string;
}

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}
interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
}

/** Of the alert rules. */
export const alertExpressions = (): Expression[] =>
  (parse(read('alerts.yaml')) as Rules).groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr }) => ({ where: `alert ${alert}`, promql: expr })),
  );

export const alertNames = (): string[] =>
  (parse(read('alerts.yaml')) as Rules).groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));

/** Of the panels. */
export const dashboardExpressions = (): Expression[] =>
  (JSON.parse(read('dashboard.json')) as Dashboard).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `panel ${title}`, promql: expr })),
  );
