/**
 * The hardware clock is years behind at each start, as that of a machine whose CMOS battery is dead.
 *
 * How much of it a guest sees is the guest's own affair: systemd goes on from the time that it was built at, if that is later
 * (`TIME_EPOCH`, or the time of `/usr/lib/clock-epoch`), at every start anew; `systemd-timesyncd`, where it is installed, from when
 * it last ran. So ten years back, a host of ours starts each time at the same moment, that of its systemd.
 */
import type { ClockFault, FaultKind } from '../domain/fault.ts';

export default {
  name: 'clock-set-back',
  title: 'The hardware clock of a host that is off is so many years behind when it starts again.',
  detail: 'As with a dead CMOS battery: it stays so at all later starts. Up to 25 years.',
  example: 'host.strike(clockSetBack({ years: 10 }))',
} satisfies FaultKind;

export function clockSetBack({ years }: { readonly years: number }): ClockFault {
  return { fault: 'clock-set-back', strikes: 'clock', backYears: years };
}
