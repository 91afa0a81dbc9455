# frozen_string_literal: true

Puppet::Type.type(:s3file).provide(:node, parent: Puppet::Type.type(:s3).provider(:node)) do
  desc 'Does what the provider of s3 does.'
end
