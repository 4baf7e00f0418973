import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Env } from './cache';
import { onPath } from './commands';
import { StackError } from './log';

/** How to run a program that refuses to run as root. */
export interface Unprivileged {
  /** Owner of the files it writes; undefined where we are not root and nothing changes. */
  owner?: { uid: number; gid: number };
  /** A command of it, as it has to be started. */
  wrap: (command: string, args: string[]) => { command: string; args: string[]; uid?: number; gid?: number };
}

/**
 * For root, as whom PostgreSQL refuses to run: the account `postgres` where there is one, else `nobody`. No account is
 * made. Where that account can not reach `paths` (a project under /root, which is closed to others), the program keeps
 * the one right to pass closed folders, through setpriv of util-linux.
 */
export function unprivileged(paths: string[], env: Env): Unprivileged {
  if (process.getuid?.() !== 0) return { wrap: (command, args) => ({ command, args }) };
  const owner = account('postgres') ?? account('nobody');
  if (!owner) throw new StackError('PostgreSQL refuses to run as root.', 'Run as another user, or set DATABASE_URL.');
  if (paths.every((file) => canReach(file, owner))) {
    return { owner, wrap: (command, args) => ({ command, args, ...owner }) };
  }
  const setpriv = onPath('setpriv', env);
  const right = heldRight();
  if (!setpriv || !right) {
    throw new StackError(
      `PostgreSQL refuses to run as root, and the account it would run as can not reach ${paths.join(' or ')}.`,
      'Move the project to a folder that others may enter, install util-linux, or set DATABASE_URL.',
    );
  }
  const as = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  const keep = [`--inh-caps=+${right}`, `--ambient-caps=+${right}`];
  return { owner, wrap: (command, args) => ({ command: setpriv, args: [...as, ...keep, '--', command, ...args] }) };
}

function account(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Whether every folder on the way to `file` lets the account through. */
function canReach(file: string, { uid, gid }: { uid: number; gid: number }): boolean {
  for (let dir = path.dirname(file); ; dir = path.dirname(dir)) {
    const stat = statSync(dir, { throwIfNoEntry: false });
    // The owner's, the group's or the others' right to pass, whichever is for this account.
    const shift = stat?.uid === uid ? 6 : stat?.gid === gid ? 3 : 0;
    if (stat && !((stat.mode >> shift) & 1)) return false;
    if (dir === path.dirname(dir)) return true;
  }
}

// Bits of capabilities(7). The narrower one first; containers often hold only the other.
const RIGHTS = [
  ['dac_read_search', 2],
  ['dac_override', 1],
] as const;

function heldRight(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  const held = BigInt(`0x${mask ?? '0'}`);
  return RIGHTS.find(([, bit]) => (held >> BigInt(bit)) & 1n)?.[0];
}
