# frozen_string_literal: true

module PuppetX
  module Webhook
    # What one attribute has to say about another.
    module Checks
      private

      def needs(name, other)
        return if self[name].nil? || self[name] == false || !self[other].nil?

        raise Puppet::Error, "#{name} needs #{other}"
      end

      def excludes(name, others)
        return unless self[name]

        given(others) do |other|
          raise Puppet::Error, "#{name} and #{other} cannot both be set"
        end
      end

      def given(names)
        names.each { |name| yield name if parameter(name) && self[name] }
      end
    end
  end
end
