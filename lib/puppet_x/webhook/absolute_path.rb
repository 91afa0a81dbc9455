# frozen_string_literal: true

module PuppetX
  module Webhook
    # A parameter that takes the path of something on this machine.
    class AbsolutePath < Puppet::Parameter
      def unsafe_validate(value)
        names = value.is_a?(String) ? value.split('/') - ['', '.'] : []
        return if value.to_s.start_with?('/') && names.any? && !names.include?('..')

        raise ArgumentError, "#{name} must be an absolute path, below / and without .., " \
                             "not '#{value}'"
      end

      def unsafe_munge(value)
        File.expand_path(value.squeeze('/'))
      end
    end
  end
end
