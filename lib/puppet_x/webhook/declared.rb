# frozen_string_literal: true

module PuppetX
  module Webhook
    # What a catalog declares below a directory, which whoever purges there must spare.
    module Declared
      # Relative to the directory; with a / at its end, all that is in it.
      def self.below(directory, catalog)
        root = "#{directory}/"
        catalog.resources.flat_map { |resource| claims(resource) }
               .select { |path| path.start_with?(root) && path != root }
               .map { |path| path.delete_prefix(root) }
      end

      def self.claims(resource)
        case resource
        when S3Resource then resource.claims
        when Puppet::Type.type(:file)
          # What a recursive one will manage there is not in the catalog yet.
          [resource.recurse? ? "#{resource[:path]}/" : resource[:path]]
        else []
        end
      end
      private_class_method :claims
    end
  end
end
