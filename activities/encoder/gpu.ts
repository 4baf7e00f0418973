import { existsSync } from 'node:fs';

/** Whether the driver of an NVIDIA GPU shows a device, on Linux or in WSL; asking CUDA itself would load gigabytes. */
export const hasGpu = (): boolean => existsSync('/dev/nvidia0') || existsSync('/dev/dxg');
