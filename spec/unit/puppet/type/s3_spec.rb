# frozen_string_literal: true

require 'spec_helper'

describe Puppet::Type.type(:s3) do
  def s3(attributes = {})
    usual = { title: '/opt/app.zip', source: '/builds/app.zip' }
    described_class.new(usual.merge(attributes).compact)
  end

  keys = { access_key_id: 'AKID', secret_access_key: 'secret' }

  describe 'a value that cannot be meant' do
    {
      path: ['relative/path', '', '/', '//', '/a/../b', '/..', 7],
      source: ['bucket/key', 'https://host/key', '/', '//key', 's3://', '', 7],
      ensure: ['file', ''],
      endpoint: ['s3.example.com', 'ftp://host', 'https://', 'https://user:pass@host',
                 'https://host/?query', 'https://host/#part', 'https://ho st', "https://host\n"],
      region: ['eu central', 'EU', 'eu.central', 'eu/1', '', "eu-1\n"],
      ca_file: ['ca.pem'],
      sse_customer_key: ['short', 'x' * 44, "#{'A' * 42}=="],
      checksum: ['abc', 'sha256:', 'sha256:abc', "sha257:#{'a' * 64}", "sha256:#{'g' * 64}",
                 "sha256:#{'a' * 65}", "sha256:#{'a' * 64}\n"],
      max_purge: ['many', '-1', '1.5'],
      extract: ['opt/app', '/a/../b'],
      creates: ['bin/app'],
      mode: ['644x', '0999', '64', '00644', 'u=rw', 420, "0644\n"],
      content: ['text'],
      purge: ['perhaps']
    }.each do |name, values|
      values.each do |value|
        it "fails #{name} => #{value.inspect}, and names it" do
          more = name == :path ? { title: 'app' } : {}
          expect { s3(more.merge(name => value)) }
            .to raise_error(Puppet::Error, /#{name}/i)
        end
      end
    end
  end

  describe 'what a manifest may write' do
    itself = ->(*values) { values.to_h { |value| [value, value] } }
    for_prefix = { source: '/b/p/', purge: true }
    beside = { path: { title: 'app' }, max_purge: for_prefix,
               include: for_prefix, exclude: for_prefix, access_key_id: keys,
               secret_access_key: keys, session_token: keys }
    {
      path: { '/a/b/' => '/a/b', '/a b/ü' => '/a b/ü', '/a/..b' => '/a/..b', '//a' => '/a',
              '/a//b/./c///' => '/a/b/c', '/~a' => '/~a' },
      source: itself.call('/b/k', 's3://b/k', '/b/', '/b', 's3://b', '/b//k'),
      endpoint: itself.call('http://127.0.0.1:8000', 'https://s3.example.com/', 'https://host/s3'),
      checksum: { "SHA256:#{'A' * 64}" => "sha256:#{'a' * 64}" }
        .merge(itself.call("md5:#{'0' * 32}", "crc64nvme:#{'f' * 16}")),
      region: itself.call('us-east-1', 'cn-north-1', 'default'),
      access_key_id: { 12_345_678 => '12345678' },
      secret_access_key: { 87_654_321 => '87654321' },
      session_token: { 11_223_344 => '11223344' },
      max_purge: { '10' => 10, 0 => 0 },
      mode: { '644' => '0644', '0644' => '0644', '4755' => '4755' },
      include: { '*.conf' => ['*.conf'], %w[a b] => %w[a b] },
      exclude: { 'cache/' => ['cache/'] },
      validate_cmd: { '/bin/check -f % "a b"' => ['/bin/check', '-f', '%', 'a b'],
                      ['/bin/check', '%'] => ['/bin/check', '%'] },
      replace: { 'no' => false, true => true, 'false' => false }
    }.each do |name, values|
      values.each do |value, meant|
        it "takes #{name} => #{value.inspect} for #{meant.inspect}" do
          resource = s3(beside.fetch(name, {}).merge(name => value))
          property = resource.parameter(name).is_a?(Puppet::Property)
          expect(property ? resource.should(name) : resource[name]).to eq(meant)
        end
      end
    end

    it 'is present unless it says otherwise' do
      expect(s3[:ensure]).to eq(:present)
    end

    it 'needs no source to remove what is there' do
      expect { described_class.new(title: '/a', ensure: 'absent') }.not_to raise_error
    end
  end

  describe 'attributes that do not go together' do
    {
      'source is needed' => { source: nil },
      'secret_access_key needs access_key_id' => { secret_access_key: 'x' },
      'access_key_id needs secret_access_key' => { access_key_id: 'x' },
      'session_token needs access_key_id' => { session_token: 'x' },
      'external_id needs role_arn' => { external_id: 'x' },
      'creates needs extract' => { creates: '/opt/app/bin' },
      'cleanup needs extract' => { cleanup: true },
      'anonymous and access_key_id cannot both be set' => keys.merge(anonymous: true),
      'anonymous and profile cannot both be set' => { anonymous: true, profile: 'x' },
      'anonymous and role_arn cannot both be set' => { anonymous: true, role_arn: 'x' },
      'access_key_id and profile cannot both be set' => keys.merge(profile: 'x'),
      'checksum is for a single object' => { source: '/b/p/', checksum: "md5:#{'0' * 32}" },
      'extract is for a single object' => { source: '/b', extract: '/opt/app' },
      'version_id is for a single object' => { source: 's3://b/', version_id: '1' },
      'version_id is for the one object that source names' =>
        { ensure: 'latest', source: '/b/app-*.zip', version_id: '1' },
      'validate_cmd is for a single object' => { source: '/b/p/', validate_cmd: '/bin/true' },
      'purge is for a prefix; end source with /' => { purge: true },
      'max_purge is for a prefix' => { max_purge: 1 },
      'allow_empty is for a prefix' => { allow_empty: true },
      'include is for a prefix' => { include: '*' },
      'exclude is for a prefix' => { exclude: '*' }
    }.each do |message, attributes|
      it "fails: #{message}" do
        expect { s3(attributes) }
          .to raise_error(Puppet::Error, /#{Regexp.escape(message)}/)
      end
    end

    it 'lets a false switch be, which asks for nothing' do
      expect { s3(cleanup: false, purge: false, anonymous: false, **keys) }.not_to raise_error
    end

    it 'lets a version be named of an object whose key just looks like a pattern' do
      expect { s3(source: '/b/a*', version_id: '1') }.not_to raise_error
      expect { s3(ensure: 'latest', version_id: '1') }.not_to raise_error
    end

    it 'lets a role be assumed with an external id' do
      expect { s3(role_arn: 'arn:aws:iam:::role/x', external_id: 'y', **keys) }.not_to raise_error
    end
  end

  describe 'what it requires' do
    def required_by(resource, *others)
      catalog = Puppet::Resource::Catalog.new
      catalog.add_resource(resource, *others)
      resource.autorequire.map { |relation| relation.source.ref }
    end

    def puppet(type, title, attributes = {})
      Puppet::Type.type(type).new({ title: title }.merge(attributes))
    end

    it 'is the nearest directory above path and extract that is declared' do
      resource = s3(title: '/opt/a/b/app.zip', extract: '/srv/www/app')
      directories = %w[/opt /opt/a /srv/www /srv].map { |path| puppet(:file, path) }
      expect(required_by(resource, *directories))
        .to contain_exactly('File[/opt/a]', 'File[/srv/www]')
    end

    it 'is the directory itself where the source is a prefix' do
      directories = %w[/srv /srv/www].map { |path| puppet(:file, path) }
      expect(required_by(s3(title: '/srv/www', source: '/b/p/'), *directories))
        .to contain_exactly('File[/srv/www]')
    end

    it 'is the certificate file, the user and the group' do
      resource = s3(ca_file: '/etc/ca.pem', owner: 'app', group: 'web')
      others = [puppet(:file, '/etc/ca.pem'), puppet(:user, 'app'), puppet(:group, 'web')]
      others.push(puppet(:user, 'other'), puppet(:group, 'app'))
      expect(required_by(resource, *others))
        .to contain_exactly('File[/etc/ca.pem]', 'User[app]', 'Group[web]')
    end

    it 'is the package of Node, under the name that class webhook gives it' do
      expect(required_by(s3, puppet(:package, 'nodejs'), puppet(:package, 'nodejs-22')))
        .to contain_exactly('Package[nodejs]')
      webhook = Puppet::Resource.new('Class', 'webhook', parameters: { node_package: 'nodejs-22' })
      expect(required_by(s3, webhook.to_ral, puppet(:package, 'node', name: 'nodejs-22')))
        .to contain_exactly('Package[node]')
    end

    it 'is not what a Deferred will name only in its turn' do
      later = Puppet::Pops::Evaluator::DeferredValue.new(-> { raise 'its turn has not come' })
      names = %i[extract creates ca_file owner group mode checksum version_id source]
      resource = s3(names.to_h { |name| [name, later] })
      others = [puppet(:file, '/opt'), puppet(:file, '/'), puppet(:user, 'app')]
      expect(required_by(resource, *others)).to contain_exactly('File[/opt]')
      expect(described_class.provider(:node)).not_to receive(:helper)
      described_class.provider(:node).prefetch('x' => resource)
    end

    it 'is nothing where nothing of it is declared' do
      expect(required_by(s3(owner: 'root', group: '0', ca_file: '/etc/ca.pem'))).to be_empty
    end
  end

  describe 'a Sensitive attribute' do
    secrets = { access_key_id: 'AKIDofTest', secret_access_key: 'secretOfTest',
                session_token: 'tokenOfTest', sse_customer_key: "#{'S' * 43}=" }

    let(:logs) { [] }
    let(:resource) { sensitive(secrets) }

    # As a catalog brings it: the value, and beside it that it is one.
    def sensitive(attributes)
      resource = Puppet::Resource.new(
        :s3, '/opt/app.zip',
        parameters: { source: '/b/k' }.merge(attributes), sensitive_parameters: attributes.keys
      )
      Puppet::Util::Log.with_destination(Puppet::Test::LogCollector.new(logs)) { resource.to_ral }
    end

    it 'is understood, without a warning' do
      expect(secrets.keys.to_h { |name| [name, resource[name]] }).to eq(secrets)
      expect(logs.map(&:message).grep(/sensitive|s3/i)).to be_empty
    end

    it 'is marked, and redacted wherever Puppet shows it' do
      secrets.each_key { |name| expect(resource.parameter(name).sensitive).to be(true) }
      shown = secrets.keys.map { |name| resource.parameter(name).format('%s', resource[name]) }
      expect(shown.join).not_to match(/OfTest|SSS/)
    end

    it 'reaches the helper, which needs it' do
      expect(resource.to_wire).to include(secrets.transform_keys(&:to_s))
    end

    it 'is a text on the wire, and redacted, where YAML took its digits for a number' do
      other = sensitive(access_key_id: 12_345_678, secret_access_key: 87_654_321)
      expect(other.to_wire)
        .to include('access_key_id' => '12345678', 'secret_access_key' => '87654321')
      expect(other.parameter(:secret_access_key).format('%s', '87654321')).not_to include('876')
    end

    it 'may be a property as well' do
      other = sensitive(mode: '0600')
      expect(other.parameter(:mode).sensitive).to be(true)
      expect(other.to_wire).to include('mode' => '0600')
    end
  end

  describe 'on the wire' do
    it 'has only what is set, under the names of the attributes' do
      expect(s3.to_wire)
        .to eq('path' => '/opt/app.zip', 'ensure' => 'present', 'source' => '/builds/app.zip')
    end

    it 'has each kind of value as JSON has it' do
      resource = s3(ensure: 'latest', source: '/b/p/', owner: 'root', group: '12', mode: '640',
                    purge: 'yes', max_purge: '3', replace: false, exclude: '*.bak',
                    noop: true, tag: 'x', loglevel: 'debug', **keys)
      expect(resource.to_wire).to eq(
        'path' => '/opt/app.zip', 'ensure' => 'latest', 'source' => '/b/p/',
        'owner' => 0, 'group' => 12, 'mode' => '0640', 'purge' => true, 'max_purge' => 3,
        'replace' => false, 'exclude' => ['*.bak'],
        'access_key_id' => 'AKID', 'secret_access_key' => 'secret'
      )
    end

    context 'with others below the directory that it purges' do
      def declared_to(attributes, *others)
        resource = s3({ title: '/srv/www', source: '/b/p/' }.merge(attributes))
        Puppet::Resource::Catalog.new.add_resource(resource, *others)
        resource.to_wire['declared']
      end

      def puppet(type, title, attributes = {})
        Puppet::Type.type(type).new({ title: title }.merge(attributes))
      end

      let(:others) do
        [puppet(:file, '/srv/www/a/local.conf'), puppet(:file, '/srv/www'),
         puppet(:file, 'known by another name', path: '/srv/www/alias'),
         puppet(:file, '/srv/www/tree', recurse: true), puppet(:file, '/srv/wwwelse'),
         puppet(:s3, '/srv/www/app.zip', source: '/b/k', extract: '/srv/www/app'),
         puppet(:s3, '/srv/www/sub', source: '/b/q/'),
         puppet(:s3file, 'build', path: '/b/', target: '/srv/www/build'),
         puppet(:user, '/srv/www/user')]
      end

      it 'has what they have, and all that is in a directory they have' do
        expect(declared_to({ purge: true }, *others))
          .to contain_exactly('a/local.conf', 'alias', 'tree/', 'app.zip', 'app/', 'sub/', 'build')
      end

      it 'has them where slashes are doubled, as file and the disk take no notice of those' do
        [{ title: '//srv//www' }, { title: '/srv/www/' }, { title: '/srv/./www' }].each do |root|
          expect(declared_to({ purge: true, **root }, others[0])).to eq(['a/local.conf'])
        end
        other = puppet(:s3, '/srv//www/./app.zip', source: '/b/k')
        expect(declared_to({ purge: true }, other)).to eq(['app.zip'])
      end

      it 'has nothing of them without purge, nor where there are none' do
        expect(declared_to({}, *others)).to be_nil
        expect(declared_to({ purge: true }, others[1])).to be_nil
      end
    end

    it 'lacks an account that does not exist yet' do
      resource = s3(owner: 'nobody-here', group: 'nobody-here')
      expect(resource.to_wire.keys).to eq(%w[path ensure source])
    end
  end
end
