/** What is put beside an installation medium. */
export interface KickstartVolumes {
  /** Writes a volume with label OEMDRV that holds the kickstart. */
  readonly write: (file: string, kickstart: string) => Promise<void>;
}
