# frozen_string_literal: true

require 'English'
require 'json'
require 'tempfile'
require_relative 'node'
require_relative 'version'

module PuppetX
  module Webhook
    # The user's error: it fails one resource and says what to do.
    class UserError < Puppet::Error; end

    # Our own fault, or that of the Node it runs on: it names the helper.
    class HelperError < Puppet::Error; end

    # A Node process that does the work of one kind of resource for a whole catalog run: the only
    # Ruby that starts Node. A helper that died is started again for the next question.
    class Helper
      def self.for(name)
        @all ||= {}
        @all[name] ||= new(name)
      end

      def initialize(name, file = File.join(__dir__, "#{name}.cjs"))
        @name = name
        @file = file
        @last_id = 0
        at_exit { stop }
      end

      # Asks one question and waits for its answer; what the helper logs meanwhile is about the
      # resource.
      def ask(resource, method, params)
        start(resource.catalog) unless @io
        exchange(method, params, resource)
      end

      # The end of its input ends it, also in the middle of a question that was interrupted.
      def stop
        return unless @io

        io = @io
        @io = nil
        io.close
      end

      private

      def start(catalog)
        node = Node.path(catalog)
        begin
          spawn(node)
          greet(read['hello'])
        rescue HelperError => e
          raise HelperError, Node.too_old(node) || e.message
        end
        exchange('open', terms, Puppet)
      end

      def terms
        { 'state_dir' => File.join(Puppet[:vardir], 'webhook', @name),
          'debug' => Puppet::Util::Log.sendlevel?(:debug) }
      end

      def spawn(node)
        @stderr = Tempfile.new('webhook').tap(&:unlink)
        @io = IO.popen([node, @file, { err: @stderr.fileno, close_others: true }], 'r+')
        @io.set_encoding(Encoding::UTF_8)
      rescue SystemCallError => e
        raise HelperError, "the #{@name} helper cannot be started by #{node}: #{e.message}"
      end

      def greet(hello)
        if hello.is_a?(Hash) && hello.values_at('name', 'version') == [@name, VERSION]
          # One that is not much too old starts it, and fails later, in ways hard to understand.
          return unless Node.old?(hello['node'].to_s)

          died("its Node is #{hello['node']}")
        end
        died("it says that it is #{hello.inspect}, not #{@name} #{VERSION}: deploy the module anew")
      end

      def exchange(method, params, logger)
        id = (@last_id += 1)
        @io.puts(JSON.generate('id' => id, 'method' => method, 'params' => params))
        loop do
          message = read
          log = message['log']
          logger.public_send(log['level'], log['message']) if log
          # Another id answers a question whose asker was interrupted.
          return result(message) if message['id'] == id
        end
      rescue SystemCallError, IOError
        died
      end

      def result(message)
        error = message['error']
        return message['result'] unless error
        raise UserError, error['message'] unless error['code'] == 'internal'

        raise HelperError, "the #{@name} helper failed, please report this: #{error['message']}"
      end

      def read
        line = @io.gets || died
        message = JSON.parse(line)
        return message if message.is_a?(Hash)

        raise JSON::ParserError
      rescue JSON::ParserError
        died("it said #{line[0, 100].chomp.inspect}, which is no message")
      end

      def died(why = nil)
        io = @io
        @io = nil
        io.close
        why ||= [$CHILD_STATUS.to_s, last_words].reject(&:empty?).join(': ')
        raise HelperError, "the #{@name} helper died: #{why}"
      end

      # Of what Node says at its death, the line that says why; the code and stack around it do not.
      def last_words
        @stderr.rewind
        lines = @stderr.read.scrub.lines.map(&:strip).reject(&:empty?)
        (lines.grep(/\A(fatal )?\w*error\b/i).last || lines.last).to_s[0, 300]
      end
    end
  end
end
