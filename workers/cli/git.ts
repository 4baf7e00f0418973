import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A commit that something was true at. */
export interface Commit {
  /** Of 40 digits. */
  commit: string;
  /** When it was made, ISO 8601. */
  at: string;
}

/** The commit that the folder stands at; undefined where there is no git, or the folder holds changes that no commit has. */
export async function cleanCommit(dir: string): Promise<Commit | undefined> {
  const changed = await git(dir, 'status', '--porcelain', '--untracked-files=no');
  return changed === '' ? lastCommit(dir) : undefined;
}

/** The commit that last touched a path, or any; undefined where there is no git, or it is in no commit. */
export async function lastCommit(dir: string, path?: string): Promise<Commit | undefined> {
  const line = await git(dir, 'log', '-1', '--format=%H %cI', ...(path === undefined ? [] : ['--', path]));
  const [commit, at] = line?.split(' ') ?? [];
  return commit && at ? { commit, at } : undefined;
}

/** What a git command says; undefined where it can not be asked. */
const git = (dir: string, ...words: string[]): Promise<string | undefined> =>
  promisify(execFile)('git', words, { cwd: dir }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
