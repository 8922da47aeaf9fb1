/** The memory of a machine that goes on from a frozen one. */
import type { Files } from '../ports/files.ts';
import type { MachineSpec } from '../ports/machine.ts';

/**
 * One that will be frozen again writes to a copy, any other to pages of its own: the file stays as it is. Undefined: the frozen
 * machine had no memory file, and its state holds its memory.
 */
export async function memoryLike(
  frozen: string,
  { willFreeze, copy }: { readonly willFreeze: boolean; readonly copy: string },
  files: Pick<Files, 'copy' | 'exists'>,
): Promise<MachineSpec['memory']> {
  if (!(await files.exists(frozen))) return undefined;
  if (!willFreeze) return { file: frozen, access: 'private' };
  await files.copy(frozen, copy);
  return { file: copy, access: 'shared' };
}
