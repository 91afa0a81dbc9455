# frozen_string_literal: true

# The facts of every supported system ship with the specs: what a facterdb holds depends on its
# version, and a system that it lacks gets no example without a word.
ENV['FACTERDB_SEARCH_PATHS'] = File.join(__dir__, 'facterdb')
ENV['FACTERDB_SKIP_DEFAULTDB'] = 'yes'

require 'fileutils'
require 'rspec-puppet'
require 'rspec-puppet-facts'

modules = File.join(__dir__, 'fixtures', 'modules')
FileUtils.mkdir_p(modules)
this_module = File.join(modules, 'webhook')
File.symlink('../../..', this_module) unless File.symlink?(this_module)

RSpec.configure do |config|
  config.include RspecPuppetFacts
  config.extend RspecPuppetFacts
  config.module_path = modules
  # Its own set-up makes a directory for every kind of spec, and links a second time.
  config.setup_fixtures = false
  config.default_facter_version = '4.2.14'
  config.fail_if_no_examples = true
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.strict_variables = true
end
