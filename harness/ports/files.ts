/** Files of machines: large, and with holes that stay holes. */
export interface Files {
  /** Gives the file another name, on another file system if need be. */
  readonly move: (from: string, to: string) => Promise<void>;
  /** Shares the blocks where the file system can. */
  readonly copy: (from: string, to: string) => Promise<void>;
  /** It need not be there. */
  readonly remove: (file: string) => Promise<void>;
  readonly write: (file: string, text: string) => Promise<void>;
  /** Null if there is none. */
  readonly read: (file: string) => Promise<string | null>;
  readonly exists: (file: string) => Promise<boolean>;
}
