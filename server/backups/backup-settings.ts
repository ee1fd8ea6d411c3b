/** A bucket of an S3-compatible store. */
export interface BucketSettings {
  /** Its address, `https://…` or `http://…`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly keyId: string;
  readonly secretKey: string;
}

/** Where backups are kept, as the operator says. */
export interface BackupSettings {
  /** `files`: each as a file of its own, for which nothing is needed; `restic`: deduplicated, in repositories of restic. */
  readonly store: 'files' | 'restic';
  readonly directory: string;
  /** What restic keeps at hand of a bucket. */
  readonly cacheDirectory: string;
  /** In place of the directory. */
  readonly bucket: BucketSettings | undefined;
}
