# @summary The Node runtime that the types of this module do their work with.
#
# The types run without this class wherever a `node` of version 20.18.1 or later is in the path of
# Puppet. Declare it to install one, or to name another. A type works in the same run that
# installs the package: every resource of the module comes after it by itself.
#
# @example Node from a package
#   class { 'webhook':
#     manage_node => true,
#   }
#
# @example A Node that something else installs
#   class { 'webhook':
#     node_path => '/opt/node-22/bin/node',
#   }
#
# @param manage_node
#   Whether to install the package that holds Node. Where the system's own package is older than
#   Node 20.18.1, set up a repository that has a newer one first.
#
# @param node_package
#   The name of that package. Resources of this module come after it, whoever declares it.
#
# @param node_path
#   The Node to run. Left out, it is the first `node` in the path of Puppet.
class webhook (
  Boolean                         $manage_node  = false,
  String[1]                       $node_package = 'nodejs',
  Optional[Webhook::Absolutepath] $node_path    = undef,
) {
  if $manage_node {
    package { $node_package:
      ensure => installed,
    }
  }
}
