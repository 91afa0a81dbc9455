# Tells the services around a machine what it runs:
#   puppet apply --hiera_config examples/hiera.yaml examples/http.pp
#
# Each call is sent once; the next run is silent, and asks nobody.
$services = lookup('calls::fqdn')
$port     = lookup('calls::port')
$token    = lookup('calls::token')

include webhook

http {
  default:
    fqdn         => $services,
    port         => $port,
    bearer_token => $token,
  ;

  # Sent again when a value of data changes, and only then. A key lets the server know a repeat.
  'registry/machines':
    ensure          => post,
    data            => {
      'name'    => 'web1',
      'version' => lookup('calls::version'),
      'workers' => 4,
    },
    idempotency_key => true,
  ;

  # Read, compare, act, verify: sent whenever the backend is not up, whoever took it down.
  'backends/web1':
    ensure => put,
    data   => { 'state' => 'up' },
    unless => { 'json' => { 'state' => 'up' } },
    verify => true,
  ;
}
