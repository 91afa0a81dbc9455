# frozen_string_literal: true

require 'spec_helper'
require 'timeout'
require 'tmpdir'
require 'puppet_x/webhook/helper'

describe PuppetX::Webhook::Helper do
  around do |example|
    Dir.mktmpdir { |dir| Dir.chdir(dir, &example) }
  end

  before { Puppet[:vardir] = Dir.pwd }

  after { helpers.each(&:stop) }

  let(:helpers) { [] }
  let(:resource) { Puppet::Type.type(:s3).new(title: '/a', source: '/b/k') }
  let(:error) { PuppetX::Webhook::HelperError }

  # How each of our helpers converses; its methods get the parameters, and what writes a line.
  def converse(methods, hello)
    <<~JS
      const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
      const methods = { open: () => null, pid: () => process.pid, #{methods} };
      say({ hello: #{JSON.generate(hello)} });
      const answer = async ({ id, method, params }) => {
        try {
          say({ id, result: await methods[method](params, say) });
        } catch (error) {
          say({ id, error });
        }
      };
      let queue = Promise.resolve();
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        queue = queue.then(() => answer(JSON.parse(line)));
      });
    JS
  end

  def greeting(node = 'v20.20.0')
    { name: 'test', version: PuppetX::Webhook::VERSION, node: node }
  end

  def helper(methods = '', hello: greeting)
    script('test.cjs', converse(methods, hello))
  end

  def script(file, text = nil)
    File.write(file, text) if text
    described_class.new('test', File.expand_path(file)).tap { |it| helpers << it }
  end

  def alive?(pid)
    File.read("/proc/#{pid}/stat")[/\) (\S)/, 1] != 'Z'
  rescue Errno::ENOENT
    false
  end

  def gone?(pid)
    50.times { alive?(pid) ? sleep(0.1) : (return true) }
    false
  end

  describe 'a question' do
    it 'is answered by what the helper says' do
      it = helper('echo: (params) => params')
      params = { 'text' => "é😀\n\u2028", 'list' => [1, nil, true], 'none' => nil }
      expect(it.ask(resource, 'echo', params)).to eq(params)
    end

    it 'is one of many that one process answers' do
      it = helper
      pids = Array.new(3) { it.ask(resource, 'pid', {}) }
      expect(pids.uniq.size).to eq(1)
    end

    it 'comes after the helper was told where its state is, and whether debug lines are read' do
      it = helper('open: (params) => { globalThis.terms = params; }, told: () => terms')
      Puppet::Util::Log.level = :debug
      expect(it.ask(resource, 'told', {}))
        .to eq('state_dir' => File.join(Dir.pwd, 'webhook', 'test'), 'debug' => true)
      it.stop
      Puppet::Util::Log.level = :notice
      expect(it.ask(resource, 'told', {})).to include('debug' => false)
    end

    it 'may be as large as a whole catalog, both ways' do
      it = helper('echo: (params) => params')
      params = { 'resources' => Array.new(5000) { |n| { 'path' => "/#{n}", 'x' => 'y' * 200 } } }
      expect(it.ask(resource, 'echo', params)).to eq(params)
    end

    it 'lets what is logged meanwhile be about the resource' do
      it = helper(<<~JS)
        work: (params, say) => {
          say({ log: { level: 'debug', message: 'one' } });
          say({ log: { level: 'info', message: 'zwö' } });
          say({ log: { level: 'warning', message: 'three' } });
        }
      JS
      logs = []
      Puppet::Util::Log.level = :debug
      Puppet::Util::Log.with_destination(Puppet::Test::LogCollector.new(logs)) do
        it.ask(resource, 'work', {})
      end
      expect(logs.map { |log| [log.level, log.message, log.source] }).to eq(
        [[:debug, 'one', '/S3[/a]'], [:info, 'zwö', '/S3[/a]'], [:warning, 'three', '/S3[/a]']]
      )
    end

    it "fails by the user's error, in its own words" do
      it = helper("fail: () => { throw { code: 'no_such_key', message: 'there is none' }; }")
      expect { it.ask(resource, 'fail', {}) }
        .to raise_error(PuppetX::Webhook::UserError, 'there is none')
    end

    it 'names the helper where that is at fault' do
      it = helper("fail: () => { throw { code: 'internal', message: 'TypeError: x' }; }")
      expect { it.ask(resource, 'fail', {}) }
        .to raise_error(error, /\Athe test helper failed, please report this: TypeError: x/)
    end

    it 'is not answered by the answer to another, whose asker was interrupted' do
      it = helper("slow: () => new Promise((done) => setTimeout(done, 500, 'slow')),
                   quick: () => 'quick'")
      it.ask(resource, 'quick', {})
      expect { Timeout.timeout(0.1) { it.ask(resource, 'slow', {}) } }
        .to raise_error(Timeout::Error)
      expect(it.ask(resource, 'quick', {})).to eq('quick')
    end
  end

  describe 'a helper that dies' do
    it 'fails the question, says how it died and its last words, and is started anew' do
      it = helper(<<~JS)
        die: () => {
          process.stderr.write('first\\nlast\\n\\n');
          process.kill(process.pid, 'SIGKILL');
          return new Promise(() => {});
        }
      JS
      first = it.ask(resource, 'pid', {})
      expect { it.ask(resource, 'die', {}) }
        .to raise_error(error, /\Athe test helper died: .*SIGKILL.*: last\z/)
      second = it.ask(resource, 'pid', {})
      expect(second).not_to eq(first)
      expect(alive?(second)).to be(true)
    end

    it 'is quoted by the line that says why, not by the code and stack around it' do
      it = helper("fail: () => { setImmediate(() => { throw new RangeError('too far'); });
                   return new Promise(() => {}); }")
      expect { it.ask(resource, 'fail', {}) }.to raise_error(error, /exit 1: RangeError: too far\z/)
    end

    it 'between two questions fails one of them at most' do
      it = helper
      Process.kill('KILL', it.ask(resource, 'pid', {}))
      sleep 0.2
      expect { it.ask(resource, 'pid', {}) }.to raise_error(error, /test helper died/)
      expect(it.ask(resource, 'pid', {})).to be_an(Integer)
    end

    it 'at its start says why' do
      it = script('broken.cjs', 'throw new TypeError("not today")')
      expect { it.ask(resource, 'pid', {}) }.to raise_error(error, /exit 1: TypeError: not today\z/)
      expect { script('no-such-file.cjs').ask(resource, 'pid', {}) }
        .to raise_error(error, /Cannot find module/)
    end

    it 'ends in silence where nobody asks' do
      it = helper("pid: () => process.on('exit', () => process.abort()) && process.pid")
      pid = it.ask(resource, 'pid', {})
      expect { it.stop }.not_to raise_error
      expect(gone?(pid)).to be(true)
    end
  end

  describe 'what is no message' do
    ['surprise!', '{"id":1', '[]', '7', 'null', '"text"', '"log"', "\xff\xfe"].each do |garbage|
      it "ends the helper that said #{garbage.inspect}, and is quoted" do
        line = garbage.bytes.join(',')
        it = helper("babble: () => { process.stdout.write(Buffer.from([#{line},10])); }")
        pid = it.ask(resource, 'pid', {})
        expect { it.ask(resource, 'babble', {}) }
          .to raise_error(error, /test helper died: it said ".*", which is no message/)
        expect(gone?(pid)).to be(true)
        expect(it.ask(resource, 'pid', {})).to be_an(Integer)
      end
    end

    it 'is not quoted at length' do
      it = helper("babble: () => { process.stdout.write('x'.repeat(9999) + '\\n'); }")
      expect { it.ask(resource, 'babble', {}) }
        .to raise_error(error) { |e| expect(e.message.length).to be < 200 }
    end
  end

  describe 'a helper of another make' do
    [{ name: 'test', version: '0.0.0' }, { name: 'other', version: PuppetX::Webhook::VERSION },
     {}, nil].each do |hello|
      it "is not worked with: #{hello.inspect}" do
        it = helper(hello: hello)
        expect { it.ask(resource, 'pid', {}) }
          .to raise_error(error, /not test #{PuppetX::Webhook::VERSION}: deploy the module anew/)
      end
    end
  end

  describe 'a Node that cannot do it' do
    def by_node(text)
      text ? File.write('node', text) : Dir.mkdir('node')
      File.chmod(0o755, 'node')
      parameters = { node_path: File.expand_path('node') }
      webhook = Puppet::Resource.new('Class', 'webhook', parameters: parameters).to_ral
      Puppet::Resource::Catalog.new.add_resource(webhook, resource)
      helper
    end

    it 'is too old, and said to be' do
      it = by_node("#!/bin/sh\nif test \"$1\" = --version; then echo v18.20.4; else exit 1; fi\n")
      expect { it.ask(resource, 'pid', {}) }
        .to raise_error(error, %r{Node.js 18.20.4 at #{Dir.pwd}/node is too old, 20.18.1 or later})
    end

    it 'is no program' do
      it = by_node(nil)
      expect { it.ask(resource, 'pid', {}) }
        .to raise_error(error, %r{test helper cannot be started by #{Dir.pwd}/node: .*denied})
    end

    it 'is new enough, and fails for another reason' do
      it = by_node("#!/bin/sh\nif test \"$1\" = --version; then echo v22.1.0; fi; exit 3\n")
      expect { it.ask(resource, 'pid', {}) }.to raise_error(error, /test helper died: .*exit 3/)
    end
  end

  describe 'the end' do
    # What a helper does with the end of its input.
    let(:closing) do
      "open: () => { process.on('exit', () => require('fs').writeFileSync('closed', '')); }"
    end

    it 'is that of its input, and waited for' do
      it = helper(closing)
      pid = it.ask(resource, 'pid', {})
      it.stop
      expect(File.exist?('closed')).to be(true)
      expect(gone?(pid)).to be(true)
    end

    it 'comes in the middle of a question, too, that was interrupted' do
      it = helper('hang: () => new Promise(() => {})')
      pid = it.ask(resource, 'pid', {})
      hanging = -> { Timeout.timeout(0.5) { it.ask(resource, 'hang', {}) } }
      expect(&hanging).to raise_error(Timeout::Error)
      Timeout.timeout(5) { it.stop }
      expect(gone?(pid)).to be(true)
    end

    it 'may come twice, or before any question' do
      it = helper
      2.times { it.stop }
      it.ask(resource, 'pid', {})
      2.times { it.stop }
      expect(it.ask(resource, 'pid', {})).to be_an(Integer)
    end

    lib = File.expand_path('lib')

    program = <<~RUBY
      require 'puppet'
      require 'puppet_x/webhook/helper'
      Puppet.initialize_settings(['--vardir', Dir.pwd, '--confdir', Dir.pwd])
      helper = PuppetX::Webhook::Helper.new(*ARGV)
      resource = Puppet::Type.type(:s3).new(title: '/a', source: '/b/k')
      helper.ask(resource, 'open', 'state_dir' => Dir.pwd)
      puts helper.instance_variable_get(:@io).pid
      $stdout.flush
    RUBY

    # A process of its own that asks the helper, and then does this.
    let(:puppet) do
      ->(last, *helper) { IO.popen(['ruby', '-I', lib, '-e', program + last, *helper]) }
    end

    it 'comes with the end of Puppet' do
      helper(closing)
      io = puppet.call('', 'test', File.expand_path('test.cjs'))
      pid = io.gets.to_i
      io.close
      expect($CHILD_STATUS).to be_success
      expect(File.exist?('closed')).to be(true)
      expect(gone?(pid)).to be(true)
    end

    it 'comes also where Puppet is killed: no process is orphaned' do
      io = puppet.call('sleep 60', 's3')
      pid = io.gets.to_i
      expect(alive?(pid)).to be(true)
      Process.kill('KILL', io.pid)
      io.close
      expect(gone?(pid)).to be(true)
    end
  end
end
