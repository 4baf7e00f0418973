import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Accounts, Repository } from './check';
import { readKept } from './histories';
import { readModules } from './modules';

const ROOT = join(__dirname, '..', '..');

/** Where it is written down how changes were accounted for. */
export const ACCOUNTS = join(__dirname, 'accounts.json');

/** Reads the working tree; no history of git is asked. */
export const readRepository = (): Repository => ({
  modules: readModules(ROOT),
  kept: readKept(ROOT),
  accounts: JSON.parse(readFileSync(ACCOUNTS, 'utf8')) as Accounts,
});
