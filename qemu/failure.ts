/** Why QEMU did not start, or stopped, from what it said: every such failure lies below the guest. */
import { HostproofError, type ErrorCode } from '../harness/domain/errors.ts';

/** First match wins. The texts are QEMU's own, in the C locale. */
const SYMPTOMS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/No space left on device|Disk quota exceeded/, 'env/disk-full'],
  [/load of migration failed/, 'env/image-damaged'],
  [/Failed to get .*lock/, 'env/lock'],
  [/Could not set up host forwarding rule|could not set up host forwarding rule/i, 'env/network'],
  [/No such file or directory[^]*backing|backing[^]*No such file or directory/, 'env/image-absent'],
  [/not in \w+ format|Image is corrupt|is not a valid|Could not open backing/, 'env/image-damaged'],
  [/Input\/output error/, 'env/io'],
];

export function failureCode(text: string): ErrorCode {
  return SYMPTOMS.find(([pattern]) => pattern.test(text))?.[1] ?? 'env/qemu-start';
}

/** QEMU ended before it was ready. */
export function startFailure(machine: string, stderr: string, command: string): HostproofError {
  const words = stderr === '' ? 'it said nothing' : stderr;
  return new HostproofError(failureCode(words), `${machine}: QEMU did not start: ${words}`, {
    cause: new Error(command),
  });
}
