# Ways to reach S3, beside the profile that examples/s3.pp uses:
#   puppet apply --hiera_config examples/hiera.yaml examples/credentials.pp
$bucket   = lookup('builds::bucket')
$endpoint = lookup('builds::endpoint')
$root     = lookup('builds::root')

file { [$root, "${root}/credentials"]:
  ensure => directory,
}

s3 {
  default:
    endpoint => $endpoint,
  ;

  # Keys from Hiera, which lookup_options makes Sensitive: they are in no log and no report.
  "${root}/credentials/by_keys.sh":
    source            => "/${bucket}/tools/report.sh",
    access_key_id     => lookup('builds::access_key_id'),
    secret_access_key => lookup('builds::secret_access_key'),
  ;

  # A role, which the machine's own credentials may assume.
  "${root}/credentials/by_role.sh":
    source   => "/${bucket}/tools/report.sh",
    profile  => 'builds',
    role_arn => lookup('builds::role_arn'),
  ;

  # No credentials at all, for a bucket that anyone may read.
  "${root}/credentials/by_nobody.txt":
    source    => "/${lookup('builds::public_bucket')}/readme.txt",
    anonymous => true,
  ;
}
