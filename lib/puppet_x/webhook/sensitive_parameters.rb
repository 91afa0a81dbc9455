# frozen_string_literal: true

module PuppetX
  module Webhook
    # Puppet redacts only properties by itself, and warns about parameters that are Sensitive.
    module SensitiveParameters
      def set_sensitive_parameters(names) # rubocop:disable Naming/AccessorMethodName
        properties, others = names.partition { |name| self.class.validproperty?(name) }
        others.each { |name| parameter(name).sensitive = true if parameter(name) }
        super(properties)
      end
    end
  end
end
