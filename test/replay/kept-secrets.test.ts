import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseHistory } from '../../workers/cli/histories';
import { secretSearch } from '../support/secrets/find-secrets';
import { scanHistory } from '../support/secrets/scan-histories';

const FOLDER = join(__dirname, '..', 'histories');
const search = secretSearch();

it('no kept history holds a secret', () => {
  const findings = readdirSync(FOLDER).flatMap((name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    return scanHistory(name, parseHistory(name, text).history, search);
  });
  expect(findings).toEqual([]);
});
