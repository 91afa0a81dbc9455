# frozen_string_literal: true

require 'spec_helper'
require 'puppet_x/webhook/absolute_path'

describe PuppetX::Webhook::AbsolutePath do
  def path(value)
    resource = Puppet::Type.type(:s3).new(title: value, source: '/b/k')
    resource[:path]
  end

  ['/srv/www', '/srv/www/', '//srv//www', '/srv///www//', '/srv/./www/.', '/srv/www/..b', '/~root',
   '/srv/a b', '/srv/ü'].each do |value|
    it "has #{value.inspect} as file has it" do
      expect(path(value)).to eq(Puppet::Type.type(:file).new(title: value)[:path])
    end
  end

  ['relative', '~/home', '', '/', '//', '/.', '/srv/../etc'].each do |value|
    it "fails #{value.inspect}" do
      expect { path(value) }.to raise_error(Puppet::Error, /path must be an absolute path/)
    end
  end
end
