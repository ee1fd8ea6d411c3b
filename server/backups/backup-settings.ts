/** Where backups are kept, as the operator says. */
export interface BackupSettings {
  /** Where the files are. */
  readonly directory: string;
}
