# frozen_string_literal: true

module PuppetX
  module Webhook
    # A value of the manifest as the helper can be told it, with whatever in it was Sensitive kept
    # as the texts that no message may hold.
    class PlainValue
      SENSITIVE = Puppet::Pops::Types::PSensitiveType::Sensitive
      JSON_TYPES = [Numeric, NilClass, TrueClass, FalseClass].freeze

      attr_reader :value, :secrets

      def initialize(value, sensitive: false)
        @secrets = []
        @value = plain(value, sensitive)
      end

      private

      def plain(value, secret)
        case value
        when SENSITIVE then plain(value.unwrap, true)
        when Hash then value.to_h { |key, inner| [key.to_s, plain(inner, secret)] }
        when Array then value.map { |inner| plain(inner, secret) }
        else
          @secrets << value.to_s if secret
          scalar(value)
        end
      end

      # What JSON knows is told as it is, and all else by its text.
      def scalar(value)
        return if value == :undef

        JSON_TYPES.any? { |type| value.is_a?(type) } ? value : value.to_s
      end
    end
  end
end
