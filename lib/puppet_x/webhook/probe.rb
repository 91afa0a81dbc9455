# frozen_string_literal: true

require_relative 'statuses'

module PuppetX
  module Webhook
    # A parameter that takes a question and what its answer must be.
    class Probe < Puppet::Parameter
      ATTRIBUTES = %w[url route method status json header body].freeze
      # Those that change nothing, since noop asks too.
      METHODS = %w[get head options].freeze

      def unsafe_validate(value)
        raise ArgumentError, "#{name} must be a Hash such as {'status' => 200}" unless hash?(value)

        check_attributes(value.transform_keys(&:to_s))
      end

      def unsafe_munge(value)
        probe = value.transform_keys(&:to_s)
        probe['status'] = Statuses.list(probe['status']) if probe['status']
        probe['method'] = probe['method'].to_s.downcase if probe['method']
        probe
      end

      private

      def hash?(value)
        value.is_a?(Hash) && !value.empty?
      end

      def check_attributes(probe)
        unknown = (probe.keys - ATTRIBUTES).first
        if unknown
          raise ArgumentError, "#{name} has no #{unknown}: it may have #{ATTRIBUTES.join(', ')}"
        end

        Statuses.check("the status of #{name}", probe['status']) if probe['status']
        check_method(probe['method'] || METHODS.first)
      end

      def check_method(method)
        return if METHODS.include?(method.to_s.downcase)

        raise ArgumentError, "the method of #{name} must be one of #{METHODS.join(', ')}, as a " \
                             'probe changes nothing'
      end
    end
  end
end
