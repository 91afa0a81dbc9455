# frozen_string_literal: true

module PuppetX
  module Webhook
    # A parameter that takes one HTTP status or several.
    class Statuses < Puppet::Parameter
      def self.list(value)
        Array(value).map do |one|
          next one.to_i if one.to_s =~ /\A[1-5]\d\d\z/

          raise ArgumentError, "'#{one}' is not an HTTP status such as 200"
        end
      end

      def unsafe_munge(value)
        self.class.list(value)
      end
    end
  end
end
