/** What belongs to the administrator: what is the host's, and what each layer holds of it. */
import { administratorArguments, type HostView } from './view.ts';

/** The same whichever layer runs. */
export interface Identity {
  readonly machineId: string;
  readonly hostKeys: readonly string[];
}

/** What a layer has of its own and takes over from the layer it was made beside. */
export interface Settings {
  /** As views have them; the name alone for an account that no view has shown. */
  readonly users: readonly string[];
  /** What the layer is to be started with: the kernel that runs may have been started before one was added. */
  readonly kernelArguments: readonly string[];
}

export type SettingsByLayer = Readonly<Record<string, Settings>>;

export function identityOf({ machineId, hostKeys }: HostView): Identity {
  return { machineId, hostKeys };
}

/**
 * Settings by layer after the host was looked at: those of `running`, the layer that ran until now, are what every layer
 * begins with that was not there before or has just been `made`.
 */
export function settingsSeen(
  known: SettingsByLayer,
  running: string | null,
  made: string | null,
  view: HostView,
): SettingsByLayer {
  const seen = { users: view.users, kernelArguments: administratorArguments(view.kernelArguments) };
  const inherited = (running === null ? undefined : known[running]) ?? seen;
  return Object.fromEntries(
    view.layers.map(({ id }) => {
      const { users, kernelArguments } = (id === made ? undefined : known[id]) ?? inherited;
      return [id, { users: users.map((user) => shown(user, view)), kernelArguments }];
    }),
  );
}

export function withSettings(
  known: SettingsByLayer,
  layers: readonly string[],
  change: (settings: Settings) => Settings,
): SettingsByLayer {
  const changed = layers.map((id) => {
    return [id, change(known[id] ?? { users: [], kernelArguments: [] })] as const;
  });
  return { ...known, ...Object.fromEntries(changed) };
}

/** All of an account of which only the name was known. */
function shown(user: string, { users }: HostView): string {
  return user.includes(':') ? user : (users.find((one) => one.startsWith(`${user}:`)) ?? user);
}
