/** What consoles say when something is wrong: held against every line of every serial console. */

export interface Symptom {
  readonly id: string;
  readonly pattern: RegExp;
  /** What it means, as part of a sentence: "booting: {meaning}". */
  readonly meaning: string;
  /** `never`: what is waited for can no longer come. `note`: worth a line in the report. */
  readonly kind: 'never' | 'note';
}

export const SYMPTOMS: readonly Symptom[] = [
  // firmware
  {
    id: 'efi-no-bootable',
    kind: 'never',
    meaning: 'the firmware found nothing to boot',
    pattern: /BdsDxe: No bootable option or device was found/,
  },
  {
    id: 'efi-shell',
    kind: 'never',
    meaning: 'the firmware ended in its shell',
    pattern: /^(UEFI Interactive Shell|Shell>)/,
  },
  {
    id: 'secure-boot',
    kind: 'never',
    meaning: 'Secure Boot refused an image',
    pattern: /Security Violation|bad shim signature|Verification failed: \(0x1A\)/,
  },
  // boot loader
  {
    id: 'grub-rescue',
    kind: 'never',
    meaning: 'GRUB ended in its rescue shell',
    pattern: /^grub rescue>|Entering rescue mode\.\.\./,
  },
  {
    id: 'grub-prompt',
    kind: 'never',
    meaning: 'GRUB ended at its prompt',
    pattern: /^grub>|^\s*Minimal BASH-like line editing is supported/,
  },
  {
    id: 'grub-file-missing',
    kind: 'never',
    meaning: 'GRUB did not find a file it was told to load',
    pattern: /^error: file `.*' not found/,
  },
  {
    id: 'grub-no-kernel',
    kind: 'never',
    meaning: 'GRUB was told to start without a kernel',
    pattern: /^error: you need to load the kernel first/,
  },
  // kernel and initramfs
  {
    id: 'kernel-panic',
    kind: 'never',
    meaning: 'the kernel panicked',
    pattern: /Kernel panic - not syncing/,
  },
  {
    id: 'dracut-emergency',
    kind: 'never',
    meaning: 'the initramfs gave up and opened its emergency shell',
    pattern: /Entering emergency mode\. Exit the shell to continue|^(switch_root|dracut):(\/|~)?#/,
  },
  {
    id: 'dracut-timeout',
    kind: 'note',
    meaning: 'the initramfs waited in vain for a device',
    pattern: /dracut-initqueue.*[Tt]imeout/,
  },
  {
    id: 'emergency-mode',
    kind: 'never',
    meaning: 'systemd ended in emergency mode',
    pattern: /You are in (emergency|rescue) mode/,
  },
  {
    id: 'no-init',
    kind: 'never',
    meaning: 'the kernel found no init',
    pattern: /No working init found/,
  },
  {
    id: 'out-of-memory',
    kind: 'note',
    meaning: 'the kernel ran out of memory',
    pattern: /Out of memory: Killed process|oom-kill:/,
  },
  {
    id: 'io-error',
    kind: 'note',
    meaning: 'a disk of the guest returned an error',
    pattern: /I\/O error, dev \w+/,
  },
  {
    id: 'fs-error',
    kind: 'note',
    meaning: 'a file system of the guest is damaged',
    pattern: /EXT4-fs error|XFS \(.*\): (Corruption|Metadata corruption)|SQUASHFS error/,
  },
  {
    id: 'unit-failed',
    kind: 'note',
    meaning: 'a unit failed to start',
    pattern: /\[(.{0,10})?FAILED(.{0,10})?\]|Failed to (start|mount) /,
  },
  // installers
  {
    id: 'installer-error',
    kind: 'never',
    meaning: 'the installer gave up',
    pattern: /installer: ERROR: /,
  },
  {
    id: 'anaconda-kickstart',
    kind: 'never',
    meaning: 'Anaconda refused the kickstart',
    pattern:
      /The following error occurred while parsing the kickstart|error on line \d+ of .*ks\.cfg|There was an error parsing the kickstart/i,
  },
  {
    id: 'anaconda-error',
    kind: 'never',
    meaning: 'Anaconda stopped with an error',
    pattern:
      /An unknown error has occurred|The following error occurred while installing|Pane is dead|anaconda.*Traceback|Error setting up (base repository|software source)/,
  },
  {
    id: 'anaconda-asks',
    kind: 'never',
    meaning: 'Anaconda waits for an answer: the kickstart is not complete',
    pattern:
      /Please make (a|your) selection from the above|Enter 'b' to begin installation|Press ENTER to continue/,
  },
  {
    id: 'installer-disk',
    kind: 'never',
    meaning: 'the installer found no disk that fits',
    pattern:
      /not enough free space on disks|No usable disks|no disks? (were|was) (found|selected)/i,
  },
];

/** The first symptom that a line shows; null if it shows none. */
export function symptomOf(line: string): Symptom | null {
  const bounded = line.slice(0, 1000);
  return SYMPTOMS.find(({ pattern }) => pattern.test(bounded)) ?? null;
}
