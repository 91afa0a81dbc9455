# A service's greatest version, its web site and a tool, from S3 to disk:
#   puppet apply --hiera_config examples/hiera.yaml examples/s3.pp
#
# Hiera knows what differs between sites, in examples/data/common.yaml. It has no key of S3: those
# are in the profile `builds` of ~/.aws/credentials on the machine itself, and so in no catalog.
$bucket   = lookup('builds::bucket')
$endpoint = lookup('builds::endpoint')
$root     = lookup('builds::root')

include webhook

file { [$root, "${root}/services"]:
  ensure => directory,
}

s3 {
  default:
    endpoint => $endpoint,
    profile  => 'builds',
  ;

  # The greatest version that S3 has, extracted whenever it is another one, or VERSION is missing.
  "${root}/our_app.tar.gz":
    ensure  => latest,
    source  => "/${bucket}/our_app/our_app_*.tar.gz",
    extract => "${root}/our_app",
    creates => "${root}/our_app/VERSION",
    notify  => Exec['restart our_app'],
  ;

  # A directory that holds what the prefix holds, and nothing else.
  "${root}/www":
    source    => "/${bucket}/www/",
    exclude   => ['*.bak', 'cache/'],
    purge     => true,
    max_purge => 100,
    mode      => '0644',
  ;

  # An object that is pinned: once it is right, S3 is not asked at all.
  "${root}/report.sh":
    source   => "/${bucket}/tools/report.sh",
    checksum => lookup('builds::report_checksum'),
    mode     => '0755',
  ;
}

# The same from the view of the build: its name on S3 begins with the title.
s3file { 'micro_service_':
  ensure   => latest,
  path     => "/${bucket}/services/",
  target   => "${root}/services/micro_service.zip",
  endpoint => $endpoint,
  profile  => 'builds',
}

# Stands for the service that runs the build: it is refreshed by a new version and by nothing else.
exec { 'restart our_app':
  command     => "/bin/cp ${root}/our_app/VERSION ${root}/running_version",
  refreshonly => true,
}
