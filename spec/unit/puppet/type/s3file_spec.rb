# frozen_string_literal: true

require 'spec_helper'

describe Puppet::Type.type(:s3file) do
  def s3file(attributes = {})
    usual = { title: 'micro_service_1.2', path: '/builds/micro_service/' }
    described_class.new(usual.merge(attributes).compact)
  end

  it 'asks for an object by the beginning of its name, to be kept under its title' do
    expect(s3file.to_wire).to eq(
      'path' => '/var/lib/webhook/artifacts/micro_service_1.2', 'ensure' => 'present',
      'source' => '/builds/micro_service/micro_service_1.2', 'name_prefix' => true
    )
  end

  it 'puts it where target says' do
    expect(s3file(target: '/opt/app.zip').to_wire).to include('path' => '/opt/app.zip')
  end

  it 'takes path with or without the slash at its end, in both spellings' do
    { '/some/bucket/' => '/some/bucket/x', '/b' => '/b/x', 's3://b/d' => 's3://b/d/x' }
      .each do |path, source|
        expect(s3file(title: 'x', path: path).to_wire).to include('source' => source)
      end
  end

  it 'has every attribute of s3 that is for a single object, with the same rules' do
    s3 = Puppet::Type.type(:s3)
    of_prefix = PuppetX::Webhook::S3Resource::FOR_PREFIX
    lacking = s3.allattrs.reject { |name| described_class.validattr?(name) }
    expect(lacking).to match_array(of_prefix + [:source])
    expect { s3file(mode: '9') }.to raise_error(Puppet::Error, /mode must be/)
    expect { s3file(checksum: 'x') }.to raise_error(Puppet::Error, /checksum must be/)
    expect { s3file(cleanup: true) }.to raise_error(Puppet::Error, /cleanup needs extract/)
    expect { s3file(version_id: '1') }.to raise_error(Puppet::Error, /version_id is for the one/)
    resource = s3file(replace: 'no', mode: '640', extract: '/opt/x', creates: '/opt/x/bin')
    expect(resource.to_wire).to include('replace' => false, 'mode' => '0640',
                                        'extract' => '/opt/x', 'creates' => '/opt/x/bin')
  end

  it 'is documented as s3 is' do
    %i[access_key_id checksum owner mode].each do |name|
      expect(described_class.attrclass(name).doc).to eq(Puppet::Type.type(:s3).attrclass(name).doc)
    end
  end

  it 'fails what cannot be meant' do
    {
      { title: 'a/b' } => /belongs to path/,
      { path: 'bucket/' } => /path must be where on S3/,
      { path: 's3://' } => /path must be where on S3/,
      { target: 'relative' } => /target must be an absolute path/,
      { path: nil } => /source is needed|path/
    }.each do |attributes, message|
      expect { s3file(attributes) }.to raise_error(Puppet::Error, message)
    end
  end

  describe 'in a catalog' do
    def in_catalog(resource, *others)
      catalog = Puppet::Resource::Catalog.new
      catalog.add_resource(resource, *others)
      resource
    end

    it 'brings the directory of builds without a target, unless that is declared' do
      file = Puppet::Type.type(:file).new(title: '/var/lib/webhook')
      made = ->(resource) { resource.generate.map(&:ref) }
      expect(made.call(in_catalog(s3file)))
        .to eq(['File[/var/lib/webhook]', 'File[/var/lib/webhook/artifacts]'])
      expect(made.call(in_catalog(s3file, file))).to eq(['File[/var/lib/webhook/artifacts]'])
      expect(made.call(in_catalog(s3file(target: '/opt/x')))).to be_empty
      expect(made.call(in_catalog(s3file(ensure: :absent)))).to be_empty
    end

    def directories(*builds)
      resources = builds.map.with_index { |build, at| s3file(title: "build#{at}", **build) }
      in_catalog(*resources).generate
    end

    it 'plans that directory only, where all that would go there is only planned' do
      expect(directories({ noop: true }, { noop: true })).to all(be_noop)
      expect(directories({ noop: true }, {}).any?(&:noop?)).to be(false)
      expect(directories({ noop: true }, { target: '/opt/x' })).to all(be_noop)
      Puppet[:noop] = true
      expect(directories({}, {})).to all(be_noop)
      expect(directories({}, { noop: false }).any?(&:noop?)).to be(false)
    end

    it 'makes that directory by the schedule that all have, and with the tags of any' do
      schedule = ->(*builds) { directories(*builds).map { |directory| directory[:schedule] }.uniq }
      expect(schedule.call({ schedule: 'never' }, { schedule: 'never' })).to eq(['never'])
      expect(schedule.call({ schedule: 'never' }, {})).to eq([nil])
      expect(directories({ tag: 'x' }, { tag: 'y' })).to all(be_tagged('x').and(be_tagged('y')))
    end

    it 'requires the directory that its target goes to' do
      file = Puppet::Type.type(:file).new(title: '/opt')
      resource = in_catalog(s3file(target: '/opt/a/x'), file)
      expect(resource.autorequire.map { |relation| relation.source.ref }).to eq(['File[/opt]'])
    end
  end

  it 'redacts its secrets' do
    resource = Puppet::Resource.new(
      :s3file, 'x',
      parameters: { path: '/b', access_key_id: 'a', secret_access_key: 's' },
      sensitive_parameters: [:secret_access_key]
    ).to_ral
    expect(resource.parameter(:secret_access_key).sensitive).to be(true)
  end
end
