# frozen_string_literal: true

module PuppetX
  module Webhook
    # A property whose change is told in the words of whoever made it.
    module ToldByProvider
      # Nothing was done yet in noop, where late versions of Puppet 8 ask this as well.
      def change_to_s(is, should)
        return provider.message unless noop

        "current_value #{is_to_s(is)}, should be #{should_to_s(should)}"
      end
    end
  end
end
