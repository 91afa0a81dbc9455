# @summary A path that begins at the root, such as `/opt/node-22/bin/node`.
#
# @example
#   class profile::runtime (Webhook::Absolutepath $node) {
#     class { 'webhook':
#       node_path => $node,
#     }
#   }
type Webhook::Absolutepath = Pattern[/\A\/[^\n\0]*\z/]
