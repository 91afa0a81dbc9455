# frozen_string_literal: true

module PuppetX
  module Webhook
    # Finds the Node that runs the helpers.
    module Node
      OLDEST = '20.18.1'

      class << self
        # Class webhook, where it is declared, says which Node is meant and what package brings it.
        def declared(catalog)
          catalog&.resource('Class', 'webhook')
        end

        # The resource that installs Node, if any: looked up once, as each of thousands asks.
        def package(catalog)
          unless @catalog.equal?(catalog)
            @catalog = catalog
            name = (declared(catalog) || {})[:node_package] || 'nodejs'
            @package = catalog.resources.find { |it| it.type == :package && it[:name] == name }
          end
          @package
        end

        def path(catalog)
          configured = (declared(catalog) || {})[:node_path]
          if configured
            return configured if File.executable?(configured)

            raise HelperError, "webhook::node_path is #{configured}, but no program is there"
          end
          Puppet::Util.which('node') || Puppet::Util.which('nodejs') ||
            raise(HelperError, "Node.js is not in Puppet's path: declare class webhook with " \
                               'manage_node => true, or set webhook::node_path')
        end

        # Why this Node cannot run a helper; nil where its age is not the reason.
        def too_old(path)
          said = IO.popen([path, '--version', { err: File::NULL }], &:read)
          version = said[/\Av(\d+\.\d+\.\d+)/, 1]
          return unless version && old?(version)

          "Node.js #{version} at #{path} is too old, #{OLDEST} or later is needed: " \
            'install a newer one, or set webhook::node_path'
        rescue SystemCallError
          nil
        end

        def old?(version)
          Gem::Version.new(version.delete_prefix('v')) < Gem::Version.new(OLDEST)
        end
      end
    end
  end
end
