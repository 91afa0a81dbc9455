# frozen_string_literal: true

require_relative 'helper'

module PuppetX
  module Webhook
    # A provider whose work is done by the helper process of its name.
    module Helped
      def self.included(provider)
        provider.extend(ClassMethods)
      end

      # One helper serves all resources, from the first question to the end of the run.
      module ClassMethods
        def helper
          Helper.for(self::HELPER)
        end

        def post_resource_eval
          helper.stop
        end
      end

      # What the last change was, as the report tells it.
      attr_reader :message

      private

      def ask(method, params = {})
        self.class.helper.ask(resource, method, params.merge('resource' => resource.to_wire))
      end
    end
  end
end
