# frozen_string_literal: true

module PuppetX
  module Webhook
    # Of the module; the helpers say theirs, and both must agree.
    VERSION = '0.1.0'
  end
end
