/** One entry of an archive, whatever the archive is. */
export interface ArchiveEntry {
  name: string;
  /** Anything that is none of these four, such as a device, is named and refused. */
  kind: 'file' | 'directory' | 'symlink' | 'hardlink' | { other: string };
  /** The permission bits that the archive gives, if it gives any. */
  mode: number | undefined;
  /** Where a symlink points, or the entry that a hard link is another name of. */
  target?: string;
  content(): AsyncIterable<Uint8Array>;
}

export type Visit = (entry: ArchiveEntry) => Promise<void> | void;
