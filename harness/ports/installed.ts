/** Installed hosts that are kept, powered off and never changed again: stories start from a fork of them. */
export interface InstalledHost {
  readonly disk: string;
  readonly variables: string;
}

export interface InstalledHosts {
  readonly find: (key: string) => Promise<InstalledHost | null>;
  /**
   * Takes the files over, atomically, and says where they are now. If this installation is kept already, the files stay
   * where they are: a fresh installation is looked at itself, not at an older one like it.
   */
  readonly publish: (key: string, made: InstalledHost) => Promise<InstalledHost>;
  /** Gives a machine files of its own that begin as these: an overlay and a copy. */
  readonly fork: (from: InstalledHost, to: InstalledHost) => Promise<void>;
}

/** What is put beside an installation medium. */
export interface KickstartVolumes {
  /** Writes a volume with label OEMDRV that holds the kickstart. */
  readonly write: (file: string, kickstart: string) => Promise<void>;
}
