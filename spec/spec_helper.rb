# frozen_string_literal: true

require 'rspec-puppet'
require 'fileutils'
require_relative 'supported_systems'

modules = File.join(__dir__, 'fixtures', 'modules')
this_module = File.join(modules, 'webhook')
FileUtils.mkdir_p(modules)
File.symlink('../../..', this_module) unless File.symlink?(this_module)

RSpec.configure do |config|
  config.extend SupportedSystems
  config.module_path = modules
  # Its own set-up makes a directory for every kind of spec, and links a second time.
  config.setup_fixtures = false
  config.strict_variables = true
  config.fail_if_no_examples = true
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
end
