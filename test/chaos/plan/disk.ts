import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';

// Far more than a part writes here; a tmpfs takes no memory for what is not written.
const ROOM = '2g';
const TRIES = 50;

/** A disk of its own for a part, which can be full. */
export interface SmallDisk {
  /** Leaves some pages free at the most. */
  fill(): void;
  free(): void;
  unmount(): void;
}

/** Only root may mount a disk, and there is no other way to have one that is really full. */
export const mayMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** Mounts a disk in the memory as the folder, which is made. */
export function mountDisk(dir: string): SmallDisk {
  const resize = (size: string | number) =>
    execFileSync('mount', ['-o', `remount,size=${size}`, dir], { stdio: 'pipe' });
  mkdirSync(dir, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${ROOM},mode=755`, 'tmpfs', dir]);
  return {
    fill() {
      for (let tries = 1; ; tries += 1) {
        try {
          const { blocks, bfree, bsize } = statfsSync(dir);
          return void resize((blocks - bfree + tries) * bsize);
        } catch (error) {
          // What was written meanwhile does not fit.
          if (tries > TRIES) throw error;
        }
      }
    },
    free: () => void resize(ROOM),
    // Lazily: what a killed process had open there goes with it, a moment later.
    unmount: () => void execFileSync('umount', ['-l', dir]),
  };
}
