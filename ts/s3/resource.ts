/** An `s3` resource as Puppet sends it: a field has the name of its attribute; unset ones are absent. */
export interface S3Resource {
  path: string;
  ensure: 'present' | 'absent' | 'latest';
  /** May be left out with `ensure => absent`. */
  source?: string;
  /** Set by s3file: the source's last segment is a name or the beginning of one. */
  name_prefix?: boolean;
  allow_downgrade?: boolean;

  access_key_id?: string;
  secret_access_key?: string;
  session_token?: string;
  profile?: string;
  role_arn?: string;
  external_id?: string;
  anonymous?: boolean;
  region?: string;
  endpoint?: string;
  force_path_style?: boolean;
  ca_file?: string;
  request_payer?: boolean;
  sse_customer_key?: string;

  version_id?: string;
  checksum?: string;
  always_hash?: boolean;

  /** Numbers: Puppet knows the names. */
  owner?: number;
  group?: number;
  /** Octal digits. */
  mode?: string;

  purge?: boolean;
  max_purge?: number;
  allow_empty?: boolean;
  include?: string[];
  exclude?: string[];
  /** Paths below `path` that other resources have, for purge to spare; `dir/` is all that is in it. */
  declared?: string[];

  replace?: boolean;
  validate_cmd?: string[];
  extract?: string;
  creates?: string;
  cleanup?: boolean;
}

/** What a resource looks like now; Puppet compares and reports it. */
export interface State {
  ensure: 'present' | 'absent';
  content?: ContentState;
  /** Of a prefix: what was asked for if all files have it, else a text that says how many do not. */
  owner?: number | string | undefined;
  group?: number | string | undefined;
  mode?: string | undefined;
}

export interface ContentState {
  in_sync: boolean;
  is: string;
  should: string;
}

/** What was done, as the report tells it. */
export interface Change {
  message: string;
}
