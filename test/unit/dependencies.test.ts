import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { isAllowed, LICENCES, ODD_LICENCES } from '../support/licences';

const ROOT = join(__dirname, '..', '..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      license: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});
const manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});

const { packages } = lockfile.parse(read('package-lock.json'));
const { dependencies, devDependencies, allowScripts } = manifest.parse(read('package.json'));
const locked = Object.entries(packages)
  .filter(([path]) => path !== '')
  .map(([path, entry]) => ({ path, name: path.slice(path.lastIndexOf('node_modules/') + 13), ...entry }));

describe('packages of npm', () => {
  it('are under licences that a product may use, those for other platforms too', () => {
    const wrong = locked
      .filter(({ dev, name, license = '' }) => !dev && !isAllowed(ODD_LICENCES[name]?.licence ?? license))
      .map(({ path, license = 'none stated' }) => `${path}: ${license}`);
    expect(wrong).toEqual([]);
  });

  it('are locked by their content, without addresses to fetch them from', () => {
    expect(locked.filter(({ integrity = '' }) => !/^sha(256|512)-/.test(integrity)).map(({ path }) => path)).toEqual(
      [],
    );
    expect(locked.filter(({ resolved, link }) => resolved !== undefined || link).map(({ path }) => path)).toEqual([]);
  });

  it('are pinned exactly', () => {
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, range]) => !/^\d[\w.-]*$/.test(range),
    );
    expect(loose).toEqual([]);
  });

  it('run a script when they are installed only where package.json says so or forbids it by name', () => {
    const scripted = [...new Set(locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name))];
    expect(Object.keys(allowScripts).sort()).toEqual(scripted.sort());
  });
});

describe('packages of Python, for trainers', () => {
  const licences = z.record(z.string(), z.string()).parse(read('trainers/licences.json'));
  const lines = readFileSync(join(ROOT, 'trainers', 'requirements.lock.txt'), 'utf8').split('\n');
  const names = new Set(lines.flatMap((line) => /^([a-z0-9-]+)==/.exec(line)?.[1] ?? []));

  it('each has its licence on record, and no other has', () => {
    expect([...names].sort()).toEqual(Object.keys(licences));
  });

  it('are under licences that a product may use, or on the list of those that are only installed by who trains', () => {
    const wrong = Object.entries(licences).filter(
      // The driver's libraries come from their maker with PyTorch: nothing of them is given on with the pack.
      ([name, licence]) => !(isAllowed(licence) || (licence === NVIDIA && /^(nvidia|cuda)-/.test(name))),
    );
    expect(wrong).toEqual([]);
  });

  it('are locked by their content', () => {
    const text = lines.join('\n');
    const without = text
      .split(/^(?=[a-z0-9-]+==)/m)
      .filter((entry) => /^[a-z]/.test(entry) && !/--hash=sha256:[0-9a-f]{64}/.test(entry));
    expect(without).toEqual([]);
    expect(text).not.toMatch(/https?:/);
  });
});
const NVIDIA = 'LicenseRef-NVIDIA-Proprietary';

describe('what is said of a licence', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['(AFL-2.1 OR BSD-3-Clause)', true],
    ['MIT AND Apache-2.0', true],
    ['MIT AND GPL-3.0-only', false],
    ['GPL-3.0-only', false],
    ['AGPL-3.0-or-later', false],
    ['SEE LICENSE IN LICENSE', false],
    ['', false],
  ])('%s: %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });

  it('names none twice', () => {
    expect(new Set(LICENCES).size).toBe(LICENCES.length);
  });
});
