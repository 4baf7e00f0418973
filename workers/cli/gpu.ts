import { existsSync } from 'node:fs';

/** What to say about the gpu pool's device; undefined where it is as one would expect. */
export function gpuNote(provider: 'auto' | 'cpu' | 'cuda'): string | undefined {
  if (provider === 'cpu') return 'The gpu pool runs on the CPU, as pools.gpu.provider says.';
  // The device file of the first GPU: present wherever the NVIDIA driver is, in containers too.
  if (existsSync('/dev/nvidia0')) return undefined;
  if (provider === 'cuda') return 'No GPU was found, and pools.gpu.provider asks for one: the encoder will not load.';
  return 'No GPU: the gpu pool runs on the CPU.';
}
