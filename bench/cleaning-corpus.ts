/** What the benchmarks of cleaning share: the package, compiled, and texts made from a seed. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { mulberry32 } from '../activities/kit/random';

/** Compiles the package into a folder inside the project, where compiled files find its packages; returns what loads a module. */
export function compile(work: string): <M>(name: string) => M {
  const out = path.join(work, 'dist');
  const project = path.join(__dirname, '..');
  const tsc = path.join(project, 'node_modules', '.bin', 'tsc');
  const flags = ['--outDir', out, '--incremental', 'false', '--tsBuildInfoFile', 'null', '--declaration', 'false'];
  execFileSync(tsc, ['-p', path.join(project, 'tsconfig.build.json'), '--noCheck', ...flags], { stdio: 'inherit' });
  const load = createRequire(path.join(out, 'index.js'));
  return <M>(name: string) => load(`./${name}.js`) as M;
}

const COMMON = 'the of and to that with have be in is for on as by this it from or which are'.split(' ');

/** Prose of common words and a vocabulary of 30,000; one document in four a copy or a changed copy of an earlier one. */
export function* makeTexts(bytes: number): Generator<string> {
  const random = mulberry32(1);
  const word = () =>
    random() < 0.4
      ? (COMMON[Math.floor(random() * COMMON.length)] ?? '')
      : `x${Math.floor(30_000 * random() ** 2).toString(26)}`.replace(/\d/g, (digit) =>
          'qrstuvwxyz'.charAt(Number(digit)),
        );
  const sentence = () => `${Array.from({ length: 6 + Math.floor(random() * 18) }, word).join(' ')}.`;
  const paragraph = () => Array.from({ length: 2 + Math.floor(random() * 6) }, sentence).join(' ');
  const recent: string[] = [];
  for (let made = 0; made < bytes;) {
    const fresh = Array.from({ length: 2 + Math.floor(random() * 10) }, paragraph).join('\n');
    const old = recent[Math.floor(random() * recent.length)] ?? fresh;
    const kind = random();
    const text = kind < 0.12 ? old : kind < 0.25 ? `${old} ${sentence()}` : fresh;
    recent[Math.floor(random() * 200)] = text;
    made += text.length;
    yield text;
  }
}
