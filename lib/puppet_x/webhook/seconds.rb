# frozen_string_literal: true

module PuppetX
  module Webhook
    # A parameter that takes a time, in seconds.
    class Seconds < Puppet::Parameter
      def unsafe_validate(value)
        return if value.to_s =~ /\A\d+(\.\d+)?\z/ && value.to_f.positive?

        raise ArgumentError, "#{name} must be a number of seconds, not '#{value}'"
      end

      def unsafe_munge(value)
        value.to_f
      end
    end
  end
end
