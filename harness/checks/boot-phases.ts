/** How the console of a host tells that its start has come to a phase: by the first line of it. */
import type { BootPhase } from '../domain/moment.ts';

export const PHASE_BEGINS: Readonly<Record<BootPhase, RegExp>> = {
  loader: /Welcome to GRUB!/,
  kernel: /\] Linux version /,
  initramfs: /\] Run \/init as init process/,
  services: /systemd\[1\]: initrd-switch-root\.service: Deactivated successfully/,
};
