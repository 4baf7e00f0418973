import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseHistory, workflowTypeOf } from '../../workers/cli/histories';
import * as workflows from '../../workflows';
import { problemsOf } from '../changes/check';
import { readRepository } from '../changes/repository';

const FOLDER = join(__dirname, '..', 'histories');

const recorded = new Set(
  readdirSync(FOLDER).map((name) =>
    workflowTypeOf(parseHistory(name, readFileSync(join(FOLDER, name), 'utf8')).history),
  ),
);

it.each(Object.keys(workflows))('a history of %s is kept', (workflow) => expect(recorded).toContain(workflow));

it('every kept history is of a workflow that is still exported', () =>
  expect([...recorded].filter((workflow) => !(workflow in workflows))).toEqual([]));

it('every change of a workflow is accounted for', () => expect(problemsOf(readRepository())).toEqual([]));
