# frozen_string_literal: true

module PuppetX
  module Webhook
    # A parameter that takes one HTTP status or several.
    class Statuses < Puppet::Parameter
      def self.check(name, value)
        statuses = [value].flatten
        bad = statuses.find { |one| one.to_s !~ /\A[1-5]\d\d\z/ }
        return unless bad || statuses.empty?

        raise ArgumentError, "#{name} must be an HTTP status such as 200, or several, " \
                             "not '#{value}'"
      end

      def self.list(value)
        [value].flatten.map(&:to_i)
      end

      def unsafe_validate(value)
        self.class.check(name, value)
      end

      def unsafe_munge(value)
        self.class.list(value)
      end
    end
  end
end
