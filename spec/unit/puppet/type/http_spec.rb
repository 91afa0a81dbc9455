# frozen_string_literal: true

require 'spec_helper'

describe Puppet::Type.type(:http) do
  def http(attributes = {})
    usual = { title: 'my_api', fqdn: 'a.example.com' }
    described_class.new(usual.merge(attributes).compact)
  end

  describe 'a value that cannot be meant' do
    {
      ensure: ['trace', ''],
      port: ['0', '65536', '-1', '80a', "80\n", 1.5],
      tls: ['perhaps'],
      query: ['a=b', %w[a b]],
      data: [7, true],
      header: [7, %w[a b]],
      send: ['once'],
      creates: ['relative', '/', '/a/../b'],
      onlyif: ['/bin/true', {}, { 'state' => 'up' }, { 'method' => 'post' }, { 'status' => 'ok' }],
      unless: [[200], { 'status' => [] }, { 'status' => 99 }, { 'method' => '' }],
      status: ['ok', 99, 600, [200, 'x'], []],
      poll: ['0', '-1', 'soon', "1\n"],
      retries: ['-1', 'many', 1.5, 1000],
      retry_delay: %w[0 x],
      timeout: [0, ''],
      total_timeout: ['1h'],
      idempotency_key: ['', "a\nb", 'ü', 'a b'],
      netrc: ['relative', ''],
      client_cert: ['cert.pem'],
      client_key: ['key.pem'],
      ca_file: ['ca.pem'],
      signature: ['gitlab'],
      proxy: ['proxy:3128', 'socks5://p', 'http://p/path', "http://p\n"],
      unix_socket: ['docker.sock']
    }.each do |name, values|
      values.each do |value|
        it "fails #{name} => #{value.inspect}, and names it" do
          expect { http(name => value) }.to raise_error(Puppet::ResourceError, /#{name}/i)
        end
      end
    end
  end

  describe 'what a manifest may write' do
    probe = { 'status' => [200] }
    beside = { client_cert: { client_key: '/k' }, client_key: { client_cert: '/c' },
               signature: { secret: 'x' } }
    {
      ensure: %w[get post put patch delete head options].to_h { |verb| [verb, verb.to_sym] },
      port: { '6969' => 6969, 1 => 1, '65535' => 65_535 },
      tls: { 'yes' => true, false => false },
      send: { 'always' => :always, 'refreshed' => :refreshed, 'changed' => :changed },
      onlyif: { { 'status' => '200' } => probe, { status: 200 } => probe,
                { 'method' => 'HEAD' } => { 'method' => 'head' } },
      status: { '200' => [200], 204 => [204], ['200', 404] => [200, 404] },
      poll: { '5' => 5.0, 0.5 => 0.5 },
      timeout: { '2.5' => 2.5, 99_999_999 => 2_147_483.0 },
      retries: { '0' => 0, 5 => 5 },
      idempotency_key: { true => true, 'true' => true, false => false, 'k-1' => 'k-1', 7 => '7' },
      netrc: { true => true, 'false' => false, '/root/.netrc' => '/root/.netrc' },
      client_cert: { '/a//b' => '/a/b' },
      signature: { 'github' => :github },
      proxy: { 'http://me:word@p:3128/' => 'http://me:word@p:3128/' }
    }.each do |name, values|
      values.each do |value, meant|
        it "takes #{name} => #{value.inspect} for #{meant.inspect}" do
          expect(http(beside.fetch(name, {}).merge(name => value))[name]).to eq(meant)
        end
      end
    end

    it 'is a get unless it says otherwise' do
      expect(http[:ensure]).to eq(:get)
    end
  end

  describe 'attributes that do not go together' do
    url = { fqdn: nil, url: 'http://b/' }
    probe = { 'status' => 200 }
    {
      'fqdn or url is needed' => { fqdn: nil },
      'get has no body: put data into query' => { data: 'x' },
      'head has no body' => { ensure: 'head', data: {} },
      'client_cert needs client_key' => { client_cert: '/c' },
      'client_key needs client_cert' => { client_key: '/k' },
      'password needs user' => { password: 'x' },
      'signature needs secret' => { signature: 'github' },
      'secret needs signature' => { secret: 'x' },
      'verify needs unless' => { verify: true, onlyif: probe },
      'if_match needs unless' => { if_match: true },
      'url and fqdn cannot both be set' => { url: 'http://b/' },
      'url and route cannot both be set' => url.merge(route: 'x'),
      'url and port cannot both be set' => url.merge(port: 1),
      'url and tls cannot both be set' => url.merge(tls: true),
      'fqdn and a title that is a URL cannot both be set' => { title: 'http://b/' },
      'port and a title that is a URL cannot both be set' =>
        { title: 'http://b/', fqdn: nil, port: 1 },
      'bearer_token and user cannot both be set' => { bearer_token: 'x', user: 'y' },
      'bearer_token and netrc cannot both be set' => { bearer_token: 'x', netrc: true },
      'user and netrc cannot both be set' => { user: 'y', netrc: '/n' },
      'puppet_ssl and client_cert cannot both be set' =>
        { puppet_ssl: true, client_cert: '/c', client_key: '/k' },
      'unix_socket and proxy cannot both be set' => { unix_socket: '/s', proxy: 'http://p' },
      'refreshonly and send cannot both be set' => { refreshonly: true, send: 'always' }
    }.each do |message, attributes|
      it "fails: #{message}" do
        expect { http(attributes) }.to raise_error(Puppet::Error, /#{Regexp.escape(message)}/)
      end
    end

    it 'lets a false switch be, which asks for nothing' do
      switches = { verify: false, if_match: false, puppet_ssl: false, netrc: false }
      expect { http(bearer_token: 'x', **switches) }.not_to raise_error
      expect { http(url.merge(tls: false)) }.not_to raise_error
    end
  end

  describe 'what it requires' do
    def required_by(resource, *others)
      catalog = Puppet::Resource::Catalog.new
      catalog.add_resource(resource, *others)
      resource.autorequire.map { |relation| relation.source.ref }
    end

    def puppet(type, title)
      Puppet::Type.type(type).new(title: title)
    end

    it 'is the files it names, and the package of Node' do
      resource = http(creates: '/f/creates', client_cert: '/f/cert', client_key: '/f/key',
                      ca_file: '/f/ca', netrc: '/f/netrc')
      named = %w[creates cert key ca netrc].map { |name| puppet(:file, "/f/#{name}") }
      others = [puppet(:file, '/f'), puppet(:package, 'nodejs'), puppet(:package, 'other')]
      expect(required_by(resource, *named, *others))
        .to contain_exactly(*named.map(&:ref), 'Package[nodejs]')
    end

    it 'is nothing where nothing of it is declared' do
      expect(required_by(http(netrc: true, creates: '/f'))).to be_empty
    end
  end

  describe 'on the wire' do
    it 'has only what is set, under the names of the attributes' do
      expect(http.to_wire).to eq('title' => 'my_api', 'ensure' => 'get', 'send' => 'changed',
                                 'route' => 'my_api', 'fqdn' => 'a.example.com', 'secrets' => [])
    end

    it 'has each kind of value as JSON has it' do
      resource = http(ensure: 'put', port: '1', tls: true, status: '201', poll: '5', retries: '2',
                      idempotency_key: 'true', signature: 'github', secret: 'x',
                      expect: { 'n' => 1, 'none' => nil, 'deep' => { 's' => :undef } },
                      noop: true, tag: 'x', loglevel: 'debug')
      expect(resource.to_wire).to eq(
        'title' => 'my_api', 'ensure' => 'put', 'send' => 'changed', 'route' => 'my_api',
        'fqdn' => 'a.example.com', 'port' => 1, 'tls' => true, 'status' => [201], 'poll' => 5.0,
        'retries' => 2, 'idempotency_key' => true, 'signature' => 'github', 'secret' => 'x',
        'expect' => { 'n' => 1, 'none' => nil, 'deep' => { 's' => nil } }, 'secrets' => []
      )
    end

    it 'has data as the JSON that Puppet writes, in which numbers stay what they are' do
      data = { 'i' => 4, 'f' => 1.0, 'big' => 9_007_199_254_740_993, 's' => '4',
               'l' => [nil, true] }
      json = '{"i":4,"f":1.0,"big":9007199254740993,"s":"4","l":[null,true]}'
      expect(http(ensure: 'post', data: data).to_wire['data']).to eq('json' => json)
      expect(http(ensure: 'post', data: [1]).to_wire['data']).to eq('json' => '[1]')
      expect(http(ensure: 'post', data: '{"a": 1}').to_wire['data']).to eq('text' => '{"a": 1}')
    end

    it 'has a place: a URL, or a route, which is the title where none is set' do
      place = ->(given) { http({ fqdn: nil }.merge(given)).to_wire.slice('url', 'route') }
      expect(place.call(url: 'http://b/x')).to eq('url' => 'http://b/x')
      expect(place.call(title: 'HTTPS://b/x')).to eq('url' => 'HTTPS://b/x')
      expect(place.call(fqdn: 'b', route: 'y')).to eq('route' => 'y')
      expect(place.call(title: 'http://b/x', url: 'http://c/')).to eq('url' => 'http://c/')
      expect(place.call(title: 'http://b/x', fqdn: 'c', route: 'y')).to eq('route' => 'y')
    end

    it 'has refreshonly as send' do
      expect(http(refreshonly: true).to_wire).to include('send' => 'refreshed')
      expect(http(refreshonly: false).to_wire).to include('send' => 'changed')
      expect(http(refreshonly: true).to_wire).not_to include('refreshonly')
    end

    it "has the agent's own certificate by puppet_ssl" do
      expect(http(puppet_ssl: true).to_wire)
        .to include('client_cert' => Puppet[:hostcert], 'client_key' => Puppet[:hostprivkey],
                    'ca_file' => Puppet[:localcacert])
      expect(http(puppet_ssl: true, ca_file: '/ca').to_wire).to include('ca_file' => '/ca')
      expect(http(puppet_ssl: false).to_wire.keys).not_to include('client_cert')
    end
  end

  describe 'what is Sensitive' do
    sensitive = Puppet::Pops::Types::PSensitiveType::Sensitive

    it 'is told whole, and as a text that no message may hold' do
      data = { 'user' => 'me', 'pin' => sensitive.new(1234), 'l' => [sensitive.new('in-list')],
               'h' => sensitive.new('k' => 'in-hash') }
      resource = http(ensure: 'post', data: data, header: { 'X-Key' => sensitive.new('in-header') })
      wire = resource.to_wire
      expect(wire['data'])
        .to eq('json' => '{"user":"me","pin":1234,"l":["in-list"],"h":{"k":"in-hash"}}')
      expect(wire['header']).to eq('X-Key' => 'in-header')
      expect(wire['secrets']).to contain_exactly('1234', 'in-list', 'in-hash', 'in-header')
    end

    it 'may be any attribute, as a catalog brings it, without a warning' do
      secrets = { bearer_token: 'tokenOfTest', secret: 'secretOfTest',
                  data: { 'a' => 'dataOfTest' } }
      logs = []
      parameters = { fqdn: 'a', ensure: 'post', signature: 'github' }.merge(secrets)
      resource = Puppet::Util::Log.with_destination(Puppet::Test::LogCollector.new(logs)) do
        Puppet::Resource.new(:http, 'x', parameters: parameters,
                                         sensitive_parameters: secrets.keys).to_ral
      end
      expect(logs.map(&:message).grep(/sensitive|http/i)).to be_empty
      expect(resource.to_wire['secrets'])
        .to contain_exactly('tokenOfTest', 'secretOfTest', 'dataOfTest')
      shown = secrets.keys.map { |name| resource.parameter(name).format('%s', resource[name]) }
      expect(shown.join).not_to include('OfTest')
    end
  end
end
