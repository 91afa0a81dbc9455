# frozen_string_literal: true

require 'spec_helper'
require 'tmpdir'
require 'puppet_x/webhook/helper'

# spec/ts/helper/messages.test.ts proves that the helper keeps to the same conversations.
describe 'what Puppet says, message by message, as the helper expects it' do
  around do |example|
    Dir.mktmpdir { |dir| @dir = dir and example.run }
  end

  before do
    Puppet[:vardir] = @dir
    PuppetX::Webhook::Helper.instance_variable_set(:@all, kind => helper)
  end

  after { PuppetX::Webhook::Helper.instance_variable_set(:@all, nil) }

  let(:dir) { @dir }
  let(:kind) { 's3' }
  let(:fixture) { 'messages.json' }
  let(:endpoint) { 'http://127.0.0.1:9000' }
  let(:helper) { PuppetX::Webhook::Helper.new(kind, player) }
  let(:heard) { File.readlines(File.join(dir, 'heard'), chomp: true) }
  let(:logs) { [] }

  # A helper that says its part of the conversation, whatever it hears, and writes that down.
  let(:player) do
    File.join(dir, 'player.cjs').tap { |file| File.write(file, <<~JS) }
      const { appendFileSync, writeFileSync } = require('fs');
      const lines = #{JSON.generate(conversation)};
      const speak = () => {
        while (lines[0]?.helper) process.stdout.write(JSON.stringify(lines.shift().helper) + '\\n');
      };
      writeFileSync(#{JSON.generate(File.join(dir, 'heard'))}, '');
      speak();
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        appendFileSync(#{JSON.generate(File.join(dir, 'heard'))}, line + '\\n');
        lines.shift();
        speak();
      });
    JS
  end

  let(:conversation) do
    here = { '$DIR' => dir, '$ENDPOINT' => endpoint, '$NODE' => 'v20.18.1',
             '$VERSION' => PuppetX::Webhook::VERSION,
             '"$PORT"' => '9000', '"$UID"' => Process.uid.to_s, '"$GID"' => Process.gid.to_s }
    text = File.read("spec/fixtures/#{fixture}").gsub(/"\$([UG]ID|PORT)"|\$[A-Z]+/, here)
    JSON.parse(text)[name]
  end

  let(:expected) { conversation.map { |line| line['puppet'] }.compact }
  let(:answers) { conversation.map { |line| line['helper'] }.compact }

  def s3(name, attributes)
    common = { access_key_id: 'AKID', secret_access_key: 'golden-secret', endpoint: endpoint }
    Puppet::Type.type(:s3).new({ title: "#{dir}/#{name}" }.merge(common).merge(attributes))
  end

  def logged(&block)
    Puppet::Util::Log.with_destination(Puppet::Test::LogCollector.new(logs), &block)
  end

  describe 'in a run' do
    let(:name) { 'run' }

    let(:report) do
      catalog = Puppet::Resource::Catalog.new
      catalog.add_resource(
        s3('app', source: '/builds/many/0000/0000000', owner: Process.uid.to_s, mode: '640'),
        s3('missing', source: 's3://builds/none', ensure: :latest),
        s3('old', ensure: :absent),
        s3('kept', source: '/builds/many/0000/0000001', replace: false, mode: '0600'),
        s3('site', source: '/builds/many/', purge: true, max_purge: '5', exclude: '*.bak',
                   noop: true)
      )
      logged { catalog.apply }.report
    end

    def status(name)
      report.resource_statuses["S3[#{dir}/#{name}]"]
    end

    it 'is word by word what the fixture says' do
      report
      expect(heard.map { |line| JSON.parse(line) }).to eq(expected)
    end

    it 'and what the helper answers is what the report tells' do
      created, removed = [4, 7].map { |id| answers.find { |it| it['id'] == id }['result'] }
      expect(status('app').events.map(&:message)).to eq([created['message']])
      expect(status('missing')).to be_failed
      expect(status('old').events.map(&:message)).to eq([removed['message']])
      expect(status('kept').events.map(&:message)).to eq(["mode changed '0644' to '0600'"])
      expect(status('site').events.map(&:status)).to eq(['noop'])
      expect(report.logs.to_s + logs.to_s).not_to include('golden-secret')
    end

    it 'and what it logs is about the resource' do
      Puppet::Util::Log.level = :info
      report
      failure = answers.find { |it| it['error'] }['error']['message']
      told = answers.map { |it| it.dig('log', 'message') }.compact
      expect(logs.select { |log| log.source.end_with?('/site]') }.map(&:message)).to include(*told)
      expect(logs.find { |log| log.source.include?('missing') }.message).to include(failure)
    end
  end

  describe 'where something is wrong' do
    let(:name) { 'fault' }

    it 'is word by word what the fixture says, and goes on after it' do
      Puppet::Util::Log.level = :debug
      resource = s3('app', source: '/builds/many/0000/0000000', owner: Process.uid, mode: '0640')
      expect { logged { helper.ask(resource, 'nonsense', {}) } }
        .to raise_error(PuppetX::Webhook::HelperError, /s3 helper failed.*no method 'nonsense'/)
      expect(resource.provider.ensure).to eq(:absent)
      helper.stop
      expect(heard.map { |line| JSON.parse(line) }).to eq(expected)
    end
  end

  describe 'of http, in a run' do
    let(:kind) { 'http' }
    let(:fixture) { 'http-messages.json' }
    let(:name) { 'run' }

    let(:report) do
      catalog = Puppet::Resource::Catalog.new
      pin = Puppet::Pops::Types::PSensitiveType::Sensitive.new('golden-pin')
      orders = http('orders', ensure: :post, data: { 'n' => 1.0, 'pin' => pin },
                              header: { 'X-Api-Key' => 'golden-key' },
                              bearer_token: 'golden-secret')
      catalog.add_resource(
        orders, http('missing', retries: '0'),
        http('held', ensure: :put, data: { 'state' => 'up' },
                     unless: { 'json' => { 'state' => 'up' }, 'status' => '200' }),
        http('planned', ensure: :delete, onlyif: { 'route' => 'held' }, noop: true),
        http('told', refreshonly: true, subscribe: orders.ref),
        http('spared', send: :refreshed, unless: { 'route' => 'held' }, subscribe: orders.ref)
      )
      logged { catalog.apply }.report
    end

    def http(title, attributes)
      common = { title: title, fqdn: '127.0.0.1', port: 9000 }
      Puppet::Type.type(:http).new(common.merge(attributes))
    end

    def status(title)
      report.resource_statuses["Http[#{title}]"]
    end

    def told(title)
      logs.select { |log| log.source.include?("Http[#{title}]") }.map(&:message)
    end

    it 'is word by word what the fixture says' do
      report
      expect(heard.map { |line| JSON.parse(line) }).to eq(expected)
    end

    it 'and what the helper answers is what the report tells' do
      sent, refreshed = answers.map { |it| it.dig('result', 'message') if it['result'] }.compact
      expect(status('orders').events.map(&:message)).to eq([sent])
      expect(status('missing')).to be_failed
      expect(status('held').events).to be_empty
      expect(status('planned').events.map(&:message))
        .to contain_exactly(%r{should be .*DELETE http://.*/planned \(first time\)})
      expect(told('told')).to include(refreshed)
      expect(report.logs.to_s + logs.to_s).not_to match(/golden-/)
    end

    it 'and what it logs is about the resource' do
      Puppet::Util::Log.level = :info
      report
      failure = answers.find { |it| it['error'] }['error']['message']
      expect(told('missing').join).to include(failure)
      expect(told('spared')).to include('not sent although refreshed: unless holds')
    end
  end
end
