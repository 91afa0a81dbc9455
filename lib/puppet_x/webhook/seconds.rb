# frozen_string_literal: true

module PuppetX
  module Webhook
    # A parameter that takes a time, in seconds.
    class Seconds < Puppet::Parameter
      # What the helper's timers can hold: more would be no time at all.
      MOST = 2_147_483.0

      def unsafe_validate(value)
        return if value.to_s =~ /\A\d+(\.\d+)?\z/ && value.to_f.positive?

        raise ArgumentError, "#{name} must be a number of seconds, not '#{value}'"
      end

      def unsafe_munge(value)
        [value.to_f, MOST].min
      end
    end
  end
end
