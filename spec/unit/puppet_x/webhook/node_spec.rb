# frozen_string_literal: true

require 'spec_helper'
require 'tmpdir'
require 'puppet_x/webhook/helper'

describe PuppetX::Webhook::Node do
  around do |example|
    Dir.mktmpdir { |dir| Dir.chdir(dir, &example) }
  end

  # A program that says which version of Node it is.
  def node(version, name = 'node')
    File.write(name, "#!/bin/sh\necho #{version}\n")
    File.chmod(0o755, name)
    File.expand_path(name)
  end

  def catalog(parameters = nil)
    Puppet::Resource::Catalog.new.tap do |catalog|
      next unless parameters

      catalog.add_resource(Puppet::Resource.new('Class', 'webhook', parameters: parameters).to_ral)
    end
  end

  def with_path(path, &block)
    Puppet::Util.withenv('PATH' => path, &block)
  end

  describe '.path' do
    it 'is the one that class webhook names' do
      program = node('v22.0.0', 'other-node')
      expect(described_class.path(catalog(node_path: program))).to eq(program)
    end

    it 'fails if nothing is there, and names the parameter' do
      File.write('file', '')
      ['/no/such/node', File.expand_path('file')].each do |configured|
        expect { described_class.path(catalog(node_path: configured)) }
          .to raise_error(PuppetX::Webhook::HelperError, /webhook::node_path is #{configured}/)
      end
    end

    it 'is node in the path, or nodejs' do
      with_path(Dir.pwd) do
        nodejs = node('v20.20.0', 'nodejs')
        expect(described_class.path(catalog)).to eq(nodejs)
        expect(described_class.path(nil)).to eq(nodejs)
        expect(described_class.path(catalog(manage_node: true))).to eq(nodejs)
        node = node('v20.20.0')
        expect(described_class.path(catalog)).to eq(node)
      end
    end

    it 'fails where there is none, and says how to get one' do
      with_path(Dir.pwd) do
        expect { described_class.path(catalog) }
          .to raise_error(PuppetX::Webhook::HelperError, /manage_node => true.*webhook::node_path/)
      end
    end
  end

  describe '.too_old' do
    it 'names the version, where it is, and what to do' do
      %w[v18.20.4 v20.18.0 v0.10.48].each do |version|
        program = node(version)
        expect(described_class.too_old(program))
          .to match(/#{version[1..]} at #{program} is too old, 20\.18\.1 .*webhook::node_path/)
      end
    end

    it 'is nothing for one that is new enough, or is no Node at all' do
      %w[v20.18.1 v20.20.0 v22.0.0 v100.0.0].each do |version|
        expect(described_class.too_old(node(version))).to be_nil
      end
      expect(described_class.too_old(node('something else'))).to be_nil
      expect(described_class.too_old(node("''"))).to be_nil
      expect(described_class.too_old('/no/such/node')).to be_nil
    end
  end

  describe '.package' do
    it 'is looked up anew for each catalog' do
      package = Puppet::Type.type(:package).new(title: 'nodejs')
      with = catalog.tap { |it| it.add_resource(package) }
      expect(described_class.package(with)).to eq(package)
      expect(described_class.package(catalog)).to be_nil
    end
  end
end
