# frozen_string_literal: true

require 'json'

# The systems that metadata.json names, each with the facts of spec/facts. They are our own: what a
# facterdb holds depends on its version, and a system that it lacks gets no example without a word.
module SupportedSystems
  ROOT = File.dirname(__dir__)

  def on_supported_os
    metadata = JSON.parse(File.read(File.join(ROOT, 'metadata.json')))
    metadata['operatingsystem_support'].flat_map do |system|
      system['operatingsystemrelease'].map do |release|
        name = "#{system['operatingsystem'].downcase}-#{release}-x86_64"
        [name, JSON.parse(File.read(File.join(ROOT, 'spec', 'facts', "#{name}.json")))]
      end
    end.to_h
  end
end
